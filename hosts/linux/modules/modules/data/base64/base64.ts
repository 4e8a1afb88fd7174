// SPDX-License-Identifier: Apache-2.0
// The simulator's "base64". As the SDK's decoder, it skips what is not of the alphabet.

class Base64 {
	static encode(data: string | ArrayBufferLike | ArrayBufferView): string {
		return native("xs_sim_base64_encode").call(this, data);
	}
	static decode(text: string): ArrayBuffer {
		return native("xs_sim_base64_decode").call(this, text);
	}
}

export default Base64;
