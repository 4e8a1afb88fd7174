// SPDX-License-Identifier: Apache-2.0
// What WHIP and WHEP have in common for who makes the offer (RFC 9725, draft-ietf-wish-whep): one session at a media
// server, made by POST, trickled to and restarted by PATCH, ended by DELETE.
import Backoff from "webrtc/device/backoff";
import Clock from "webrtc/device/clock";
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import guard from "webrtc/error/guard";
import type { Call, HTTPOptions, Response } from "webrtc/http/client";
import { resolveURL, type URLParts } from "webrtc/http/url";
import type {
	IceServer,
	SignalingCapabilities,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";
import { attributeOf, candidatesIn, composeFragment, restartedAnswer } from "webrtc/signaling/whip/description";
import parseLinks from "webrtc/signaling/whip/links";
import explain from "webrtc/signaling/whip/refusal";
import MediaServerRequests from "webrtc/signaling/whip/requests";
import { consistsOf, isVisible } from "webrtc/text";
import Timer from "timer";

export interface MediaServerOptions extends HTTPOptions {
	/** The endpoint: "https://media.example/live/whip". */
	url: string;
	/** Sent as "Authorization: Bearer …". To another host only over TLS. */
	token?: string | undefined;
	/** Whether candidates may follow the offer, where the server takes them. Default true. */
	trickle?: boolean | undefined;
	/** Whether the ICE servers that it names are used. Default true. */
	useLinks?: boolean | undefined;
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/** The one peer: the media server. */
export const serverId = "server";

const maximumRedirects = 5;
const maximumCandidates = 32;
const firstBackoff = 1_000; // ms
const lastBackoff = 30_000;
const stable = 30_000; // ms that a session lasts, and counts as a success
const sdpType = "application/sdp";
const fragmentType = "application/trickle-ice-sdpfrag";

interface Resource {
	/** undefined: the server has not named it; it can be neither patched nor deleted. */
	url: URLParts | undefined;
	etag: string | undefined;
	ufrag: string | undefined;
	/** Theirs. */
	description: string;
	/** Both have described themselves: candidates can follow. */
	isAgreed: boolean;
	since: number;
}

/**
 * Keeps a session at a media server: when it ends, or cannot be had, it is tried again. A status that stands for a mistake
 * (a wrong token, media that the server does not take) makes it fail.
 */
export default class MediaServerSignaling implements SignalingClient {
	readonly name: string;
	#role: SignalingRole;
	#options: MediaServerOptions;
	#requests: MediaServerRequests;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#iceServers: IceServer[] = [];
	#takesPatches: boolean | undefined; // undefined: it has not said
	#resource: Resource | undefined;
	#ours = ""; // the description of our side
	#candidates: string[] = []; // that wait for a PATCH
	#isAsked = false; // an offer is awaited
	#clock = new Clock();
	#backoff: Backoff;
	#timer: Timer | undefined;

	/** @throws TypeError that names the option */
	constructor(name: string, role: SignalingRole, options: MediaServerOptions) {
		const { token, random = Math.random } = options;
		this.name = name;
		this.#role = role;
		this.#options = options;
		this.#backoff = new Backoff(firstBackoff, lastBackoff, random);
		this.#requests = new MediaServerRequests(options.url, options);
		this.setToken(token);
	}

	get state(): SignalingState {
		return this.#state;
	}

	get iceServers(): readonly IceServer[] {
		return this.#iceServers;
	}

	/** Whether candidates can trickle is known when the server has been asked: before the offer. */
	get capabilities(): SignalingCapabilities {
		return { trickle: this.#options.trickle !== false && this.#takesPatches === true, reoffer: true };
	}

	get statistics(): MediaServerRequests["statistics"] {
		return this.#requests.statistics;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		if (role !== this.#role) throw new TypeError(`role: ${this.name.toUpperCase()} is for a ${this.#role}`);
		if (this.#state !== "new") throw this.error("closed", "connect can be called once");
		this.#handler = handler;
		this.setState("connecting");
		this.begin();
	}

	send(message: SignalingMessage): void {
		if (!this.#handler || this.#state === "failed") throw this.error("closed", "not connected");
		switch (message.type) {
			case "offer":
				return this.#resource ? this.restart(message.sdp) : this.post(message.sdp);
			case "answer":
				return this.answer(message.sdp);
			case "candidate":
				return this.trickle(message.candidate.candidate);
			case "bye":
			case "reject": // the session has ended here: another takes its place
				if (message.peerId === serverId) this.again(undefined);
		}
	}

	/** The server names them with each session. */
	refreshIceServers(): void {}

	close(): void {
		if (this.#state === "new") this.#state = "disconnected";
		if (!this.#handler) return;
		this.#handler = undefined;
		if (this.#state !== "failed") this.#state = "disconnected";
		this.forget();
		this.#requests.close();
	}

	/** A fault of this SDK: it ends the session, and another is made. */
	onException(error: WebRTCError): void {
		if (this.#state !== "failed") this.again(error);
	}

	/* A session */

	/** The server is asked first: for ICE servers, and for whether it takes candidates. What it cannot tell does not matter. */
	protected begin(): void {
		this.#isAsked = false;
		this.request(this.#requests.url, "OPTIONS", undefined, new Map(), (_error, response) => {
			this.learn(response);
			this.askForOffer();
		});
	}

	protected askForOffer(): void {
		this.#isAsked = true;
		this.#handler?.onMessage({ type: "offer-request", peerId: serverId });
	}

	/** @throws TypeError for what is no token */
	protected setToken(token: string | undefined): void {
		if (token !== undefined && !(typeof token === "string" && consistsOf(token, isVisible, 1, 2048)))
			throw new TypeError("token: 1 to 2048 visible ASCII characters");
		this.#requests.token = token;
	}

	private learn(response: Response | undefined): void {
		if (!response || response.status >= 300) return;
		const { headers } = response;
		const methods = headers.get("access-control-allow-methods");
		if (methods !== undefined) this.#takesPatches = methods.toUpperCase().includes("PATCH");
		if (headers.has("accept-patch")) this.#takesPatches = true;
		const links = headers.get("link");
		if (links === undefined || this.#options.useLinks === false) return;
		const servers = parseLinks(links);
		if (!servers.length) return;
		this.#iceServers = servers;
		this.#handler?.onIceServers(servers);
	}

	private post(sdp: string): void {
		if (!this.#isAsked) return; // it comes too late: another one was or will be asked for
		this.#isAsked = false;
		this.#ours = sdp;
		this.postTo(this.#requests.url, maximumRedirects);
	}

	/** A 307 leads to another server of the same service (RFC 9725 section 4.5). */
	private postTo(url: URLParts, redirects: number): void {
		const headers = new Map([
			["content-type", sdpType],
			["accept", sdpType],
		]);
		this.request(url, "POST", this.#ours, headers, (error, response) => {
			if (!response) return this.again(error);
			const { status, headers: reply, body } = response;
			const location = reply.get("location");
			if ((status === 307 || status === 308) && location !== undefined && redirects > 0) {
				const target = this.resolve(url, location);
				if (target) return this.postTo(target, redirects - 1);
			}
			const isDescribed = body.startsWith("v=0");
			if (status === 406 && isDescribed && this.#role === "viewer") return this.counterOffered(url, response);
			if (status !== 200 && status !== 201) return this.refused(response);
			if (!isDescribed) return this.again(this.error("service-failed", "the answer is no SDP"));
			this.answered(url, response);
		});
	}

	private answered(url: URLParts, response: Response): void {
		const resource = this.begun(url, response);
		resource.ufrag = attributeOf(this.#ours, "ice-ufrag");
		resource.isAgreed = true;
		this.setState("connected");
		this.#handler?.onMessage({ type: "answer", peerId: serverId, sdp: response.body });
		this.patch();
	}

	private begun(url: URLParts, response: Response): Resource {
		this.learn(response);
		const { headers, body } = response;
		const location = headers.get("location");
		return (this.#resource = {
			url: location === undefined ? undefined : this.resolve(url, location),
			etag: headers.get("etag"),
			ufrag: undefined,
			description: body,
			isAgreed: false,
			since: this.#clock.now,
		});
	}

	/**
	 * The server wants to make the offer itself (draft-ietf-wish-whep section 4.2): a session that answers takes the place of
	 * the one that has offered.
	 */
	private counterOffered(url: URLParts, response: Response): void {
		const { url: resource, description: sdp } = this.begun(url, response);
		this.#candidates.length = 0;
		if (!resource) return this.again(this.error("service-failed", "an offer without a place for the answer"));
		this.#handler?.onMessage({ type: "bye", peerId: serverId });
		this.#handler?.onMessage({ type: "offer", peerId: serverId, sdp });
	}

	private answer(sdp: string): void {
		const resource = this.#resource;
		if (!resource?.url || resource.isAgreed || this.#requests.isBusy) return; // it comes too late
		this.#ours = sdp;
		resource.ufrag = attributeOf(sdp, "ice-ufrag");
		this.request(resource.url, "PATCH", sdp, new Map([["content-type", sdpType]]), (error, response) => {
			if (!response) return this.again(error);
			if (response.status >= 300) return this.refused(response);
			resource.isAgreed = true;
			this.setState("connected");
			this.patch();
		});
	}

	private refused(response: Response): void {
		const { code, text, isPassing, delay } = explain(response);
		const error = this.error(code, text);
		if (isPassing) return this.again(error, delay);
		this.#handler?.onError(error);
		this.forget();
		this.setState("failed");
	}

	/* Candidates, and new credentials */

	private trickle(candidate: string): void {
		if (this.#options.trickle === false || this.#candidates.length >= maximumCandidates) return;
		this.#candidates.push(candidate);
		this.patch();
	}

	/** All that wait in one; those that come meanwhile go in the next. */
	private patch(): void {
		const resource = this.#resource;
		if (!resource?.url || !resource.isAgreed || this.#requests.isBusy || !this.#candidates.length) return;
		if (this.#takesPatches === false) {
			this.#candidates.length = 0;
			return;
		}
		const body = composeFragment(this.#ours, this.#candidates.splice(0));
		this.sendPatch(resource, body, resource.etag, (error, response) => {
			if (!response) this.#handler?.onError(error!);
			else if (response.status === 404)
				return this.again(this.error("rejected", "the server has ended the session"));
			else if (response.status >= 300) this.notPatched(response.status);
			this.patch();
		});
	}

	/** The peer's own checks may do: the session goes on. */
	private notPatched(status: number): void {
		if ([405, 415, 501].includes(status)) this.#takesPatches = false;
		else this.#handler?.onError(this.error("rejected", `candidates were refused with status ${status}`));
	}

	/** An offer in a session: its ICE is all that can be new (RFC 9725 section 4.3.3). */
	private restart(sdp: string): void {
		const resource = this.#resource!;
		const ufrag = attributeOf(sdp, "ice-ufrag");
		if (ufrag === resource.ufrag || !resource.url || !resource.isAgreed || this.#takesPatches === false) {
			const text =
				ufrag === resource.ufrag ? "a session cannot be renegotiated" : "ICE cannot be restarted there";
			return this.again(this.error("rejected", `${text}: another is made`));
		}
		this.#requests.cancel();
		this.#ours = sdp;
		this.#candidates.length = 0;
		this.sendRestart(resource, composeFragment(sdp, candidatesIn(sdp)), "*");
	}

	/** @param etag Janus's server takes no "*" without quotation marks */
	private sendRestart(resource: Resource, body: string, etag: "*" | '"*"'): void {
		this.sendPatch(resource, body, etag, (error, response) => {
			if (response?.status === 412 && etag === "*") return this.sendRestart(resource, body, '"*"');
			if (response?.status !== 200)
				return this.again(
					error ?? this.error("rejected", `an ICE restart was refused with status ${response!.status}`),
				);
			resource.ufrag = attributeOf(this.#ours, "ice-ufrag");
			resource.etag = response.headers.get("etag");
			try {
				resource.description = restartedAnswer(resource.description, response.body);
			} catch (cause) {
				return this.again(this.error("service-failed", "the answer to an ICE restart makes no sense", cause));
			}
			this.#handler?.onMessage({ type: "answer", peerId: serverId, sdp: resource.description });
			this.patch();
		});
	}

	private sendPatch(
		resource: Resource,
		body: string,
		etag: string | undefined,
		onDone: (error: WebRTCError | undefined, response?: Response) => void,
	): void {
		const headers = new Map([["content-type", fragmentType]]);
		if (etag !== undefined) headers.set("if-match", etag);
		this.request(resource.url!, "PATCH", body, headers, onDone);
	}

	/* The end of a session */

	/** Ends the session, and makes another after a while. @param least milliseconds that it takes, as the server wants it */
	protected again(error: WebRTCError | undefined, least = 0): void {
		const hadSession = this.#resource !== undefined;
		if (this.#resource && this.#clock.now - this.#resource.since >= stable) this.#backoff.reset();
		const isAnswering = this.#ours !== "";
		this.forget();
		const delay = Math.max(least, this.#backoff.next());
		this.#timer = Timer.set(
			guard(this, () => this.begin()),
			delay,
		);
		if (error) {
			const text = `${error.message}; the next attempt is in ${Math.ceil(delay / 1000)} s`;
			this.#handler?.onError(new WebRTCError(error.code, text, error.cause));
		}
		if (hadSession) this.setState("disconnected");
		this.setState("connecting");
		if (isAnswering && error) this.#handler?.onMessage({ type: "bye", peerId: serverId });
	}

	/** Ends what there is of a session, and tells the server. */
	private forget(): void {
		const url = this.#resource?.url;
		this.#requests.cancel();
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#resource = undefined;
		this.#ours = "";
		this.#isAsked = false;
		this.#candidates.length = 0;
		if (url) this.farewell(url);
	}

	protected farewell(url: URLParts): void {
		this.#requests.delete(url);
	}

	/* Tools */

	private request(
		url: URLParts,
		method: Call["method"],
		text: string | undefined,
		headers: Map<string, string>,
		onDone: (error: WebRTCError | undefined, response?: Response) => void,
	): void {
		this.#requests.send(url, method, text, headers, (error, response) =>
			onDone(error && this.error("connection-failed", error.message, error), response),
		);
	}

	private resolve(url: URLParts, location: string): URLParts | undefined {
		try {
			return resolveURL(url, location);
		} catch {
			this.#handler?.onError(this.error("service-failed", "a Location that is no URL"));
			return undefined;
		}
	}

	protected error(code: string, text: string, cause?: unknown): WebRTCError {
		return new WebRTCError(`signaling/${code}` as WebRTCErrorCode, `${this.name.toUpperCase()}: ${text}`, cause);
	}

	private setState(state: SignalingState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}
