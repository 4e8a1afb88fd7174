// SPDX-License-Identifier: Apache-2.0
// The requests to a media server: one at a time, with the token where it may go; and farewells to sessions that have ended.
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import HTTPConnections, { type Call, type HTTPOptions, type Response } from "webrtc/http/client";
import { originOf, parseURL, type URLParts } from "webrtc/http/url";
import { consistsOf, isVisible } from "webrtc/text";

type Done = (error: WebRTCError | undefined, response?: Response) => void;

const requestTime = 10_000; // ms
const farewellTime = 2_000; // ms
const maximumBody = 16_384; // bytes of an answer
const fields = Object.freeze([
	...["location", "etag", "link", "retry-after", "access-control-allow-methods", "accept-patch", "content-type"],
]);

export default class MediaServerRequests {
	readonly url: URLParts;
	#name: string;
	#token: string | undefined;
	#http: HTTPConnections;
	#call: Call | undefined;
	#farewells = 0; // DELETEs under way
	#isClosed = false;

	/** @param name for errors @throws TypeError for what is no URL */
	constructor(name: string, url: string, { https, http }: HTTPOptions) {
		this.#name = name.toUpperCase();
		this.url = parseURL(url, "url");
		this.#http = new HTTPConnections({ https, http, maximumBody });
	}

	get statistics(): HTTPConnections["statistics"] {
		return this.#http.statistics;
	}

	get token(): string | undefined {
		return this.#token;
	}

	/** @throws TypeError for what is no token */
	set token(token: string | undefined) {
		if (token !== undefined && !(typeof token === "string" && consistsOf(token, isVisible, 1, 2048)))
			throw new TypeError("token: 1 to 2048 visible ASCII characters");
		this.#token = token;
	}

	error(code: string, text: string, cause?: unknown): WebRTCError {
		return new WebRTCError(`signaling/${code}` as WebRTCErrorCode, `${this.#name}: ${text}`, cause);
	}

	/** A request is under way. */
	get isBusy(): boolean {
		return this.#call !== undefined;
	}

	send(
		url: URLParts,
		method: Call["method"],
		text: string | undefined,
		headers: Map<string, string>,
		onDone: Done,
	): void {
		this.addCommon(url, headers);
		const call: Call = {
			url,
			method,
			headers,
			body: text === undefined ? undefined : ArrayBuffer.fromString(text),
			fields,
			timeout: requestTime,
			onDone: (error, response) => {
				if (this.#call === call) this.#call = undefined;
				onDone(error && this.error("connection-failed", error.message, error), response);
			},
		};
		this.#call = call;
		this.#http.send(call);
	}

	cancel(): void {
		if (this.#call) this.#http.cancel(this.#call);
		this.#call = undefined;
	}

	/** Tells the server that a session has ended. */
	delete(url: URLParts): void {
		this.#farewells++;
		const headers = new Map<string, string>();
		this.addCommon(url, headers);
		const onDone = () => {
			this.#farewells--;
			if (this.#isClosed) this.close();
		};
		this.#http.send({ url, method: "DELETE", headers, timeout: farewellTime, onDone });
	}

	/** When the last session is deleted. */
	close(): void {
		this.#isClosed = true;
		if (!this.#farewells) this.#http.close();
	}

	private addCommon(url: URLParts, headers: Map<string, string>): void {
		const isFit = url.secure || originOf(url) === originOf(this.url);
		// The clients leave the port out, by which servers tell their own name from another's (RFC 9110 section 7.2).
		if (url.port !== (url.secure ? 443 : 80)) headers.set("host", `${url.host}:${url.port}`);
		if (this.#token !== undefined && isFit) headers.set("authorization", `Bearer ${this.#token}`);
	}
}
