// SPDX-License-Identifier: Apache-2.0
// The device serves its own viewers: a WHEP endpoint on an HTTP port of its own, with no server or account in between.
import Listener from "embedded:io/socket/listener";
import HTTPServer from "embedded:network/http/server";
import WebRTCError from "webrtc/error";
import HTTPService, { type HTTPRequest, type HTTPResponse } from "webrtc/http";
import { randomBytes } from "webrtc/native/crypto";
import type {
	IceServer,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import WHEPEndpoint from "webrtc/signaling/whep/endpoint";

export interface WHEPSignalingOptions {
	/** TCP port; 0 takes any that is free. Default 80. */
	port?: number;
	/** Path of the endpoint. Default "/whep". */
	path?: string;
	/** Answers what is not the endpoint's: the page, say. Default: 404. */
	onRequest?(request: HTTPRequest, respond: (response: HTTPResponse) => void): void;
	/** ICE servers for the device's own sessions. */
	iceServers?: IceServer[];
	/** ECMA-419 classes in place of the platform's. */
	http?: { io: typeof HTTPServer; listener: typeof Listener };
}

const maximumPending = 8;

/** Viewers come by WHEP (draft-ietf-wish-whep). For the role of master. */
export default class WHEPSignaling implements SignalingClient {
	readonly name = "whep";
	// A WHEP server has no way to send candidates after its answer.
	readonly trickle = false;
	readonly iceServers: readonly IceServer[];
	#options: WHEPSignalingOptions;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#service: HTTPService | undefined;
	#endpoint: WHEPEndpoint;

	/** @throws RangeError for a bad port, TypeError for a bad path */
	constructor(options: WHEPSignalingOptions = {}) {
		const { port = 80, path = "/whep" } = options;
		if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError("port: 0 to 65535");
		if (!/^\/[\w/-]*\w$/.test(path)) throw new TypeError("path: an absolute path such as /whep");
		this.#options = { ...options, port, path };
		this.iceServers = options.iceServers ?? [];
		this.#endpoint = new WHEPEndpoint({
			path,
			makeId,
			maximumPending,
			onMessage: (message) => this.#handler?.onMessage(message),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	/** The port that it listens on, once connected. */
	get port(): number {
		if (!this.#service) throw new WebRTCError("signaling/closed", "WHEP: not listening");
		return this.#service.port;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (role !== "master") throw new TypeError("role: a WHEP server is a master");
		this.#handler = handler;
		try {
			this.#service = new HTTPService({
				io: this.#options.http?.io ?? HTTPServer,
				listener: this.#options.http?.listener ?? Listener,
				port: this.#options.port!,
				onRequest: (request, respond) => this.#onRequest(request, respond),
			});
		} catch (cause) {
			this.#setState("failed");
			handler.onError(listenError(this.#options.port!, cause));
			return;
		}
		this.#setState("connected");
	}

	send(message: SignalingMessage): void {
		if (this.#state === "disconnected") throw new WebRTCError("signaling/closed", "WHEP: closed");
		this.#endpoint.send(message);
	}

	refreshIceServers(): void {}

	close(): void {
		this.#endpoint.close();
		this.#service?.close();
		this.#service = undefined;
		if (this.#state === "connected") this.#setState("disconnected");
		this.#handler = undefined;
	}

	#onRequest(request: HTTPRequest, respond: (response: HTTPResponse) => void): void {
		if (this.#endpoint.owns(request.path)) this.#endpoint.handle(request, respond);
		else if (this.#options.onRequest) this.#options.onRequest(request, respond);
		else respond({ status: 404, body: "Not found.\n" });
	}

	#setState(state: SignalingState): void {
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

/** A device does not tell why; most often another listens there. */
function listenError(port: number, cause: unknown): WebRTCError {
	const reason = cause instanceof Error ? cause.message : "";
	const isInUse = !reason || /in use/i.test(reason);
	const text = `WHEP: port ${port} cannot be opened${isInUse ? "; is it in use?" : `: ${reason}`}`;
	return new WebRTCError(isInUse ? "transport/address-in-use" : "transport/failed", text, cause);
}

/** 128 random bits in hexadecimal. */
function makeId(): string {
	let id = "";
	for (const byte of new Uint8Array(randomBytes(16))) id += byte.toString(16).padStart(2, "0");
	return id;
}
