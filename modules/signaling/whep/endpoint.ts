// SPDX-License-Identifier: Apache-2.0
// The WHEP endpoint and its session resources (draft-ietf-wish-whep, with RFC 9725 for what WHIP and WHEP share), as
// requests and responses: no I/O here.
import { parseFragment } from "webrtc/sdp";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import type { SignalingMessage } from "webrtc/signaling";

type Respond = (response: HTTPResponse) => void;

/** What the endpoint needs from its owner. */
export interface EndpointOptions {
	/** Where offers are posted, "/whep". Sessions live below it. */
	path: string;
	/** A new unguessable name for a session: it is all that protects it (RFC 9725 section 5). */
	makeId(): string;
	/** The messages of viewers. */
	onMessage(message: SignalingMessage): void;
	/** The most offers that may wait for an answer at once. */
	maximumPending: number;
}

const maximumSdp = 12288; // bytes; browsers' offers are 5 to 8 KB

/** Browsers may come from a page elsewhere: WHEP is meant for that (draft section 4.1, RFC 9725 section 4.2). */
const crossOrigin = Object.freeze({
	"access-control-allow-origin": "*",
	"access-control-expose-headers": "location, etag, retry-after, link",
});

const statusOfRejection = Object.freeze({
	"too-many-sessions": 503,
	busy: 503,
	"bad-offer": 400,
	"no-common-codec": 406,
	failed: 500,
});

/** Offers in as POST, answers out as 201; candidates by PATCH; the end by DELETE. */
export default class WHEPEndpoint {
	#options: EndpointOptions;
	#pending = new Map<string, Respond>();
	#sessions = new Map<string, string>(); // id → ETag

	constructor(options: EndpointOptions) {
		this.#options = options;
	}

	/** The sessions that were answered and have not ended. */
	get sessions(): number {
		return this.#sessions.size;
	}

	/** Whether a path is the endpoint's or one of its sessions'. */
	owns(path: string): boolean {
		return path === this.#options.path || path.startsWith(`${this.#options.path}/`);
	}

	/** Answers a request, now or when the application has decided about the offer. */
	handle(request: HTTPRequest, respond: Respond): void {
		const reply: Respond = (response) => {
			respond({ ...response, headers: { ...crossOrigin, ...response.headers } });
		};
		if (request.path === this.#options.path) this.#handleEndpoint(request, reply);
		else this.#handleSession(request, request.path.slice(this.#options.path.length + 1), reply);
	}

	/** Takes an answer or a rejection for a waiting offer, or the end of a session from our side. */
	send(message: SignalingMessage): void {
		const id = message.peerId;
		const respond = this.#pending.get(id);
		if (message.type === "answer" && respond) {
			this.#pending.delete(id);
			const etag = `"${this.#options.makeId()}"`;
			this.#sessions.set(id, etag);
			respond({
				status: 201,
				headers: {
					"content-type": "application/sdp",
					location: `${this.#options.path}/${id}`,
					etag,
					"accept-patch": "application/trickle-ice-sdpfrag",
				},
				body: message.sdp,
			});
		} else if (message.type === "reject" && respond) {
			this.#pending.delete(id);
			const { reason, message: text, retryAfter } = message.rejection;
			const headers: Record<string, string> = { "content-type": "text/plain" };
			if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
			respond({ status: statusOfRejection[reason], headers, body: `${text}\n` });
		} else if (message.type === "bye") {
			this.#sessions.delete(id);
			this.#pending.delete(id);
			respond?.({ status: 500, headers: { "content-type": "text/plain" }, body: "The session ended.\n" });
		}
	}

	/** Forgets all sessions; offers that wait are turned away. */
	close(): void {
		for (const respond of this.#pending.values()) respond({ status: 503, body: "Closing.\n" });
		this.#pending.clear();
		this.#sessions.clear();
	}

	#handleEndpoint(request: HTTPRequest, reply: Respond): void {
		switch (request.method) {
			case "POST":
				return this.#offer(request, reply);
			case "OPTIONS":
				return reply({ status: 204, headers: options("POST, OPTIONS", "application/sdp", "accept-post") });
			default:
				return reply({ status: 405, headers: { allow: "POST, OPTIONS" } });
		}
	}

	#offer(request: HTTPRequest, reply: Respond): void {
		if (contentType(request) !== "application/sdp") {
			return reply(text(415, "An offer is of the type application/sdp.", { "accept-post": "application/sdp" }));
		}
		if (request.body.length > maximumSdp) return reply(text(413, `An offer has at most ${maximumSdp} bytes.`));
		if (!request.body.startsWith("v=0")) return reply(text(400, "The body is not an SDP offer."));
		if (this.#pending.size >= this.#options.maximumPending) {
			return reply(text(503, "Too many offers at once.", { "retry-after": "1" }));
		}
		const id = this.#options.makeId();
		this.#pending.set(id, reply);
		this.#options.onMessage({ type: "offer", peerId: id, sdp: request.body });
	}

