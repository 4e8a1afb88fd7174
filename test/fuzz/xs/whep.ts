// SPDX-License-Identifier: Apache-2.0
// A device whose viewers come by WHEP requests that this program makes, in place of a network's.
import type Mutator from "fuzz/mutator";
import { fragment, offers } from "fuzz/seeds";
import type { HTTPRequest } from "webrtc/http";
import type { IceServer, SignalingClient, SignalingHandler, SignalingMessage, SignalingRole } from "webrtc/signaling";
import WHEPEndpoint from "webrtc/signaling/whep/endpoint";

const longestBody = 12_288; // as the HTTP service lets pass
const mostSessions = 8;

export default class FuzzedWHEP implements SignalingClient {
	readonly name = "fuzz";
	readonly capabilities = { trickle: false, restart: true };
	readonly iceServers: readonly IceServer[] = [];
	readonly state = "connected";
	/** Answers, by status. */
	readonly statuses = new Map<number, number>();
	handler: SignalingHandler | undefined;
	#endpoint: WHEPEndpoint;
	#sessions: string[] = [];
	#lastId = 0;

	constructor() {
		this.#endpoint = new WHEPEndpoint({
			path: "/whep",
			makeId: () => String(++this.#lastId),
			maximumPending: 8,
			onMessage: (message) => this.handler?.onMessage(message),
		});
	}

	connect(_role: SignalingRole, handler: SignalingHandler): void {
		this.handler = handler;
		handler.onStateChange("connected");
	}

	send(message: SignalingMessage): void {
		this.#endpoint.send(message);
	}

	refreshIceServers(): void {}

	close(): void {
		this.#endpoint.close();
	}

	/** Makes a request. */
	request(mutator: Mutator): void {
		const session = this.#sessions.length ? mutator.pick(this.#sessions) : "/whep/0";
		const what = mutator.random(10);
		if (what < 5) this.#do(mutator, "POST", "/whep", mutator.lines(mutator.pick(offers), longestBody));
		else if (what < 9) this.#do(mutator, "PATCH", session, mutator.lines(fragment, longestBody));
		else this.#do(mutator, mutator.pick(["DELETE", "GET", "OPTIONS", "POST", "BREW"]), session, "");
	}

	/** One that is as it should be. @returns the status of its answer */
	viewer(): Promise<number> {
		return new Promise((resolve) => this.#handle("POST", "/whep", `${offers[0]!.join("\r\n")}\r\n`, 99, resolve));
	}

	#do(mutator: Mutator, method: string, path: string, body: string): void {
		this.#handle(method, path, body, mutator.random(6), (status, location) => {
			this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
			if (!location) return;
			this.#sessions.push(`/whep/${location.slice(location.lastIndexOf("/") + 1)}`);
			if (this.#sessions.length > mostSessions) this.#sessions.shift();
		});
	}

	#handle(
		method: string,
		path: string,
		body: string,
		host: number,
		onStatus: (status: number, location?: string) => void,
	): void {
		const type = path === "/whep" ? "application/sdp" : "application/trickle-ice-sdpfrag";
		const headers = new Map([["content-type", type]]);
		const request: HTTPRequest = { method, path, query: "", headers, body, remoteAddress: `192.0.2.${host}` };
		this.#endpoint.handle(request, ({ status, headers: fields }) => onStatus(status, fields?.location));
	}
}
