// SPDX-License-Identifier: Apache-2.0
// The simulator's "preference". A value is kept with a letter for its type before it.
import * as files from "sim/storage";

const STORE = "preference";

type Value = boolean | number | string | ArrayBuffer;

function encode(value: Value): string | ArrayBuffer {
	if (typeof value === "boolean") return `b${value ? 1 : 0}`;
	if (typeof value === "number" && (value | 0) === value) return `i${value}`;
	if (typeof value === "string") return `s${value}`;
	if (value instanceof ArrayBuffer) {
		const bytes = new Uint8Array(value.byteLength + 1);
		bytes[0] = 0x61; // "a"
		bytes.set(new Uint8Array(value), 1);
		return bytes.buffer;
	}
	throw new TypeError("value: not a boolean, a 32-bit integer, a string or an ArrayBuffer");
}

function decode(bytes: ArrayBuffer): Value | undefined {
	const type = String.fromCharCode(new Uint8Array(bytes)[0] ?? 0);
	const rest = bytes.slice(1);
	if (type === "a") return rest;
	const text = String.fromArrayBuffer(rest);
	if (type === "s") return text;
	if (type === "i") return Number(text);
	return type === "b" ? text === "1" : undefined;
}

class Preference {
	static set(domain: string, name: string, value: Value): void {
		if (value === undefined) throw new SyntaxError("value: required");
		const encoded = encode(value);
		files.write(STORE, domain, name, typeof encoded === "string" ? ArrayBuffer.fromString(encoded) : encoded);
	}
	static get(domain: string, name: string): Value | undefined {
		const bytes = files.read(STORE, domain, name);
		return bytes && decode(bytes);
	}
	static delete(domain: string, name: string): void {
		files.remove(STORE, domain, name);
	}
	static keys(domain: string): string[] {
		return files.keys(STORE, domain);
	}
}

export default Preference;
