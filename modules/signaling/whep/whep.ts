// SPDX-License-Identifier: Apache-2.0
// The device serves its own viewers: a WHEP endpoint on an HTTP port of its own, with no server or account in between.
import Listener from "embedded:io/socket/listener";
import Timer from "timer";
import Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import guard, { contain } from "webrtc/error/guard";
import HTTPService, { type HTTPRequest, type HTTPRequestHead, type HTTPResponse } from "webrtc/http";
import Access from "webrtc/http/access";
import Authorization, { type Secrets } from "webrtc/http/authorization";
import { textResponse } from "webrtc/http/status";
import { randomBytes } from "webrtc/native/crypto";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import WHEPEndpoint, { preflight } from "webrtc/signaling/whep/endpoint";
import linkHeader from "webrtc/signaling/whep/links";
import { consistsOf, isAmong, isWordCharacter } from "webrtc/text";

/** Where viewers find the device, and who of them may watch. */
export interface WHEPSignalingOptions extends Secrets {
	/** TCP port; 0 takes any that is free. Default 80. */
	port?: number | undefined;
	/** Path of the endpoint. Default "/whep". */
	path?: string | undefined;
	/** Answers what is not the endpoint's: the page, say. It is asked for no secret, but for `guarded`. Default: 404. */
	onRequest?(request: HTTPRequest, respond: (response: HTTPResponse) => void): void;
	/**
	 * Paths of `onRequest` that are for those only who may watch: a picture, say. OPTIONS is answered for them, as browsers
	 * ask before a page elsewhere may send a secret.
	 */
	guarded?: readonly string[] | undefined;
	/**
	 * Decides about each request to the endpoint, its sessions and what is `guarded`, after `token` and `password`; within 10 s. A false is
	 * answered with 401 where the request has no Authorization, else with 403; an exception with 500.
	 */
	authorize?(request: HTTPRequest): boolean | Promise<boolean>;
	/** Origins of pages elsewhere that may watch: see AccessOptions. Default: none, only the device's own page. */
	origins?: readonly string[] | undefined;
	/** Names by which the device is reached beside its addresses: see AccessOptions. */
	hosts?: readonly string[] | undefined;
	/** ICE servers for the device's own sessions. */
	iceServers?: IceServer[] | undefined;
	/** ICE servers that viewers are told of (RFC 9725 section 4.6). Who may watch can read their credentials. */
	viewerIceServers?: IceServer[] | undefined;
	/** TCP connections at once of one IP address, which may be a proxy's. Default 12, of 16 in all. */
	maximumConnectionsPerAddress?: number | undefined;
	/** An ECMA-419 listener class in place of the platform's. */
	listener?: typeof Listener | undefined;
}

// A WHEP server has no way to send candidates after its answer.
const capabilities: SignalingCapabilities = Object.freeze({ trickle: false, restart: true });
const maximumPending = 8;
const decisionTime = 10_000; // ms
const guardedMethods = "GET, HEAD, POST, OPTIONS";

/**
 * Viewers come by WHEP (draft-ietf-wish-whep). For the role of master.
 *
 * Without `token`, `password` or `authorize`, everybody who reaches the port may watch.
 */
export default class WHEPSignaling implements SignalingClient {
	readonly name = "whep";
	readonly capabilities = capabilities;
	readonly iceServers: readonly IceServer[];
	#options: WHEPSignalingOptions;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#service: HTTPService | undefined;
	#endpoint: WHEPEndpoint;
	#authorization: Authorization;
	#clock = new Clock();
	#undecided = new Set<() => void>();

