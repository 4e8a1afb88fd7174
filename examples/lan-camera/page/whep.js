// SPDX-License-Identifier: Apache-2.0
// A WHEP client for browsers: one session, ended by close().

import { askForCaptureTime } from "./clock.js";
import { iceServers } from "./links.js";
import { authorization, Locked } from "./secret.js";

/** The device has no place left; `retryAfter` is in seconds. */
export class Busy extends Error {
	constructor(message, retryAfter) {
		super(message);
		this.retryAfter = retryAfter;
	}
}

const answerTimeout = 10_000; // ms
const estimateTimeout = 900; // ms: it is asked for each second
const directTimeout = 1000; // ms for a path without the servers that the answer names

/** What the camera's last answer named: of use from the start to the next session. @type {RTCIceServer[]} */
let knownServers = [];

export class WHEPSession {
	#endpoint;
	#location;
	#etag;
	#answer;
	#candidates = [];
	#restarting = false;
	#closed = false;

	/**
	 * @param {string} endpoint where the offer is posted
	 * @param {(stream: MediaStream) => void} onStream
	 * @param {(state: RTCPeerConnectionState) => void} onState
	 */
	constructor(endpoint, onStream, onState) {
		this.#endpoint = endpoint;
		this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: knownServers });
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
		askForCaptureTime(this.pc.addTransceiver("video", { direction: "recvonly" }));
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
		this.#use(iceServers(response.headers.get("link")));
		await this.pc.setRemoteDescription({ type: "answer", sdp: text });
		this.#answer = text;
		this.#flush();
	}

	/**
	 * Finds the way to the camera anew, while media goes on by the former one: by new credentials alone (RFC 9725 section
	 * 4.3.3). Without effect while that is under way.
	 * @param {number} [timeout] ms
	 */
	async restart(timeout = answerTimeout) {
		if (this.#restarting || !this.#answer || this.#closed) return;
		this.#restarting = true;
		try {
			this.#candidates = []; // those of before
			this.pc.restartIce();
			await this.pc.setLocalDescription();
			const response = await this.#patch([], "*", AbortSignal.timeout(timeout));
			const fragment = await response.text();
			if (response.status !== 200) throw new Error(fragment.trim());
			this.#etag = response.headers.get("etag");
			this.#answer = renewed(this.#answer, fragment);
			await this.pc.setRemoteDescription({ type: "answer", sdp: this.#answer });
		} finally {
			this.#restarting = false;
		}
		this.#flush();
	}

	/** Servers that are told of too late for the offer's candidates: ICE gathers anew where it does without them. */
	#use(servers) {
		if (JSON.stringify(servers) === JSON.stringify(knownServers)) return;
		try {
			this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: servers });
		} catch (error) {
			return console.warn(`The camera names servers that this browser cannot use: ${error.message}`);
		}
		knownServers = servers;
		setTimeout(() => {
			if (this.pc.connectionState !== "connected") this.restart().catch(() => {});
		}, directTimeout);
	}

	/** What the device says of this session, in words; undefined where it knows none. */
	why() {
		return this.#ask("why");
	}

	/** What the device deems the way to carry, and what it makes of it; undefined where it does not say in time. */
	async estimate() {
		const text = await this.#ask("estimate", AbortSignal.timeout(estimateTimeout));
		return text === undefined ? undefined : JSON.parse(text);
	}

	async #ask(what, signal) {
		if (!this.#location) return undefined;
		const id = this.#location.pathname.split("/").at(-1);
		const response = await request(new URL(`${what}/${id}`, document.baseURI), { signal }).catch(() => undefined);
		return response?.ok ? response.text().catch(() => undefined) : undefined;
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
		if (this.#restarting || this.#closed || !this.#candidates.length) return;
		this.#patch(this.#candidates.splice(0)).catch(() => {});
	}

	#patch(candidates, match = this.#etag, signal) {
		const sdp = this.pc.localDescription.sdp;
		const lines = [/a=ice-ufrag:.*/.exec(sdp)[0], /a=ice-pwd:.*/.exec(sdp)[0]];
		for (const mid of new Set(candidates.map(({ sdpMid }) => sdpMid))) {
			lines.push("m=video 9 UDP/TLS/RTP/SAVPF 0", `a=mid:${mid}`);
			for (const { candidate } of candidates.filter(({ sdpMid }) => sdpMid === mid)) lines.push(`a=${candidate}`);
		}
		return request(this.#location, {
			method: "PATCH",
			headers: { "content-type": "application/trickle-ice-sdpfrag", "if-match": match },
			body: lines.join("\r\n") + "\r\n",
			signal,
		});
	}
}

/** An answer with the credentials and candidates of a fragment. @param {string} answer @param {string} fragment */
function renewed(answer, fragment) {
	const find = (name) => [...fragment.matchAll(new RegExp(`^a=${name}:.*`, "gm"))].map(([line]) => line.trim());
	const candidates = find("candidate");
	return answer
		.split("\r\n")
		.filter((line) => !line.startsWith("a=candidate:"))
		.flatMap((line) => {
			const [, name] = /^a=(ice-ufrag|ice-pwd):/.exec(line) ?? [];
			if (!name) return [line];
			return name === "ice-pwd" ? [find(name)[0], ...candidates.splice(0)] : find(name).slice(0, 1);
		})
		.join("\r\n");
}

/** With the secret; without the browser's own prompt for one. @param {string | URL} url @param {RequestInit} options */
function request(url, options = {}) {
	return fetch(url, { ...options, credentials: "omit", headers: { ...options.headers, ...authorization() } });
}
