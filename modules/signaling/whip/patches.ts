// SPDX-License-Identifier: Apache-2.0
// What goes to a session that is there, by PATCH: candidates that follow the offer, and new ICE credentials (RFC 9725
// section 4.3).
import type WebRTCError from "webrtc/error";
import type { Response } from "webrtc/http/client";
import type { URLParts } from "webrtc/http/url";
import { attributeOf, candidatesIn, composeFragment, restartedAnswer } from "webrtc/signaling/whip/description";
import type MediaServerRequests from "webrtc/signaling/whip/requests";

/** A session at a media server. */
export interface Resource {
	/** undefined: the server has not named it; it can be neither patched nor deleted. */
	url: URLParts | undefined;
	etag: string | undefined;
	/** Our description. */
	ours: string;
	/** Of the ICE that both have described. */
	ufrag: string | undefined;
	/** Their description. */
	theirs: string;
	/** Both have described themselves: candidates can follow. */
	isAgreed: boolean;
	/** Milliseconds of the owner's clock. */
	since: number;
}

/** Whose session it is. */
export interface PatchesOwner {
	/** What an answer to an offer with the new credentials would have been. */
	onAnswer(sdp: string): void;
	/** Something went wrong, and the session goes on. */
	onTrouble(error: WebRTCError): void;
	/** The session cannot go on. */
	onEnd(error: WebRTCError): void;
}

type Done = (error: WebRTCError | undefined, response?: Response) => void;

const maximumCandidates = 32;
const fragmentType = "application/trickle-ice-sdpfrag";

export default class Patches {
	/** Whether the server takes any; undefined: it has not said. */
	areTaken: boolean | undefined;
	#requests: MediaServerRequests;
	#owner: PatchesOwner;
	#candidates: string[] = []; // that wait

	constructor(requests: MediaServerRequests, owner: PatchesOwner) {
		this.#requests = requests;
		this.#owner = owner;
	}

	/** What a response says of it. */
	learn(headers: ReadonlyMap<string, string>): void {
		const methods = headers.get("access-control-allow-methods");
		if (methods !== undefined) this.areTaken = methods.toUpperCase().includes("PATCH");
		if (headers.has("accept-patch")) this.areTaken = true;
	}

	/** A candidate of our side, or "", their end: it goes when it can. @param resource undefined: there is no session yet */
	add(resource: Resource | undefined, candidate: string): void {
		if (candidate && this.#candidates.length >= maximumCandidates) return;
		this.#candidates.push(candidate);
		this.flush(resource);
	}

	/** All that wait in one; those that come meanwhile go in the next. */
	flush(resource: Resource | undefined): void {
		if (!resource?.url || !resource.isAgreed || this.#requests.isBusy || !this.#candidates.length) return;
		if (this.areTaken === false) return this.clear();
		const body = composeFragment(resource.ours, this.#candidates.splice(0));
		this.send(resource, body, resource.etag, (error, response) => {
			if (!response) this.#owner.onTrouble(error!);
			else if (response.status === 404) {
				this.#owner.onEnd(this.#requests.error("rejected", "the server has ended the session"));
				return;
			} else if (response.status >= 300) this.notTaken(response.status);
			this.flush(resource);
		});
	}

	/** Those that wait are of no more use. */
	clear(): void {
		this.#candidates.length = 0;
	}

	/**
	 * Renews ICE by the credentials of an offer.
	 * @returns false where that cannot be: the server has named no session, has no answer yet, or takes no PATCH
	 */
	restart(resource: Resource, sdp: string): boolean {
		if (!resource.url || !resource.isAgreed || this.areTaken === false) return false;
		this.#requests.cancel();
		this.clear();
		resource.ours = sdp;
		this.sendRestart(resource, composeFragment(sdp, candidatesIn(sdp)), "*");
		return true;
	}

	/** @param etag Janus's server takes no "*" without quotation marks */
	private sendRestart(resource: Resource, body: string, etag: "*" | '"*"'): void {
		this.send(resource, body, etag, (error, response) => {
			if (response?.status === 412 && etag === "*") return this.sendRestart(resource, body, '"*"');
			if (response?.status === 200) return this.restarted(resource, response);
			const text = `an ICE restart was refused with status ${response?.status}`;
			this.#owner.onEnd(error ?? this.#requests.error("rejected", text));
		});
	}

	private restarted(resource: Resource, { headers, body }: Response): void {
		resource.etag = headers.get("etag");
		resource.ufrag = attributeOf(resource.ours, "ice-ufrag");
		try {
			resource.theirs = restartedAnswer(resource.theirs, body);
		} catch (cause) {
			const text = "the answer to an ICE restart makes no sense";
			return this.#owner.onEnd(this.#requests.error("service-failed", text, cause));
		}
		this.#owner.onAnswer(resource.theirs);
		this.flush(resource);
	}

	/** The peer's own checks may do: the session goes on. */
	private notTaken(status: number): void {
		if ([405, 415, 501].includes(status)) this.areTaken = false;
		else this.#owner.onTrouble(this.#requests.error("rejected", `candidates were refused with status ${status}`));
	}

	private send(resource: Resource, body: string, etag: string | undefined, onDone: Done): void {
		const headers = new Map([["content-type", fragmentType]]);
		if (etag !== undefined) headers.set("if-match", etag);
		this.#requests.send(resource.url!, "PATCH", body, headers, onDone);
	}
}
