// SPDX-License-Identifier: Apache-2.0
// Lines, numbers and tokens of SDP text, all of them bounded.
import WebRTCError from "webrtc/error";
import { isVisibleText } from "webrtc/text";

/** What a description may have. The defaults suit a board with 128 KB of chunks and 8192 slots, and every browser. */
export interface SdpLimits {
	/** Characters. More are refused. */
	text: number;
	/** Media sections. More are refused. */
	sections: number;
	/** Candidates of a section, and of a fragment twice as many; what is over is dropped. */
	candidates: number;
	/** Header extensions of a section that are read; what is over is dropped, and so is what this SDK does not know. */
	extensions: number;
	/** Codecs of a section that are kept: first those that this SDK has. */
	payloadTypes: number;
	/** Codecs, extensions, candidates, sources, rids and groups that are kept of a description, all told. */
	items: number;
}

/** What suits a board: see SdpLimits. */
export const defaultLimits: Readonly<SdpLimits> = Object.freeze({
	text: 32768,
	sections: 8,
	candidates: 16,
	extensions: 64,
	payloadTypes: 32,
	items: 128,
});

/** Bounds of the format, whatever the machine. A line is in characters. */
export const limits = Object.freeze({
	line: 4096,
	token: 256,
	/** Sections that one may be told to read, and mids of a group. */
	sections: 32,
	/** Payload types of a section: the numbers end at 127. */
	payloadTypes: 128,
	/** Characters of a codec's parameters that are kept. */
	parameters: 512,
	sources: 32,
	groups: 16,
	rids: 16,
	ssrc: 0xffffffff,
});

// A piece of the text that is split into lines at once. On XS a string is found by walking from its start, so that
// lines cut one by one would take time that grows with the square of the text, and all at once a third of a device's heap.
const blockSize = 512;

/** @throws WebRTCError "sdp/malformed"; `line` counts from 1, and is 0 where no line is to blame. The text itself is not shown. */
export function malformed(line: number, what: string): never {
	throw new WebRTCError("sdp/malformed", line > 0 ? `line ${line}: ${what}` : what);
}

/**
 * Hands out the lines of a text, which end in CRLF or LF (RFC 8866 section 9 asks to accept both).
 *
 * On XS each call of a string's method takes slots, which add up where there is one more for every line.
 */
export class LineReader {
	/** Of the last line that was handed out, from 1. */
	number = 0;
	readonly #text: string;
	readonly #length: number;
	#offset = 0;
	#rest = "";
	#lines: string[] = [];
	#index = 0;

	/** @throws WebRTCError "sdp/malformed" when the text has more than `maximum` characters */
	constructor(text: string, maximum: number) {
		this.#text = text;
		this.#length = text.length;
		if (this.#length > maximum) malformed(0, `more than ${maximum} characters`);
	}

	/** The next line without its end; undefined after the last. */
	next(): string | undefined {
		while (this.#index >= this.#lines.length) {
			if (!this.fill()) return undefined;
		}
		this.number++;
		return this.#lines[this.#index++];
	}

	private fill(): boolean {
		this.#index = 0;
		if (this.#offset >= this.#length) {
			const last = this.#rest;
			this.#rest = "";
			this.#lines = [last.endsWith("\r") ? last.slice(0, -1) : last];
			return last !== "";
		}
		const end = Math.min(this.#offset + blockSize, this.#length);
		this.#lines = splitLines(this.#rest + this.#text.slice(this.#offset, end));
		this.#offset = end;
		this.#rest = this.#lines.pop()!;
		// Only what began in an earlier block can be longer than a block.
		this.checkLength(this.#lines[0] ?? "", 1);
		this.checkLength(this.#rest, this.#lines.length + 1);
		return true;
	}

	private checkLength(line: string, after: number): void {
		if (line.length > limits.line) malformed(this.number + after, `more than ${limits.line} characters`);
	}
}

/** The last one is not complete. Lines that end as they usually do make no second copy of each. */
function splitLines(text: string): string[] {
	const lines = text.split("\r\n");
	for (let i = lines.length - 1; i >= 0; i--) {
		if (lines[i]!.includes("\n")) return splitMixedLines(text);
	}
	return lines;
}

function splitMixedLines(text: string): string[] {
	const lines = text.split("\n");
	for (let i = lines.length - 2; i >= 0; i--) {
		if (lines[i]!.endsWith("\r")) lines[i] = lines[i]!.slice(0, -1);
	}
	return lines;
}

/**
 * Calls `take` with each line, up to the first that is too long: for those who look for a few lines of a text that is
 * read, and maybe refused, elsewhere. Stops when `take` returns true.
 */
export function eachLine(text: string, take: (line: string) => boolean | void): void {
	const reader = new LineReader(text, Infinity);
	try {
		for (let line = reader.next(); line !== undefined; line = reader.next()) if (take(line)) return;
	} catch (error) {
		if (!(error instanceof WebRTCError)) throw error;
	}
}

/** A decimal number without sign or leading zeros, of at most `maximum`. */
export function integer(text: string, maximum: number, line: number, what: string): number {
	const value = +text;
	if (!(value >= 0 && value <= maximum) || value % 1 !== 0 || `${value}` !== text) {
		malformed(line, `${what} must be a number up to ${maximum}`);
	}
	return value;
}

/** Visible ASCII without space, of 1 to `limits.token` characters: mids, stream names, protocols, URIs. */
export function isToken(text: string): boolean {
	return isVisibleText(text, 1, limits.token);
}

export function token(text: string, line: number, what: string): string {
	if (!isToken(text)) malformed(line, `${what} is missing or has characters that it may not have`);
	return text;
}

/** Whether a text is a candidate attribute; what it says is for ICE to judge. */
export function isCandidate(text: string): boolean {
	return text.startsWith("candidate:") && text.length > 10 && !text.includes("\r") && !text.includes("\n");
}

/** The part before the first `separator`, a character, or all. */
export function head(text: string, separator: string): string {
	const index = text.indexOf(separator);
	return index < 0 ? text : text.slice(0, index);
}

/** The part after the first `separator`, a character, or "". */
export function tail(text: string, separator: string): string {
	const index = text.indexOf(separator);
	return index < 0 ? "" : text.slice(index + 1);
}

/** `text` as the equal string of `known`, which costs no heap on a device; else itself. */
export function intern(known: readonly string[], text: string): string {
	const index = known.indexOf(text);
	return index < 0 ? text : known[index]!;
}
