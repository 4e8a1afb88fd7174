// SPDX-License-Identifier: Apache-2.0
// What WHIP and WHEP have in common for who makes the offer (RFC 9725, draft-ietf-wish-whep): one session at a media
// server, made by POST, trickled to and restarted by PATCH, ended by DELETE.
import Backoff from "webrtc/device/backoff";
import Clock from "webrtc/device/clock";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import type { HTTPOptions, Response } from "webrtc/http/client";
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
import { attributeOf } from "webrtc/signaling/whip/description";
import parseLinks from "webrtc/signaling/whip/links";
import Patches, { type Resource } from "webrtc/signaling/whip/patches";
import explain from "webrtc/signaling/whip/refusal";
import MediaServerRequests from "webrtc/signaling/whip/requests";
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
const firstBackoff = 1_000; // ms
const lastBackoff = 30_000;
const stable = 30_000; // ms that a session lasts, and counts as a success
const sdpType = "application/sdp";

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
	#resource: Resource | undefined;
	#ours = ""; // the description of our side
	#patches: Patches;
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
		this.#requests = new MediaServerRequests(name, options.url, options);
		this.#requests.token = token;
		this.#patches = new Patches(this.#requests, {
			onAnswer: (sdp) => this.#handler?.onMessage({ type: "answer", peerId: serverId, sdp }),
			onTrouble: (error) => this.#handler?.onError(error),
			onEnd: (error) => this.again(error),
		});
	}

	get state(): SignalingState {
		return this.#state;
	}

	get iceServers(): readonly IceServer[] {
		return this.#iceServers;
	}

	/** Whether candidates can trickle is known when the server has been asked: before the offer. */
	get capabilities(): SignalingCapabilities {
		const trickle = this.#options.trickle !== false && this.#patches.areTaken === true;
		return { trickle, reoffer: true, endOfCandidates: true };
	}

	/** A `Link` may come with the answer, where the server has named none before, or has others for each session. */
	get iceServersFollow(): boolean {
		return this.#options.useLinks !== false && this.capabilities.trickle && !this.#resource;
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
				return this.#resource ? this.restart(this.#resource, message.sdp) : this.post(message.sdp);
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
		this.#requests.send(this.#requests.url, "OPTIONS", undefined, new Map(), (_error, response) => {
			if (response) this.learn(response);
			this.askForOffer();
		});
	}

	protected askForOffer(): void {
		this.#isAsked = true;
		this.#handler?.onMessage({ type: "offer-request", peerId: serverId });
	}

	/** @throws TypeError for what is no token */
	protected setToken(token: string): void {
		this.#requests.token = token;
	}

	/** @returns whether it names ICE servers */
	private learn({ status, headers }: Response): boolean {
		if (status >= 300 && status !== 406) return false; // 406: the server makes the offer
		this.#patches.learn(headers);
		const links = headers.get("link");
		const servers = links === undefined || this.#options.useLinks === false ? [] : parseLinks(links);
		if (!servers.length) return false;
		this.#iceServers = servers;
		this.#handler?.onIceServers(servers);
		return true;
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
		this.#requests.send(url, "POST", this.#ours, headers, (error, response) => {
			if (!response) return this.again(error);
			const { status, headers: reply, body } = response;
			const location = reply.get("location");
			if ((status === 307 || status === 308) && location !== undefined)
				return this.redirected(url, location, redirects);
			const isDescribed = body.startsWith("v=0");
			if (status === 406 && isDescribed && this.#role === "viewer") return this.counterOffered(url, response);
			if (status !== 200 && status !== 201) return this.refused(response);
			if (!isDescribed) return this.again(this.error("service-failed", "the answer is no SDP"));
			this.answered(url, response);
		});
	}

	/** One that leads nowhere does so while a server is set up anew. */
	private redirected(url: URLParts, location: string, left: number): void {
		const target = resolve(url, location);
		if (target && left > 0) return this.postTo(target, left - 1);
		const where = target ? `more than ${maximumRedirects} times` : "to what is no URL";
		this.again(this.error("service-failed", `the server redirects ${where}`));
	}

	private answered(url: URLParts, response: Response): void {
		const resource = this.begun(url, response);
		resource.ufrag = attributeOf(this.#ours, "ice-ufrag");
		resource.isAgreed = true;
		this.setState("connected");
		this.#handler?.onMessage({ type: "answer", peerId: serverId, sdp: response.body });
		this.#patches.flush(resource);
	}

	private begun(url: URLParts, response: Response): Resource {
		const { headers, body } = response;
		const location = headers.get("location");
		const place = location === undefined ? undefined : resolve(url, location);
		if (location !== undefined && !place)
			this.#handler?.onError(this.error("service-failed", "a Location that is no URL"));
		const follow = this.iceServersFollow;
		const resource = (this.#resource = {
			url: place,
			etag: headers.get("etag"),
			ours: this.#ours,
			ufrag: undefined,
			theirs: body,
			isAgreed: false,
			since: this.#clock.now,
		});
		const isTold = this.learn(response);
		if (follow && !isTold) this.#handler?.onIceServers(this.#iceServers); // there are no others
		return resource;
	}

	/**
	 * The server wants to make the offer itself (draft-ietf-wish-whep section 4.2): a session that answers takes the place of
	 * the one that has offered.
	 */
	private counterOffered(url: URLParts, response: Response): void {
		const { url: resource, theirs: sdp } = this.begun(url, response);
		this.#patches.clear();
		if (!resource) return this.again(this.error("service-failed", "an offer without a place for the answer"));
		this.#handler?.onMessage({ type: "bye", peerId: serverId });
		this.#handler?.onMessage({ type: "offer", peerId: serverId, sdp });
	}

	private answer(sdp: string): void {
		const resource = this.#resource;
		if (!resource?.url || resource.isAgreed || this.#requests.isBusy) return; // it comes too late
		this.#ours = resource.ours = sdp;
		resource.ufrag = attributeOf(sdp, "ice-ufrag");
		this.#requests.send(resource.url, "PATCH", sdp, new Map([["content-type", sdpType]]), (error, response) => {
			if (!response) return this.again(error);
			if (response.status >= 300) return this.refused(response);
			resource.isAgreed = true;
			this.setState("connected");
			this.#patches.flush(resource);
		});
	}

	private refused(response: Response): void {
		const { code, text, isPassing, delay } = explain(response, this.#requests.token);
		const error = this.error(code, text);
		if (isPassing) return this.again(error, delay);
		this.#handler?.onError(error);
		this.forget();
		this.setState("failed");
	}

	private trickle(candidate: string): void {
		if (this.#options.trickle !== false) this.#patches.add(this.#resource, candidate);
	}

	/** An offer in a session: its ICE is all that can be new (RFC 9725 section 4.3.3). */
	private restart(resource: Resource, sdp: string): void {
		const isNew = attributeOf(sdp, "ice-ufrag") !== resource.ufrag;
		if (isNew && this.#patches.restart(resource, sdp)) {
			this.#ours = sdp;
			return;
		}
		const text = isNew ? "ICE cannot be restarted there" : "a session cannot be renegotiated";
		this.again(this.error("rejected", `${text}: another is made`));
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
		this.#patches.clear();
		if (url) this.farewell(url);
	}

	protected farewell(url: URLParts): void {
		this.#requests.delete(url);
	}

	/* Tools */

	protected error(code: string, text: string, cause?: unknown): WebRTCError {
		return this.#requests.error(code, text, cause);
	}

	private setState(state: SignalingState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#handler?.onStateChange(state);
	}
}

function resolve(url: URLParts, location: string): URLParts | undefined {
	try {
		return resolveURL(url, location);
	} catch {
		return undefined;
	}
}
