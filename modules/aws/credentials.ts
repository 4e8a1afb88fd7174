// SPDX-License-Identifier: Apache-2.0
// AWS credentials, and where they come from.
import Refresher, { type RefreshOptions } from "webrtc/aws/refresher";
import { consistsOf, isVisible } from "webrtc/text";

/** Plain credentials, as a program or a service states them. */
export interface CredentialsInit {
	accessKeyId: string;
	secretAccessKey: string;
	/** Temporary credentials have one. */
	sessionToken?: string | undefined;
	/** When they end: milliseconds since 1970. */
	expiration?: number | undefined;
}

/** Credentials that keep their secrets: neither JSON.stringify nor a log line shows them. */
export class Credentials implements Readonly<CredentialsInit> {
	readonly accessKeyId: string;
	readonly expiration: number | undefined;
	#secretAccessKey: string;
	#sessionToken: string | undefined;

	/** @throws TypeError that names the bad part, never its value */
	constructor({ accessKeyId, secretAccessKey, sessionToken, expiration }: CredentialsInit) {
		checkText("accessKeyId", accessKeyId, 128);
		checkText("secretAccessKey", secretAccessKey, 128);
		if (sessionToken !== undefined) checkText("sessionToken", sessionToken, 4096);
		if (expiration !== undefined && !Number.isFinite(expiration))
			throw new TypeError("expiration: milliseconds since 1970");
		this.accessKeyId = accessKeyId;
		this.expiration = expiration;
		this.#secretAccessKey = secretAccessKey;
		this.#sessionToken = sessionToken;
	}

	get secretAccessKey(): string {
		return this.#secretAccessKey;
	}

	get sessionToken(): string | undefined {
		return this.#sessionToken;
	}

	toJSON(): object {
		return { accessKeyId: this.accessKeyId, expiration: this.expiration };
	}

	toString(): string {
		return `[Credentials ${this.accessKeyId}]`;
	}
}

/** Where a client gets its credentials. Implement it to bring your own. It is yours: clients may share one. */
export interface CredentialProvider {
	/**
	 * The credentials to sign with now. Called for each signature: it keeps what it has fetched.
	 * @param now milliseconds since 1970, by the service's clock as far as it is known
	 */
	get(now: number): Promise<Credentials>;
	/** The service refused the credentials, or they have expired: get others next time. */
	invalidate?(): void;
}

/** Credentials that never change. */
export class StaticCredentials implements CredentialProvider {
	#credentials: Credentials;

	/** @throws TypeError that names the bad part */
	constructor(init: CredentialsInit) {
		this.#credentials = init instanceof Credentials ? init : new Credentials(init);
	}

	get(): Promise<Credentials> {
		return Promise.resolve(this.#credentials);
	}
}

/** Credentials from a function of yours, called again before they expire: ESP RainMaker's security token, Cognito, … */
export class CallbackCredentials implements CredentialProvider {
	#refresher: Refresher;

	/** @param fetch gets new credentials, within 15 s; what it throws reaches the application as "aws/credentials" */
	constructor(fetch: () => CredentialsInit | Promise<CredentialsInit>, options?: RefreshOptions) {
		if (typeof fetch !== "function") throw new TypeError("fetch: a function");
		this.#refresher = new Refresher(async () => new Credentials(await fetch()), options);
	}

	get(now: number): Promise<Credentials> {
		return this.#refresher.get(now);
	}

	invalidate(): void {
		this.#refresher.invalidate();
	}
}

function checkText(name: string, value: unknown, longest: number): void {
	if (typeof value !== "string" || !value || value.length > longest)
		throw new TypeError(`${name}: 1 to ${longest} characters`);
	// What went into a header field could end it.
	if (!consistsOf(value, isVisible)) throw new TypeError(`${name}: printable ASCII without spaces`);
}
