// SPDX-License-Identifier: Apache-2.0
// The WHEP endpoint and its session resources (draft-ietf-wish-whep, with RFC 9725 for what WHIP and WHEP share), as
// requests and responses: no I/O here.
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import { textResponse } from "webrtc/http/status";
import { parseFragment, writeFragment, type Fragment } from "webrtc/sdp";
import type { CandidateInit, IceDescription, SignalingMessage } from "webrtc/signaling";
import ifMatch from "webrtc/signaling/whep/etag";

type Respond = (response: HTTPResponse) => void;
type MessageOf<Type> = Extract<SignalingMessage, { type: Type }>;

/** What the endpoint needs from its owner. */
export interface EndpointOptions {
	/** Where offers are posted, "/whep". Sessions live below it. */
	path: string;
	/** A new unguessable name for a session (RFC 9725 section 5). */
	makeId(): string;
	/** The messages of viewers. */
	onMessage(message: SignalingMessage): void;
	/** The most offers that may wait for an answer at once. */
	maximumPending: number;
	/** The Link field of answers: ICE servers for the viewer. */
	links?: string | undefined;
}

interface SessionResource {
	etag: string;
	/** Of the ICE generation that runs, and of the one before: candidates may still be on their way. */
	ufrag: string | undefined;
	ufragBefore?: string | undefined;
	/** Takes the answer to a restart that is under way. */
	restart?: { ufrag: string; respond: Respond } | undefined;
}

const maximumSdp = 12288; // bytes; browsers' offers are 5 to 8 KB
const offerType = "application/sdp";
const fragmentType = "application/trickle-ice-sdpfrag";
const offerMethods = "GET, HEAD, POST, OPTIONS";
const sessionMethods = "GET, HEAD, PATCH, DELETE, OPTIONS";
const allMethods = "POST, PATCH, DELETE, OPTIONS"; // some players ask the endpoint whether its sessions can be patched

const statusOfRejection = Object.freeze({
	"too-many-sessions": 503,
	busy: 503,
	"bad-offer": 400,
	"no-common-codec": 406,
	failed: 500,
});

/** Offers in as POST, answers out as 201; candidates and ICE restarts by PATCH; the end by DELETE. */
export default class WHEPEndpoint {
	#options: EndpointOptions;
	#pending = new Map<string, { ufrag: string | undefined; base: string; respond: Respond }>();
	#sessions = new Map<string, SessionResource>();

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

