// SPDX-License-Identifier: Apache-2.0
// The HTTP side of AppRTC: rooms are joined and left, messages are posted, ICE servers are asked for.
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import HTTPConnections, { type Call, type HTTPOptions, type Response } from "webrtc/http/client";
import type { URLParts } from "webrtc/http/url";
import { maximumReply, parseResult, type Joined, type Result } from "webrtc/signaling/apprtc/messages";

type Done = (error: WebRTCError | undefined, body: string) => void;

const requestTime = 10_000; // ms
const farewellTime = 2_000; // ms

/** What a room's reply means, other than that all is well. */
const meanings: Readonly<Record<Exclude<Result, "SUCCESS">, readonly [WebRTCErrorCode, string]>> = Object.freeze({
	FULL: ["signaling/rejected", "the room is full"],
	DUPLICATE_CLIENT: ["signaling/rejected", "the room has this client already"],
	UNKNOWN_ROOM: ["signaling/channel-missing", "the service has forgotten the room"],
	UNKNOWN_CLIENT: ["signaling/channel-missing", "the service has forgotten this client"],
	ERROR: ["signaling/service-failed", "the service has a fault"],
});

export default class Rooms {
	#http: HTTPConnections;
	#server: URLParts;
	#query: string;
	#calls = new Set<Call>();

	/** @param query of the join: "" or "?…" */
	constructor(server: URLParts, query: string, options: HTTPOptions) {
		this.#server = server;
		this.#query = query;
		this.#http = new HTTPConnections({ https: options.https, http: options.http, maximumBody: maximumReply });
	}

	get statistics(): HTTPConnections["statistics"] {
		return this.#http.statistics;
	}

	/** @param onDone with the reply of a join that succeeded; not called after `cancel` */
	join(room: string, onDone: Done): void {
		this.send(this.at(`join/${room}${this.#query}`), "POST", "", (error, body) =>
			onDone(error ?? checked(body), body),
		);
	}

	/** Posts a message to the other in the room, or for who comes. */
	post({ roomId, clientId }: Joined, text: string, onDone: Done): void {
		this.send(this.at(`message/${roomId}/${clientId}`), "POST", text, (error, body) =>
			onDone(error ?? checked(body), body),
		);
	}

	getIceServers(url: URLParts, onDone: Done): void {
		this.send(url, "POST", "", onDone);
	}

	/** Leaves the room, and the collider. @param onDone called in 4 s at most, however that ends */
	leave({ roomId, clientId, wssPost }: Joined, onDone: () => void): void {
		let left = wssPost ? 2 : 1;
		const done = () => {
			if (--left === 0) onDone();
		};
		this.send(this.at(`leave/${roomId}/${clientId}`), "POST", "", done, farewellTime);
		if (!wssPost) return;
		const slash = wssPost.path.endsWith("/") ? "" : "/";
		const url = { ...wssPost, path: `${wssPost.path}${slash}${roomId}/${clientId}` };
		this.send(url, "DELETE", undefined, done, farewellTime);
	}

	/** Nothing is heard of the calls that are under way. */
	cancel(): void {
		for (const call of this.#calls) this.#http.cancel(call);
		this.#calls.clear();
	}

	close(): void {
		this.#calls.clear();
		this.#http.close();
	}

	private at(path: string): URLParts {
		const base = this.#server.path;
		return { ...this.#server, path: `${base}${base.endsWith("/") ? "" : "/"}${path}` };
	}

	private send(
		url: URLParts,
		method: Call["method"],
		text: string | undefined,
		onDone: Done,
		timeout = requestTime,
	): void {
		const headers = new Map([["content-type", "application/json"]]);
		const body = text === undefined ? undefined : ArrayBuffer.fromString(text);
		if (body?.byteLength === 0) headers.set("content-length", "0");
		const call: Call = {
			url,
			method,
			headers,
			body: body?.byteLength ? body : undefined,
			timeout,
			onDone: (error, response) => {
				this.#calls.delete(call);
				onDone(
					error ? new WebRTCError("signaling/connection-failed", error.message, error) : judged(response!),
					response?.body ?? "",
				);
			},
		};
		this.#calls.add(call);
		this.#http.send(call);
	}
}

function judged({ status }: Response): WebRTCError | undefined {
	if (status >= 200 && status < 300) return undefined;
	// So does what stands before a service that is set up anew: later it may answer.
	if (status >= 300 && status < 400) {
		const text = `the service redirects with status ${status}, which is not followed`;
		return new WebRTCError("signaling/service-failed", text);
	}
	const code = status === 429 ? "throttled" : status === 408 || status >= 500 ? "service-failed" : "rejected";
	return new WebRTCError(`signaling/${code}`, `the service answers with status ${status}`);
}

function checked(body: string): WebRTCError | undefined {
	try {
		const result = parseResult(body);
		if (result === "SUCCESS") return undefined;
		const [code, text] = meanings[result];
		return new WebRTCError(code, text);
	} catch {
		return new WebRTCError("signaling/service-failed", "the reply makes no sense");
	}
}
