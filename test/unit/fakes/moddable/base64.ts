// SPDX-License-Identifier: Apache-2.0
export default {
	encode: (data: ArrayBuffer | Uint8Array | string) => Buffer.from(data as string).toString("base64"),
	decode(text: string): ArrayBuffer {
		const { buffer, byteOffset, byteLength } = Buffer.from(text, "base64");
		return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
	},
};
