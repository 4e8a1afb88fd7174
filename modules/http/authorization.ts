// SPDX-License-Identifier: Apache-2.0
// A bearer token or a password for the whole device (RFC 9725 section 4.7, RFC 6750, RFC 7617).
import Base64 from "base64";
import Attempts from "webrtc/http/attempts";
import type { HTTPRequestHead, HTTPResponse } from "webrtc/http";
import { textResponse } from "webrtc/http/status";
import { equal, hmacSHA256, randomBytes } from "webrtc/native/crypto";

export interface Secrets {
	/** For "Authorization: Bearer …": letters, digits and -._~+/, at least 16 characters (RFC 6750 section 2.1). */
	token?: string | undefined;
	/** For "Authorization: Basic …" with any user name: at least 8 characters. */
	password?: string | undefined;
}

const tokenCharacters = "-._~+/=";
const maximumLength = 256;

/** Tells who may watch. Secrets are not kept, only what they can be compared with. */
export default class Authorization {
	#key = randomBytes(32);
	#token: ArrayBuffer | undefined;
	#password: ArrayBuffer | undefined;
	#attempts = new Attempts();

	/** @throws RangeError or TypeError that names the option, and never tells the secret */
	constructor({ token, password }: Secrets) {
		if (token !== undefined) this.#token = this.digest(checkedToken(token));
		if (password !== undefined) this.#password = this.digest(checkedPassword(password));
	}

	/** Whether there is a secret at all. */
	get isOpen(): boolean {
		return !this.#token && !this.#password;
	}

	/**
	 * The refusal: 401 without or with a wrong secret, 429 after too many of those; undefined for who may pass.
	 * @param now ms
	 */
	refusal({ headers, remoteAddress = "" }: HTTPRequestHead, now: number): HTTPResponse | undefined {
		if (this.isOpen) return undefined;
		const given = headers.get("authorization");
		if (given === undefined) return this.challenge("This camera asks for its secret.");
		const wait = this.#attempts.wait(remoteAddress, now);
		if (wait) return textResponse(429, "Too many wrong secrets.", { "retry-after": String(wait) });
		if (this.isRight(given)) {
			this.#attempts.succeed(remoteAddress);
			return undefined;
		}
		this.#attempts.fail(remoteAddress, now);
		return this.challenge("The secret is wrong.");
	}

	private challenge(message: string): HTTPResponse {
		const schemes = [];
		if (this.#token) schemes.push('Bearer realm="camera"');
		if (this.#password) schemes.push('Basic realm="camera", charset="UTF-8"');
		return textResponse(401, message, { "www-authenticate": schemes.join(", ") });
	}

	private isRight(given: string): boolean {
		const space = given.indexOf(" ");
		const scheme = given.slice(0, Math.max(space, 0)).toLowerCase();
		const value = given.slice(space + 1).trim();
		if (scheme === "bearer") return this.isSame(this.#token, value);
		if (scheme !== "basic") return false;
		const pair = value.length > 4 * maximumLength ? undefined : decodeText(value);
		const colon = pair?.indexOf(":") ?? -1;
		return colon >= 0 && this.isSame(this.#password, pair!.slice(colon + 1));
	}

	/** Over digests with a key of our own: neither where two differ nor their lengths show in the time it takes. */
	private isSame(expected: ArrayBuffer | undefined, given: string): boolean {
		if (given.length > maximumLength) return false;
		const digest = this.digest(given);
		return expected !== undefined && equal(expected, digest);
	}

	private digest(text: string): ArrayBuffer {
		return hmacSHA256(this.#key, ArrayBuffer.fromString(text));
	}
}

function checkedToken(token: string): string {
	if (token.length < 16 || token.length > maximumLength) throw new RangeError("token: 16 to 256 characters");
	for (let i = 0; i < token.length; i++) {
		const character = token.charAt(i);
		const isLetter = (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
		if (!isLetter && !(character >= "0" && character <= "9") && !tokenCharacters.includes(character))
			throw new TypeError("token: letters, digits and -._~+/ only");
	}
	return token;
}

function checkedPassword(password: string): string {
	if (password.length < 8 || password.length > maximumLength) throw new RangeError("password: 8 to 256 characters");
	return password;
}

function decodeText(base64: string): string | undefined {
	try {
		const bytes = Base64.decode(base64);
		return new Uint8Array(bytes).includes(0) ? undefined : String.fromArrayBuffer(bytes); // XS ends a text at a NUL
	} catch {
		return undefined;
	}
}
