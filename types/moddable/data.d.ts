// SPDX-License-Identifier: Apache-2.0

declare module "base64" {
	const Base64: {
		/** The SDK's decoder skips what is not of the alphabet. */
		decode(text: string): ArrayBuffer;
		encode(data: string | ArrayBufferLike | ArrayBufferView): string;
	};
	export default Base64;
}

declare module "hex" {
	const Hex: {
		toBuffer(text: string, separator?: string): ArrayBuffer;
		toString(data: ArrayBufferLike | ArrayBufferView, separator?: string): string;
	};
	export default Hex;
}
