// SPDX-License-Identifier: Apache-2.0
// How this page shows that it may watch: the secret of its own address, or what is typed.

/** The camera asks for a secret, or for another one; `retryAfter` is in seconds. */
export class Locked extends Error {
	/** @param {string} message @param {Response} response */
	constructor(message, response) {
		super(message);
		this.takesPassword = /\bbasic\b/i.test(response.headers.get("www-authenticate") ?? "");
		this.retryAfter = Number(response.headers.get("retry-after") ?? 0);
	}
}

const typedKey = "authorization"; // kept as long as this tab

/** Behind "#" stands what a browser sends to nobody. */
const linked = location.hash.slice(1);
let takesPassword = true;

/** @returns {Record<string, string>} the fields that a request to the camera needs */
export function authorization() {
	const typed = sessionStorage.getItem(typedKey);
	const value = typed ?? (linked && `Bearer ${linked}`);
	return value ? { authorization: value } : {};
}

/** Whether everybody may watch. A camera that does not say is not open. */
export async function isOpen() {
	try {
		return (await (await fetch("access")).json()).open === true;
	} catch {
		return false;
	}
}

/**
 * Shows the form, and calls back when something was typed.
 * @param {HTMLFormElement} form @param {Locked} locked @param {() => void} onTyped
 */
export function ask(form, locked, onTyped) {
	sessionStorage.removeItem(typedKey);
	if (!locked.retryAfter) takesPassword = locked.takesPassword; // too many attempts: it stays what it was
	const input = form.querySelector("input");
	input.value = "";
	form.hidden = false;
	input.focus();
	form.onsubmit = (event) => {
		event.preventDefault();
		form.hidden = true;
		sessionStorage.setItem(typedKey, takesPassword ? basic(input.value) : `Bearer ${input.value.trim()}`);
		onTyped();
	};
}

/** RFC 7617, for any user. @param {string} password */
function basic(password) {
	const bytes = new TextEncoder().encode(`:${password}`);
	return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
