// SPDX-License-Identifier: Apache-2.0
// How the call was over the last minute.
import { present } from "./conversation.js";
import { Plot } from "./plot.js";

const milliseconds = (seconds) => `${Math.round(seconds * 1000)} ms`;
const decibels = (level) => (level > 0.001 ? `${Math.round(20 * Math.log10(level))} dB` : "silent");

/** What is plotted: its least scale, and how a value reads. */
const kinds = {
	roundtrip: { scale: 0.02, format: milliseconds },
	jitter: { scale: 0.01, format: milliseconds },
	loss: { scale: 0.05, format: (part) => `${(part * 100).toFixed(1)} %` },
	said: { scale: 0.1, format: decibels },
	heard: { scale: 0.1, format: decibels },
};
const plots = Object.entries(kinds).map(([name, { scale, format }]) => ({
	name,
	format,
	plot: new Plot(document.getElementById(`plot-${name}`), scale, format),
	output: document.getElementById(name),
}));

/** The loudest since the newest sample. */
let loudest = {};

let of; // the call that `before` is of
let before;

async function sample() {
	const { call } = present();
	const { said, heard } = loudest;
	loudest = {};
	if (call !== of) before = undefined;
	of = call;
	const sound = await call?.statistics().catch(() => undefined);
	if (call !== present().call) return; // it has ended meanwhile
	const values = { ...compare(before, sound), said, heard };
	before = sound;
	for (const { name, format, plot, output } of plots) {
		plot.add(values[name]);
		output.textContent = values[name] === undefined ? "–" : format(values[name]);
	}
}

/** Of the time between two samples. */
function compare(before, sound) {
	if (!sound) return {};
	const { roundtrip, jitter, lost, received } = sound;
	const missing = before && Math.max(0, lost - before.lost);
	const expected = before && missing + received - before.received;
	return { roundtrip, jitter, loss: expected > 0 ? missing / expected : undefined };
}

/** Beeps are short. */
function listen() {
	const { said, heard } = present();
	if (said !== undefined) loudest.said = Math.max(said, loudest.said ?? 0);
	if (heard !== undefined) loudest.heard = Math.max(heard, loudest.heard ?? 0);
}

setInterval(listen, 40);
setInterval(sample, 1000);
