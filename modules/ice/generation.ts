// SPDX-License-Identifier: Apache-2.0
// The credentials of one ICE generation: an ICE restart (RFC 8445 section 9) replaces them on both sides.
import type { StunCrypto } from "webrtc/ice/stun";
import type { RemoteParameters } from "webrtc/ice/types";
import { isVisibleText } from "webrtc/text";

// RFC 8839 section 5.4: at least 24 bits of randomness in the ufrag, 128 in the password; each character here has 6.
// The ufrag is longer because one port serves many peers, told apart by it.
const ufragLength = 8;
const passwordLength = 24;
const iceCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export default class Generation {
	readonly localUfrag: string;
	readonly localPassword: string;
	/** Checks incoming requests. */
	readonly localKey: ArrayBuffer;
	/** What the USERNAME of incoming requests begins with: "local:". */
	readonly prefix: Uint8Array;
	remoteUfrag = "";
	remotePassword = "";
	/** Signs outgoing requests, checks their responses; undefined until the remote's parameters are known. */
	remoteKey: ArrayBuffer | undefined;
	/** The USERNAME of outgoing requests: "remote:local" (RFC 8445 section 7.2.2). */
	username = new Uint8Array(0);

	/**
	 * @param ufrag default: random
	 * @param password default: random
	 * @throws RangeError naming the option
	 */
	constructor(crypto: StunCrypto, ufrag?: string, password?: string) {
		if (ufrag === undefined || password === undefined) ({ ufrag, password } = makeCredentials(crypto));
		checkCredentials(ufrag, password);
		this.localUfrag = ufrag;
		this.localPassword = password;
		this.localKey = ArrayBuffer.fromString(password);
		this.prefix = new Uint8Array(ArrayBuffer.fromString(`${ufrag}:`));
	}

	/** @throws RangeError naming the option */
	setRemote({ ufrag, password }: RemoteParameters): void {
		checkCredentials(ufrag, password);
		this.remoteUfrag = ufrag;
		this.remotePassword = password;
		this.remoteKey = ArrayBuffer.fromString(password);
		this.username = new Uint8Array(ArrayBuffer.fromString(`${ufrag}:${this.localUfrag}`));
	}
}

/** Random ones, for the agent's constructor or its `restart`. */
export function makeCredentials(crypto: StunCrypto): { ufrag: string; password: string } {
	const random = new Uint8Array(crypto.randomBytes(ufragLength + passwordLength));
	return { ufrag: iceText(random, 0, ufragLength), password: iceText(random, ufragLength, passwordLength) };
}

const isCredential = (text: string, minimum: number) => isVisibleText(text, minimum, 256) && !text.includes(":");

/**
 * RFC 8839 section 5.4, and what some peers write besides ice-chars: visible ASCII, but no colon, which ends a ufrag in
 * USERNAME. Descriptions and fragments are read by the same rule (webrtc/sdp).
 * @throws RangeError naming what is wrong
 */
export function checkCredentials(ufrag: string, password: string): void {
	if (!isCredential(ufrag, 4)) throw new RangeError("ufrag: 4 to 256 ICE characters");
	if (!isCredential(password, 22)) throw new RangeError("password: 22 to 256 ICE characters");
}

function iceText(random: Uint8Array, start: number, length: number): string {
	let text = "";
	for (let i = 0; i < length; i++) text += iceCharacters.charAt((random[start + i] as number) & 63);
	return text;
}
