// SPDX-License-Identifier: Apache-2.0
// A WHEP client for browsers: one session, ended by close().

import { authorization, Locked } from "./secret.js";

/** The device has no place left; `retryAfter` is in seconds. */
export class Busy extends Error {
	constructor(message, retryAfter) {
		super(message);
		this.retryAfter = retryAfter;
	}
}

const answerTimeout = 10_000; // ms

export class WHEPSession {
	#endpoint;
	#location;
	#etag;
	#candidates = [];
	#closed = false;

	/**
	 * @param {string} endpoint where the offer is posted
	 * @param {(stream: MediaStream) => void} onStream
	 * @param {(state: RTCPeerConnectionState) => void} onState
	 */
	constructor(endpoint, onStream, onState) {
		this.#endpoint = endpoint;
		this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
		const stream = new MediaStream();
		this.pc.ontrack = ({ track, receiver }) => {
			stream.addTrack(track);
			// A camera is watched live: as little delay as the network allows.
			if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
			onStream(stream);
		};
		this.pc.onconnectionstatechange = () => onState(this.pc.connectionState);
		this.pc.onicecandidate = ({ candidate }) => this.#trickle(candidate);
	}

	/** Offers at once, without waiting for candidates: they follow. */
	async open() {
		this.pc.addTransceiver("video", { direction: "recvonly" });
		this.pc.addTransceiver("audio", { direction: "recvonly" });
		await this.pc.setLocalDescription();
		const response = await request(this.#endpoint, {
			method: "POST",
			headers: { "content-type": "application/sdp" },
			body: this.pc.localDescription.sdp,
			signal: AbortSignal.timeout(answerTimeout),
		});
		const text = await response.text();
		if (response.status === 401 || response.status === 429) throw new Locked(text.trim(), response);
		if (response.status === 503) throw new Busy(text.trim(), Number(response.headers.get("retry-after") ?? 10));
		if (response.status !== 201) throw new Error(text.trim() || `The device answered ${response.status}.`);
		this.#location = new URL(response.headers.get("location"), response.url);
		this.#etag = response.headers.get("etag");
		if (this.#closed) return this.#delete();
		await this.pc.setRemoteDescription({ type: "answer", sdp: text });
		this.#flush();
	}

	/** What the device says of this session, in words; undefined where it knows none. */
	async why() {
		if (!this.#location) return undefined;
		const id = this.#location.pathname.split("/").at(-1);
		const response = await request(new URL(`why/${id}`, document.baseURI)).catch(() => undefined);
		return response?.ok ? response.text() : undefined;
	}

	/** Ends the session, here and on the device; works while the page is left. */
	close() {
		if (this.#closed) return;
		this.#closed = true;
		this.pc.close();
		this.#delete();
	}

	#delete() {
		if (this.#location) request(this.#location, { method: "DELETE", keepalive: true }).catch(() => {});
	}

	#trickle(candidate) {
		if (candidate?.candidate) this.#candidates.push(candidate);
		if (this.#location) this.#flush();
	}

	/** All candidates that are there, in one PATCH (RFC 8840 section 9). */
	#flush() {
		const candidates = this.#candidates.splice(0);
		if (!candidates.length || this.#closed) return;
		const sdp = this.pc.localDescription.sdp;
		const lines = [/a=ice-ufrag:.*/.exec(sdp)[0], /a=ice-pwd:.*/.exec(sdp)[0]];
		for (const mid of new Set(candidates.map(({ sdpMid }) => sdpMid))) {
			lines.push("m=video 9 UDP/TLS/RTP/SAVPF 0", `a=mid:${mid}`);
			for (const { candidate } of candidates.filter(({ sdpMid }) => sdpMid === mid)) lines.push(`a=${candidate}`);
		}
		request(this.#location, {
			method: "PATCH",
			headers: { "content-type": "application/trickle-ice-sdpfrag", "if-match": this.#etag },
			body: lines.join("\r\n") + "\r\n",
		}).catch(() => {});
	}
}

/** With the secret; without the browser's own prompt for one. @param {string | URL} url @param {RequestInit} options */
function request(url, options = {}) {
	return fetch(url, { ...options, credentials: "omit", headers: { ...options.headers, ...authorization() } });
}
