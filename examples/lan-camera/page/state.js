// SPDX-License-Identifier: Apache-2.0
// What the page says of itself: a word, and what is behind it and comes next.

const $ = (id) => document.getElementById(id);
let ticking;

/**
 * @param {"connecting" | "connected" | "stale" | "failed"} state
 * @param {string} text a word or two
 * @param {string} [notice] why, over the picture
 * @param {string} [next] what will be done, without its end: "Trying again"
 * @param {number} [at] when, in milliseconds of performance.now()
 */
export function show(state, text, notice = "", next = "", at = 0) {
	clearInterval(ticking);
	$("state").dataset.state = state;
	$("state").textContent = text;
	tell(notice, next, at);
	if (next) ticking = setInterval(tell, 250, notice, next, at);
}

function tell(notice, next, at) {
	const seconds = Math.ceil((at - performance.now()) / 1000);
	const line = next && (seconds > 0 ? `${next} in ${seconds} s.` : `${next} now.`);
	const all = [notice, line].filter(Boolean).join(" ");
	if ($("notice").textContent !== all) $("notice").textContent = all;
	$("notice").hidden = !all;
}
