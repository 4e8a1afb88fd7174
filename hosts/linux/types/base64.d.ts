// SPDX-License-Identifier: Apache-2.0

declare module "base64" {
	const Base64: {
		/** What is not of the alphabet is skipped: check untrusted text first. */
		decode(text: string): ArrayBuffer;
		encode(data: string | ArrayBufferLike | ArrayBufferView): string;
	};
	export default Base64;
}
