// SPDX-License-Identifier: Apache-2.0
// The long-term credential mechanism (RFC 8489 section 9.2) towards one server: its challenge, and the key made of it.
import {
	attributeIntegrity,
	attributeIntegritySHA256,
	attributeNonce,
	attributePasswordAlgorithm,
	attributePasswordAlgorithms,
	attributeRealm,
	attributeUsername,
	type LongTermCrypto,
	type StunReader,
	type StunWriter,
} from "webrtc/ice/stun";

/** What a server has asked with: it may be sent at once the next time, and costs no more than none when it is stale. */
export interface Challenge {
	readonly realm: Uint8Array;
	readonly nonce: Uint8Array;
	/** The server's list of password algorithms, as it came; undefined: it knows of none. */
	readonly algorithms: Uint8Array | undefined;
}

const longestRealm = 763; // bytes: 128 characters (RFC 8489 section 14.9)
const longestNonce = 763; // section 14.10
const longestAlgorithms = 64;
const algorithmMD5 = 1;
const algorithmSHA256 = 2;
const nonceCookie = "obMatJos2"; // section 9.2
const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export default class Credentials {
	readonly #crypto: LongTermCrypto;
	readonly #username: Uint8Array;
	readonly #password: string;
	readonly #name: string;
	#challenge: Challenge | undefined;
	#algorithm = 0; // 0: as before there were several
	#key: ArrayBuffer | undefined;

	/** @param challenge of the same server, from before */
	constructor(crypto: LongTermCrypto, username: string, password: string, challenge?: Challenge) {
		this.#crypto = crypto;
		this.#name = username;
		this.#username = new Uint8Array(ArrayBuffer.fromString(username));
		this.#password = password;
		if (challenge) this.take(challenge);
	}

	get challenge(): Challenge | undefined {
		return this.#challenge;
	}

	/** The challenge of an error 401 or 438, or undefined: there is none that may be followed. */
	read(response: StunReader): Challenge | undefined {
		const realm = response.bytes(attributeRealm) ?? this.#challenge?.realm;
		const nonce = response.bytes(attributeNonce);
		if (!realm || !nonce || !realm.length || realm.length > longestRealm) return undefined;
		if (!nonce.length || nonce.length > longestNonce) return undefined;
		const algorithms = response.bytes(attributePasswordAlgorithms);
		if (algorithms && algorithms.length > longestAlgorithms) return undefined;
		// Section 9.2.5: a list that the nonce tells of and that is not there was taken out on the way.
		if (hasAlgorithms(nonce) !== (algorithms !== undefined)) return undefined;
		return { realm: realm.slice(), nonce: nonce.slice(), algorithms: algorithms?.slice() };
	}

	/** @returns whether an algorithm of the server's is known here */
	take(challenge: Challenge): boolean {
		const algorithm = challenge.algorithms ? firstKnown(challenge.algorithms) : 0;
		if (algorithm === undefined) return false;
		const { realm } = challenge;
		if (!this.#key || algorithm !== this.#algorithm || !same(realm, this.#challenge?.realm))
			this.#key = this.makeKey(realm, algorithm);
		this.#challenge = challenge;
		this.#algorithm = algorithm;
		return true;
	}

	/** Ends a request with what the server asks for; without a challenge, with nothing. */
	sign(writer: StunWriter): void {
		const challenge = this.#challenge;
		if (!challenge || !this.#key) return;
		writer.bytes(attributeUsername, this.#username);
		writer.bytes(attributeRealm, challenge.realm);
		writer.bytes(attributeNonce, challenge.nonce);
		if (challenge.algorithms) {
			writer.bytes(attributePasswordAlgorithms, challenge.algorithms);
			writer.uint32(attributePasswordAlgorithm, this.#algorithm * 0x10000);
		}
		this.signAnswer(writer);
	}

	/** Ends a message with the integrity alone: what a server does. */
	signAnswer(writer: StunWriter): void {
		if (!this.#key) return;
		if (this.#challenge?.algorithms) writer.integritySHA256(this.#key, this.#crypto);
		else writer.integrity(this.#key, this.#crypto);
	}

	/** Whether a response is the server's. */
	verify(response: StunReader): boolean {
		if (!this.#key) return false;
		return this.#challenge?.algorithms
			? response.verifySHA256(this.#key, this.#crypto)
			: response.verify(this.#key, this.#crypto);
	}

	/** Whether it claims to be the server's. */
	static isSigned(response: StunReader): boolean {
		return response.offsetOf(attributeIntegrity) > 0 || response.offsetOf(attributeIntegritySHA256) > 0;
	}

	private makeKey(realm: Uint8Array, algorithm: number): ArrayBuffer {
		const head = new Uint8Array(ArrayBuffer.fromString(`${this.#name}:`));
		const tail = new Uint8Array(ArrayBuffer.fromString(`:${this.#password}`));
		const text = new Uint8Array(head.length + realm.length + tail.length);
		text.set(head);
		text.set(realm, head.length);
		text.set(tail, head.length + realm.length);
		return algorithm === algorithmSHA256 ? this.#crypto.sha256(text) : this.#crypto.md5(text);
	}
}

/** Section 9.2.1: whether the nonce's security features have the bit of password algorithms. */
function hasAlgorithms(nonce: Uint8Array): boolean {
	if (nonce.length < nonceCookie.length + 4) return false;
	for (let i = 0; i < nonceCookie.length; i++) if (nonce[i] !== nonceCookie.charCodeAt(i)) return false;
	// 24 bits in four characters; bit 0 is the least significant (RFC 8489, erratum 6268).
	const last = base64.indexOf(String.fromCharCode(nonce[nonceCookie.length + 3] as number));
	return last >= 0 && (last & 1) === 1;
}

function firstKnown(list: Uint8Array): number | undefined {
	for (let at = 0; at + 4 <= list.length;) {
		const algorithm = ((list[at] as number) << 8) | (list[at + 1] as number);
		const size = ((list[at + 2] as number) << 8) | (list[at + 3] as number);
		if ((algorithm === algorithmMD5 || algorithm === algorithmSHA256) && size === 0) return algorithm;
		at += 4 + ((size + 3) & ~3);
	}
	return undefined;
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
	if (a.length !== b?.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}
