// SPDX-License-Identifier: Apache-2.0
// A media server of the test's own, in virtual time: WHIP and WHEP as RFC 9725 has them, and as servers differ from it.
import type { HTTPDictionary } from "webrtc/http/client";
import { makeHTTPClient, type FakeWebSocket, type Service } from "../kvs/network";
import type { Reply } from "../kvs/service";
import { sdp } from "../kvs/client";

export interface Request {
	method: string;
	path: string;
	headers: Map<string, string>;
	body: string;
}

type Answer = Reply | "drop" | "reset";

/** How it behaves. */
export interface Behaviour {
	token?: string;
	/** Whether it takes PATCH, and says so. */
	patch: boolean;
	/** Whether a PATCH needs the ETag in force. */
	strict: boolean;
	/** Whether it answers OPTIONS with anything of use. */
	options: boolean;
	/** Whether it names its sessions. */
	location: boolean;
	link?: string;
	/** Whether it takes data channels. */
	data?: boolean;
}

export default class MediaServer implements Service {
	clients = new Set<object>();
	connections: string[] = [];
	sockets: FakeWebSocket[] = [];
	dnsDown = false;
	delay = 10;
	pongs = true;
	behaviour: Behaviour = { patch: true, strict: true, options: true, location: true };
	requests: Request[] = [];
	/** What replaces the replies to come, by method. */
	script = new Map<string, Answer[]>();
	/** What is answered to an offer, when it is there. */
	answer = sdp("answer");
	/** Sessions by path: the ETag in force. */
	sessions = new Map<string, string>();
	candidates: string[] = [];
	#count = 0;

	get dictionaries(): { https: HTTPDictionary } {
		return { https: { io: makeHTTPClient(this), dns: { io: class {} }, socket: { io: class {} } } as never };
	}

	methods(): string[] {
		return this.requests.map(({ method }) => method);
	}

	find(method: string): Request | undefined {
		return this.requests.filter((request) => request.method === method).at(-1);
	}

	accept(): boolean {
		return false;
	}
	receive(): void {}

	handleRequest(_host: string, method: string, path: string, headers: Map<string, string>, body: Buffer): Answer {
		const request = { method, path, headers, body: String(body) };
		this.requests.push(request);
		const scripted = this.script.get(method)?.shift();
		if (scripted) return scripted;
		const { token } = this.behaviour;
		if (token && method !== "OPTIONS" && headers.get("authorization") !== `Bearer ${token}`)
			return { status: 401, headers: { "www-authenticate": "Bearer" } };
		switch (method) {
			case "OPTIONS":
				return this.#options();
			case "POST":
				return this.#post(request);
			case "PATCH":
				return this.#patch(request);
			case "DELETE":
				return { status: this.sessions.delete(path) ? 200 : 404 };
			default:
				return { status: 405 };
		}
	}

	get #links(): Record<string, string> {
		return this.behaviour.link ? { link: this.behaviour.link } : {};
	}

	#options(): Reply {
		const { options, patch } = this.behaviour;
		if (!options) return { status: 405 };
		const methods = patch ? "OPTIONS, GET, POST, PATCH, DELETE" : "OPTIONS, GET, POST, DELETE";
		return { status: 204, headers: { "access-control-allow-methods": methods, ...this.#links } };
	}

	#post({ headers, body }: Request): Reply {
		if (headers.get("content-type") !== "application/sdp") return { status: 415 };
		if (!body.startsWith("v=0")) return { status: 400 };
		if (body.includes("m=application") && !this.behaviour.data) return { status: 406 };
		const path = `/live/session/${++this.#count}`;
		const etag = `"e${this.#count}"`;
		this.sessions.set(path, etag);
		const named: Record<string, string> = this.behaviour.location
			? { location: `session/${this.#count}`, etag }
			: {};
		return {
			status: 201,
			headers: { "content-type": "application/sdp", ...named, ...this.#links },
			body: this.answer,
		};
	}

	#patch({ path, headers, body }: Request): Reply {
		const { patch, strict } = this.behaviour;
		const etag = this.sessions.get(path);
		if (etag === undefined) return { status: 404 };
		if (!patch) return { status: 405 };
		if (headers.get("content-type") !== "application/trickle-ice-sdpfrag") return { status: 415 };
		const match = headers.get("if-match");
		if (strict && match === undefined) return { status: 428 };
		if (match === "*") {
			this.sessions.set(path, `${etag.slice(0, -1)}+"`);
			const fragment =
				"a=ice-ufrag:newf\r\na=ice-pwd:a-new-password-of-theirs\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:9 1 udp 1 192.0.2.9 9 typ host\r\n";
			return { status: 200, headers: { etag: this.sessions.get(path)! }, body: fragment };
		}
		if (strict && match !== etag) return { status: 412 };
		for (const [, line] of body.matchAll(/^a=(candidate:.*?)\r?$/gm)) this.candidates.push(line!);
		return { status: 204 };
	}
}
