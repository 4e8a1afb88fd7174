// SPDX-License-Identifier: Apache-2.0
// Credentials in the device's storage: NVS on a chip, a file in the simulator.
import { Credentials, type CredentialProvider, type CredentialsInit } from "webrtc/aws/credentials";
import WebRTCError from "webrtc/error";
import { consistsOf, isAmong, isWordCharacter } from "webrtc/text";
import Preference from "preference";

const keys = Object.freeze({
	accessKeyId: "accessKeyId",
	secretAccessKey: "secretAccessKey", // 15 characters: as many as NVS takes
	sessionToken: "sessionToken",
	expiration: "expiration",
} as const);

const isOfDomain = (code: number) => isWordCharacter(code) || isAmong(code, ".-");

/** Written once, at provisioning; read when they are needed. Encrypt NVS on a device that leaves the house. */
export default class StoredCredentials implements CredentialProvider {
	#domain: string;
	#current: Credentials | undefined;

	/** @param domain of the storage, 1 to 15 characters. Default "aws". */
	constructor(domain = "aws") {
		if (!consistsOf(domain, isOfDomain, 1, 15))
			throw new TypeError("domain: 1 to 15 characters of A-Z a-z 0-9 _ . -");
		this.#domain = domain;
	}

	/** @throws (rejects) WebRTCError "aws/credentials" when there are none, or they have expired */
	async get(now: number): Promise<Credentials> {
		const current = (this.#current ??= this.read());
		if (current.expiration !== undefined && current.expiration <= now) {
			this.#current = undefined; // others may have been stored by next time
			throw new WebRTCError("aws/credentials", `the credentials stored in "${this.#domain}" have expired`);
		}
		return current;
	}

	/** Reads again next time. */
	invalidate(): void {
		this.#current = undefined;
	}

	/** Stores credentials in place of those that are there. @throws TypeError that names the bad part */
	save(init: CredentialsInit): void {
		const credentials = new Credentials(init);
		this.clear();
		for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"] as const) {
			const value = credentials[name];
			if (value !== undefined) Preference.set(this.#domain, keys[name], value);
		}
		// As text: the storage's numbers have 32 bits.
		if (credentials.expiration !== undefined)
			Preference.set(this.#domain, keys.expiration, String(credentials.expiration));
	}

	/** Removes the credentials from the storage. */
	clear(): void {
		this.#current = undefined;
		for (const key of Object.values(keys)) Preference.delete(this.#domain, key);
	}

	private read(): Credentials {
		const read = (name: keyof typeof keys) => {
			const value = Preference.get(this.#domain, keys[name]);
			return typeof value === "string" && value ? value : undefined;
		};
		const expiration = read("expiration");
		try {
			return new Credentials({
				accessKeyId: read("accessKeyId") ?? "",
				secretAccessKey: read("secretAccessKey") ?? "",
				sessionToken: read("sessionToken"),
				expiration: expiration === undefined ? undefined : Number(expiration),
			});
		} catch (cause) {
			throw new WebRTCError("aws/credentials", `no usable credentials are stored in "${this.#domain}"`, cause);
		}
	}
}
