// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { countNative } from "../transport";

export default class Certificate {
	readonly fingerprint: string;
	#key: ArrayBuffer;
	#closed = false;
	/** What making a new one throws. */
	static refusal: Error | undefined;

	constructor(from?: { certificate: ArrayBuffer; privateKey: ArrayBuffer }) {
		if (!from && Certificate.refusal) throw Certificate.refusal;
		this.#key = from ? from.privateKey : new Uint8Array(randomBytes(32)).buffer;
		if (this.#key.byteLength !== 32) throw new Error("privateKey: malformed");
		this.fingerprint = [...new Uint8Array(this.#key)]
			.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase())
			.join(":");
		countNative(1);
	}

	export(): { certificate: ArrayBuffer; privateKey: ArrayBuffer } {
		return { certificate: this.#key.slice(0), privateKey: this.#key.slice(0) };
	}

	close(): void {
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}