	/** @throws RangeError or TypeError that names the option */
	constructor(options: WHEPSignalingOptions = {}) {
		const { port = 80, path = "/whep" } = options;
		if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError("port: 0 to 65535");
		if (!isPath(path)) throw new TypeError("path: an absolute path such as /whep");
		this.#authorization = new Authorization(options);
		new Access(options); // throws
		this.#options = { ...options, port, path, token: undefined, password: undefined };
		this.iceServers = options.iceServers ?? [];
		this.#endpoint = new WHEPEndpoint({
			path,
			makeId,
			maximumPending,
			links: linkHeader(options.viewerIceServers ?? []),
			onMessage: (message) => this.#handler?.onMessage(message),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	/** Whether everybody who reaches the port may watch. */
	get isOpen(): boolean {
		return this.#authorization.isOpen && !this.#options.authorize;
	}

	/** The port that it listens on, once connected. */
	get port(): number {
		if (!this.#service) throw new WebRTCError("signaling/closed", "WHEP: not listening");
		return this.#service.port;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (role !== "master") throw new TypeError("role: a WHEP server is a master");
		if (this.#state !== "new") throw new WebRTCError("signaling/closed", "WHEP: connect can be called once");
		this.#handler = handler;
		const { port, origins, hosts, maximumConnectionsPerAddress } = this.#options;
		try {
			this.#service = new HTTPService({
				listener: this.#options.listener ?? Listener,
				port: port!,
				origins,
				hosts,
				addresses: handler.addresses && (() => handler.addresses!()),
				maximumConnectionsPerAddress,
				onHead: (head) => this.onHead(head),
				onRequest: (request, respond) => this.onRequest(request, respond),
				onError: (error) => this.onException(error),
			});
		} catch (cause) {
			this.setState("failed");
			handler.onError(listenError(port!, cause));
			return;
		}
		this.setState("connected");
	}

	send(message: SignalingMessage): void {
		if (this.#state === "disconnected") throw new WebRTCError("signaling/closed", "WHEP: closed");
		this.#endpoint.send(message);
	}

	refreshIceServers(): void {}

	close(): void {
		for (const forget of this.#undecided) forget();
		this.#endpoint.close();
		this.#service?.close();
		this.#service = undefined;
		if (this.#state !== "failed") this.#state = "disconnected";
		this.#handler = undefined;
	}

	/** A stranger is turned away before the device takes the body. A browser's preflight bears no secret, and has no body. */
	private onHead(head: HTTPRequestHead): HTTPResponse | undefined {
		if (!this.isGuarded(head.path) || (head.method === "OPTIONS" && !hasBody(head))) return undefined;
		return this.#authorization.refusal(head, this.#clock.now);
	}

	private onRequest(request: HTTPRequest, respond: (response: HTTPResponse) => void): void {
		if (this.isGuarded(request.path)) this.decide(request, respond);
		else this.answer(request, respond);
	}

	private isGuarded(path: string): boolean {
		return this.#endpoint.owns(path) || (this.#options.guarded?.includes(path) ?? false);
	}

	/** For who may have it. */
	private answer(request: HTTPRequest, respond: (response: HTTPResponse) => void): void {
		if (this.#endpoint.owns(request.path)) this.#endpoint.handle(request, respond);
		else if (request.method === "OPTIONS" && this.isGuarded(request.path)) respond(preflight(guardedMethods, {}));
		else if (this.#options.onRequest) this.#options.onRequest(request, respond);
		else respond(textResponse(404, "Not found."));
	}

	private decide(request: HTTPRequest, respond: (response: HTTPResponse) => void): void {
		const { authorize } = this.#options;
		if (!authorize || request.method === "OPTIONS") return this.answer(request, respond);
		const decision = authorize.call(this.#options, request);
		const take = (allowed: boolean) => {
			if (allowed === true) return this.answer(request, respond);
			const isAsked = !request.headers.has("authorization");
			const headers: Record<string, string> = isAsked ? { "www-authenticate": 'Bearer realm="camera"' } : {};
			respond(textResponse(isAsked ? 401 : 403, "This camera is not for everybody.", headers));
		};
		if (typeof decision === "boolean") take(decision);
		else if (this.#undecided.size < maximumPending) this.wait(decision, take, respond);
		else respond(textResponse(503, "Too many viewers at once.", { "retry-after": "1" }));
	}

	/** A decision that does not come is none, and holds no place. */
	private wait(
		decision: Promise<boolean>,
		take: (allowed: boolean) => void,
		respond: (response: HTTPResponse) => void,
	): void {
		const end = guard(this, (step?: () => void) => {
			if (!this.#undecided.delete(forget)) return;
			Timer.clear(timer);
			step?.();
		});
		const fail = guard(this, (cause: unknown) =>
			end(() => {
				respond(textResponse(500, "The device could not decide."));
				contain(this, cause);
			}),
		);
		const forget = () => end();
		this.#undecided.add(forget);
		const timer = Timer.set(
			guard(this, () => fail(new Error("authorize: no decision"))),
			decisionTime,
		);
		decision.then((allowed) => end(() => take(allowed)), fail);
	}

	/** What went wrong with one request; the others go on. */
	onException(error: WebRTCError): void {
		this.#handler?.onError(error);
	}

	private setState(state: SignalingState): void {
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

function hasBody({ headers }: HTTPRequestHead): boolean {
	return headers.has("transfer-encoding") || Number(headers.get("content-length") ?? 0) > 0;
}

/** Absolute, and without a slash at its end. */
function isPath(path: string): boolean {
	const isOfPath = (code: number) => isWordCharacter(code) || isAmong(code, "/-");
	return path.startsWith("/") && consistsOf(path, isOfPath, 2) && isWordCharacter(path.charCodeAt(path.length - 1));
}

/** A device does not tell why; most often another listens there. */
function listenError(port: number, cause: unknown): WebRTCError {
	const reason = cause instanceof Error ? cause.message : "";
	const isInUse = !reason || reason.toLowerCase().includes("in use");
	const text = `WHEP: port ${port} cannot be opened${isInUse ? "; is it in use?" : `: ${reason}`}`;
	return new WebRTCError(isInUse ? "transport/address-in-use" : "transport/failed", text, cause);
}

/** 128 random bits in hexadecimal. */
function makeId(): string {
	let id = "";
	for (const byte of new Uint8Array(randomBytes(16))) id += byte.toString(16).padStart(2, "0");
	return id;
}
