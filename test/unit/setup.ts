// SPDX-License-Identifier: Apache-2.0
// What XS has and Node.js has not: the modules under test use it.

Object.defineProperty(ArrayBuffer, "fromString", {
	configurable: true,
	value(text: string): ArrayBuffer {
		const bytes = new TextEncoder().encode(text);
		return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
	},
});
Object.defineProperty(String, "fromArrayBuffer", {
	configurable: true,
	value(buffer: ArrayBuffer, byteOffset = 0, byteLength = buffer.byteLength - byteOffset): string {
		return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, byteOffset, byteLength));
	},
});
Object.defineProperty(globalThis, "trace", {
	configurable: true,
	value: (...text: unknown[]) => process.stdout.write(text.join("")),
});
