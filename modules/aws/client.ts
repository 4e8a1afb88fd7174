// SPDX-License-Identifier: Apache-2.0
// Signed requests to an AWS service of the JSON kind.
import ServiceClock from "webrtc/aws/clock";
import type { CredentialProvider, Credentials } from "webrtc/aws/credentials";
import { signHeaders, signQuery, type Hash, type Pairs, type SigningOptions } from "webrtc/aws/sigv4";
import type { ServiceURL } from "webrtc/aws/url";
import WebRTCError from "webrtc/error";
import HTTPConnections, { type Call, type HTTPOptions, type Response } from "webrtc/http/client";

export interface AWSClientOptions extends HTTPOptions {
	region: string;
	service: string;
	credentials: CredentialProvider;
	hash: Hash;
	/** Default: one of this client's own. */
	clock?: ServiceClock | undefined;
}

export interface AWSResponse extends Pick<Response, "status" | "body"> {
	/** The x-amzn-errortype field; of a longer one, 256 characters. */
	errorType: string | undefined;
	/** The response taught that the device's clock was wrong. */
	clockChanged: boolean;
}

const userAgent = "xs-webrtc";
const errorType = "x-amzn-errortype";
const fields = Object.freeze(["date", errorType]);
const longestErrorType = 256;

export default class AWSClient {
	readonly clock: ServiceClock;
	#options: AWSClientOptions;
	#http: HTTPConnections;
	#calls = new Set<{ call?: Call }>();

	constructor(options: AWSClientOptions) {
		this.#options = options;
		this.clock = options.clock ?? new ServiceClock();
		this.#http = new HTTPConnections(options);
	}

	get statistics(): HTTPConnections["statistics"] {
		return this.#http.statistics;
	}

	/**
	 * Posts a JSON body.
	 * @param onDone called once, never before `post` has returned; the error's code is "aws/credentials" where there were
	 * none to be had
	 * @returns a function that cancels: `onDone` is not called any more
	 */
	post(
		url: ServiceURL,
		body: string,
		timeout: number,
		onDone: (error: WebRTCError | undefined, response?: AWSResponse) => void,
	): () => void {
		const entry: { call?: Call } = {};
		this.#calls.add(entry);
		const finish = (error: WebRTCError | undefined, response?: Response) => {
			if (!this.#calls.delete(entry)) return;
			if (!response) return onDone(error);
			const { status, headers } = response;
			const clockChanged = this.clock.learn(headers.get("date"));
			onDone(undefined, {
				status,
				errorType: headers.get(errorType)?.slice(0, longestErrorType),
				body: response.body,
				clockChanged,
			});
		};
		this.getCredentials()
			.then((credentials) => {
				if (!this.#calls.has(entry)) return;
				entry.call = this.makeCall(url, body, timeout, credentials, finish);
				this.#http.send(entry.call);
			})
			.catch((error: WebRTCError) => finish(error));
		return () => {
			this.#calls.delete(entry);
			if (entry.call) this.#http.cancel(entry.call);
		};
	}

	/**
	 * Signs a URL's query.
	 * @param expires seconds, at most; less when the credentials end before
	 */
	async presign(url: ServiceURL, query: Pairs, expires: number): Promise<string> {
		const credentials = await this.getCredentials();
		const left = Math.floor(((credentials.expiration ?? Infinity) - this.clock.now) / 1000);
		const request = { method: "GET", path: url.path, query, headers: [["host", url.host]] as const };
		return signQuery(request, Math.max(1, Math.min(expires, left)), this.signing(credentials));
	}

	/** The credentials were refused. */
	invalidateCredentials(): void {
		this.#options.credentials.invalidate?.();
	}

	close(): void {
		this.#calls.clear();
		this.#http.close();
	}

	private async getCredentials(): Promise<Credentials> {
		try {
			return await this.#options.credentials.get(this.clock.now);
		} catch (cause) {
			if (cause instanceof WebRTCError && cause.code === "aws/credentials") throw cause;
			const detail = cause instanceof Error ? cause.message : "";
			throw new WebRTCError("aws/credentials", `no credentials: ${detail || "the provider failed"}`, cause);
		}
	}

	private makeCall(
		url: ServiceURL,
		text: string,
		timeout: number,
		credentials: Credentials,
		onDone: Call["onDone"],
	): Call {
		const body = ArrayBuffer.fromString(text);
		// The host without its port: the SDK's HTTP and WebSocket clients send it so.
		const signed: [string, string][] = [
			["host", url.host],
			["content-type", "application/json"],
		];
		const request = { method: "POST", path: url.path, headers: signed, body };
		const added = signHeaders(request, this.signing(credentials));
		const headers = new Map([["content-type", "application/json"], ["user-agent", userAgent], ...added]);
		return { url, method: "POST", headers, body, fields, timeout, onDone };
	}

	private signing(credentials: Credentials): SigningOptions {
		const { region, service, hash } = this.#options;
		return { credentials, region, service, hash, time: this.clock.now };
	}
}