	#handleSession(request: HTTPRequest, id: string, reply: Respond): void {
		const etag = this.#sessions.get(id);
		if (request.method === "OPTIONS") {
			const type = "application/trickle-ice-sdpfrag";
			return reply({ status: 204, headers: options("PATCH, DELETE, OPTIONS", type, "accept-patch") });
		}
		if (etag === undefined) return reply(text(404, "There is no such session."));
		switch (request.method) {
			case "PATCH":
				return this.#trickle(request, id, etag, reply);
			case "DELETE":
				this.#sessions.delete(id);
				this.#options.onMessage({ type: "bye", peerId: id });
				return reply({ status: 200 });
			default:
				return reply({ status: 405, headers: { allow: "PATCH, DELETE, OPTIONS" } });
		}
	}

	#trickle(request: HTTPRequest, id: string, etag: string, reply: Respond): void {
		if (contentType(request) !== "application/trickle-ice-sdpfrag") {
			const headers = { "accept-patch": "application/trickle-ice-sdpfrag" };
			return reply(text(415, "Candidates are of the type application/trickle-ice-sdpfrag.", headers));
		}
		const match = request.headers.get("if-match");
		// "*" would restart ICE (RFC 9725 section 4.3.3): a viewer makes a new session instead.
		if (match === "*") return reply(text(422, "ICE restarts are not supported; make a new session."));
		if (match !== undefined && match !== etag) return reply(text(412, "The session has changed."));
		let fragment: ReturnType<typeof parseFragment>;
		try {
			fragment = parseFragment(request.body);
		} catch (error) {
			return reply(text(400, error instanceof Error ? error.message : "Malformed fragment."));
		}
		for (const section of fragment.media) {
			for (const candidate of section.candidates) this.#candidate(id, section.mid, candidate, fragment.iceUfrag);
			if (section.endOfCandidates) this.#candidate(id, section.mid, "", fragment.iceUfrag);
		}
		reply({ status: 204 });
	}

	#candidate(id: string, mid: string | undefined, candidate: string, ufrag: string | undefined): void {
		const init = { candidate, sdpMid: mid ?? null, usernameFragment: ufrag ?? null };
		this.#options.onMessage({ type: "candidate", peerId: id, candidate: init });
	}
}

function contentType(request: HTTPRequest): string {
	return (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

function text(status: number, message: string, headers?: Record<string, string>): HTTPResponse {
	return { status, headers: { "content-type": "text/plain", ...headers }, body: `${message}\n` };
}

function options(methods: string, accepted: string, header: string): Record<string, string> {
	return {
		allow: methods,
		"access-control-allow-methods": methods,
		"access-control-allow-headers": "content-type, if-match, authorization",
		"access-control-max-age": "86400",
		[header]: accepted,
	};
}