	/** Answers a request, now or when the application has decided about it. */
	handle(request: HTTPRequest, respond: Respond): void {
		const id = request.path.slice(this.#options.path.length + 1);
		if (id === "") this.handleEndpoint(request, respond);
		else this.handleSession(request, id, respond);
	}

	/** Takes what answers an offer or a restart, or the end of a session from our side. */
	send(message: SignalingMessage): void {
		switch (message.type) {
			case "answer":
				return this.answer(message);
			case "restart":
				return this.answerRestart(message);
			case "reject":
				return this.reject(message);
			case "bye":
				return this.end(message.peerId);
		}
	}

	/** Forgets all sessions; requests that wait are turned away. */
	close(): void {
		const waiting = [...this.#pending.values(), ...this.#sessions.values()];
		this.#pending.clear();
		this.#sessions.clear();
		for (const each of waiting) {
			const respond = "respond" in each ? each.respond : each.restart?.respond;
			respond?.(textResponse(503, "The camera is closing."));
		}
	}

	/* The answers of the application */

	private answer({ peerId, sdp }: MessageOf<"offer" | "answer">): void {
		const pending = this.#pending.get(peerId);
		if (!pending) return;
		this.#pending.delete(peerId);
		const etag = this.makeEtag();
		this.#sessions.set(peerId, { etag, ufrag: pending.ufrag });
		const { links } = this.#options;
		pending.respond({
			status: 201,
			headers: {
				"content-type": offerType,
				// Relative to the endpoint, under whatever prefix a proxy shows it (RFC 9110 section 10.2.2).
				location: pending.base + peerId,
				etag,
				"accept-patch": fragmentType,
				...(links === undefined ? {} : { link: links }),
			},
			body: sdp,
		});
	}

	/** RFC 9725 section 4.3.3 */
	private answerRestart({ peerId, ice }: MessageOf<"restart">): void {
		const session = this.#sessions.get(peerId);
		const restart = session?.restart;
		if (!restart) return;
		session.restart = undefined;
		session.etag = this.makeEtag();
		session.ufragBefore = session.ufrag;
		session.ufrag = restart.ufrag;
		restart.respond({
			status: 200,
			headers: { "content-type": fragmentType, etag: session.etag, "accept-patch": fragmentType },
			body: fragmentOf(ice),
		});
	}

	private reject({ peerId, rejection }: MessageOf<"reject">): void {
		const { reason, message, retryAfter } = rejection;
		const session = this.#sessions.get(peerId);
		if (session?.restart) {
			const { respond } = session.restart;
			session.restart = undefined;
			return respond(textResponse(422, message)); // and the session goes on
		}
		const pending = this.#pending.get(peerId);
		this.#pending.delete(peerId);
		const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
		pending?.respond(textResponse(statusOfRejection[reason], message, headers));
	}

	private end(peerId: string): void {
		const respond = this.#pending.get(peerId)?.respond ?? this.#sessions.get(peerId)?.restart?.respond;
		this.#pending.delete(peerId);
		this.#sessions.delete(peerId);
		respond?.(textResponse(500, "The session ended."));
	}

	private makeEtag(): string {
		return `"${this.#options.makeId()}"`;
	}

	/* The requests of viewers */

	private handleEndpoint(request: HTTPRequest, reply: Respond): void {
		switch (request.method) {
			case "POST":
				return this.offer(request, reply);
			case "OPTIONS":
				return reply(preflight(offerMethods, { "accept-post": offerType }));
			case "GET":
			case "HEAD": // by which players find out that this is an endpoint (WHEP draft section 4.1)
				return reply({ status: 200, headers: { "content-type": offerType, "accept-post": offerType } });
			default:
				return reply(textResponse(405, "Offers are posted here.", { allow: offerMethods }));
		}
	}

	private offer(request: HTTPRequest, reply: Respond): void {
		const { body, path, remoteAddress } = request;
		if (contentType(request) !== offerType)
			return reply(textResponse(415, `An offer is of the type ${offerType}.`, { "accept-post": offerType }));
		if (body.length > maximumSdp) return reply(textResponse(413, `An offer has at most ${maximumSdp} bytes.`));
		if (!body.startsWith("v=0")) return reply(textResponse(400, "The body is not an SDP offer."));
		if (this.#pending.size >= this.#options.maximumPending)
			return reply(textResponse(503, "Too many offers at once.", { "retry-after": "1" }));
		const peerId = this.#options.makeId();
		const last = path.slice(path.lastIndexOf("/") + 1);
		this.#pending.set(peerId, { ufrag: ufragOf(body), base: last && `${last}/`, respond: reply });
		const address = remoteAddress === undefined ? {} : { remoteAddress };
		this.#options.onMessage({ type: "offer", peerId, sdp: body, ...address });
	}

	private handleSession(request: HTTPRequest, id: string, reply: Respond): void {
		const session = this.#sessions.get(id);
		if (request.method === "OPTIONS") return reply(preflight(sessionMethods, { "accept-patch": fragmentType }));
		if (!session) return reply(textResponse(404, "There is no such session."));
		switch (request.method) {
			case "PATCH":
				return this.patch(request, id, session, reply);
			case "DELETE":
				this.end(id);
				this.#options.onMessage({ type: "bye", peerId: id });
				return reply({ status: 200 });
			case "GET":
			case "HEAD": // it has no representation (RFC 9725 section 4.1)
				return reply({ status: 204, headers: { etag: session.etag } });
			default:
				return reply(textResponse(405, "A session is patched and deleted.", { allow: sessionMethods }));
		}
	}

	/** Candidates, or new ICE credentials: what the fragment has in it tells which (RFC 9725 section 4.3). */
	private patch(request: HTTPRequest, id: string, session: SessionResource, reply: Respond): void {
		if (contentType(request) !== fragmentType)
			return reply(
				textResponse(415, `Candidates are of the type ${fragmentType}.`, { "accept-patch": fragmentType }),
			);
		// Players that never learn their ETag send none.
		const match = request.headers.get("if-match");
		if (match !== undefined && !ifMatch(match, session.etag))
			return reply(textResponse(412, "The session has changed."));
		let fragment: Fragment;
		try {
			fragment = parseFragment(request.body);
		} catch (error) {
			return reply(textResponse(400, error instanceof Error ? error.message : "The fragment is malformed."));
		}
		const { iceUfrag } = fragment;
		if (iceUfrag === undefined || iceUfrag === (session.ufrag ?? iceUfrag))
			return this.trickle(id, fragment, reply);
		if (iceUfrag === session.ufragBefore) return reply(textResponse(412, "ICE was restarted since."));
		this.restart(id, session, fragment, reply);
	}

	private trickle(id: string, fragment: Fragment, reply: Respond): void {
		for (const candidate of candidatesOf(fragment))
			this.#options.onMessage({ type: "candidate", peerId: id, candidate });
		reply({ status: 204 });
	}

	private restart(id: string, session: SessionResource, fragment: Fragment, respond: Respond): void {
		const { iceUfrag: ufrag, icePwd: pwd } = fragment;
		if (ufrag === undefined || pwd === undefined)
			return respond(textResponse(400, "An ICE restart needs a=ice-pwd beside a=ice-ufrag."));
		// Only the last one counts (RFC 9725 section 4.3.3).
		session.restart?.respond(textResponse(409, "Another ICE restart has come since."));
		session.restart = { ufrag, respond };
		const ice = { ufrag, pwd, candidates: candidatesOf(fragment) };
		this.#options.onMessage({ type: "restart", peerId: id, ice });
	}
}

function candidatesOf(fragment: Fragment): CandidateInit[] {
	const candidates: CandidateInit[] = [];
	for (const { mid, candidates: lines, endOfCandidates } of fragment.media) {
		const common = { sdpMid: mid ?? null, usernameFragment: fragment.iceUfrag ?? null };
		for (const candidate of lines) candidates.push({ candidate, ...common });
		if (endOfCandidates) candidates.push({ candidate: "", ...common });
	}
	return candidates;
}

/** Our side, whose candidates are all there: nothing follows an answer of WHEP. */
function fragmentOf({ ufrag, pwd, candidates }: IceDescription): string {
	const lines = candidates.map(({ candidate }) => candidate).filter((candidate) => candidate !== "");
	const section = { kind: "", candidates: lines, endOfCandidates: true };
	return writeFragment({ iceUfrag: ufrag, icePwd: pwd, endOfCandidates: true, media: [section] });
}

/** The first one of an offer: all sections are bundled, and have the same. */
function ufragOf(sdp: string): string | undefined {
	const name = "a=ice-ufrag:";
	const at = sdp.indexOf(name);
	if (at < 0) return undefined;
	const end = sdp.indexOf("\n", at);
	return sdp.slice(at + name.length, end < 0 ? sdp.length : end).trim();
}

function contentType(request: HTTPRequest): string {
	return (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** What a browser asks before a request of another origin's page (Fetch standard, CORS preflight). */
export function preflight(methods: string, accepted: Record<string, string>): HTTPResponse {
	const headers = {
		allow: methods,
		"access-control-allow-methods": allMethods,
		"access-control-allow-headers": "content-type, if-match, authorization",
		"access-control-max-age": "600",
		...accepted,
	};
	return { status: 204, headers };
}
