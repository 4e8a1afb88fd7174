// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:storage/key-value (ECMA-419, 2nd edition, clause 26).
import type { StorageFormat, StorageOptions, StorageValue } from "embedded:storage/key-value";
import * as files from "sim/storage";

const STORE = "key-value";

/** Size in bytes, and the DataView accessors, of the integer formats. */
const integers = Object.freeze({
	uint8: [1, "Uint8"],
	int8: [1, "Int8"],
	uint16: [2, "Uint16"],
	int16: [2, "Int16"],
	uint32: [4, "Uint32"],
	int32: [4, "Int32"],
	uint64: [8, "BigUint64"],
	int64: [8, "BigInt64"],
} as const);

function isFormat(format: string): format is StorageFormat {
	return format === "buffer" || format === "string" || format in integers;
}

function encode(value: unknown, format: StorageFormat): ArrayBufferLike | ArrayBufferView {
	if (format === "string") return ArrayBuffer.fromString(String(value));
	if (format === "buffer") {
		if (typeof value !== "object" || value === null) throw new TypeError("value: not a buffer");
		return value as ArrayBuffer;
	}
	const [size, name] = integers[format];
	const view = new DataView(new ArrayBuffer(size));
	if (name === "BigUint64" || name === "BigInt64") view[`set${name}`](0, BigInt(value as number), true);
	else view[`set${name}`](0, Number(value), true);
	return view;
}

function decode(bytes: ArrayBuffer, format: StorageFormat): StorageValue | undefined {
	if (format === "buffer") return bytes;
	if (format === "string") return String.fromArrayBuffer(bytes);
	const [size, name] = integers[format];
	return bytes.byteLength === size ? new DataView(bytes)[`get${name}`](0, true) : undefined;
}

class Storage {
	#domain: string | undefined;
	#isWritable: boolean;
	#format: StorageFormat = "buffer";

	constructor(options: StorageOptions) {
		const { path, mode = "r+", format = "buffer" } = options;
		if (path === undefined) throw new TypeError("path: required");
		if (mode !== "r" && mode !== "r+") throw new RangeError('mode: not "r" or "r+"');
		this.format = format;
		if (!files.exists(STORE, path) && mode === "r") throw new Error("path: no such domain");
		this.#domain = path;
		this.#isWritable = mode === "r+";
	}
	close(): void {
		this.#domain = undefined;
	}
	get format(): StorageFormat {
		return this.#format;
	}
	set format(format: StorageFormat) {
		if (!isFormat(format)) throw new RangeError("format: unknown");
		this.#format = format;
	}
	read(key: string, into?: ArrayBufferLike | ArrayBufferView): StorageValue | undefined {
		const bytes = files.read(STORE, this.open, key);
		if (!bytes) return undefined;
		if (!into) return decode(bytes, this.#format);
		const target = ArrayBuffer.isView(into)
			? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
			: new Uint8Array(into);
		if (target.length < bytes.byteLength) throw new RangeError("buffer too small");
		target.set(new Uint8Array(bytes));
		return bytes.byteLength;
	}
	write(key: string, value: StorageValue | ArrayBufferView): void {
		files.write(STORE, this.openForWriting, key, encode(value, this.#format));
	}
	delete(key: string): void {
		files.remove(STORE, this.openForWriting, key);
	}
	[Symbol.iterator](): IterableIterator<string> {
		return files.keys(STORE, this.open)[Symbol.iterator]();
	}

	private get open(): string {
		if (this.#domain === undefined) throw new SyntaxError("closed");
		return this.#domain;
	}
	private get openForWriting(): string {
		if (!this.#isWritable) throw new Error("read only");
		return this.open;
	}
}

export default Object.freeze({
	open(options: StorageOptions): Storage {
		return new Storage(options);
	},
});
