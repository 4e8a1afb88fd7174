// SPDX-License-Identifier: Apache-2.0
// A peer by W3C's interface: for pages, which get this text, and for what has the same interface in Node.
// @ts-check

/**
 * What a section of an offer is for. "vp8": video without what the device has; "data": a data channel.
 * @typedef {"video" | "audio" | "vp8" | "data"} Wanted
 */
/**
 * What has come for one section. `count`: pictures that were decoded, or packets of sound.
 * @typedef {{ kind: string, ssrc: number, payloadType: number, count: number }} Received
 */
/**
 * The one way that media may take.
 * @typedef {{ urls: string[], username: string, credential: string }} Relay
 */
/**
 * A peer of the device. A section is named by its place.
 * @typedef {object} Agent
 * @property {(parameters: { sections: Wanted[], bundle?: string, relay?: Relay, trickles?: boolean }) => unknown} open
 * @property {(parameters?: object) => RTCIceCandidateInit[]} [candidates] those gathered since, when they trickle; the last is ""
 * @property {(parameters?: object) => Promise<string>} offer
 * @property {(parameters: { sdp: string }) => unknown} accept takes an answer
 * @property {(parameters: { sdp: string }) => Promise<string>} answer
 * @property {(parameters: { section: number, direction: string }) => unknown} direct
 * @property {(parameters: { section: number }) => unknown} stop
 * @property {(parameters: { kind: Wanted }) => unknown} add
 * @property {(parameters?: object) => unknown} restart
 * @property {(parameters?: object) => Received[] | Promise<Received[]>} received
 * @property {(parameters?: object) => Promise<string>} [way] the protocol of the pair that is selected
 * @property {(parameters?: object) => unknown} close
 */

/** @implements {Agent} */
export class W3CAgent {
	/** @type {RTCPeerConnection | undefined} */
	pc;
	/** @type {HTMLMediaElement[]} */
	players = [];
	trickles = false;
	/** @type {RTCIceCandidateInit[]} */
	gathered = [];

	/** @param {{ sections: Wanted[], bundle?: string, relay?: Relay, trickles?: boolean }} parameters */
	async open({ sections, bundle, relay, trickles = false }) {
		const pc = new globalThis.RTCPeerConnection({
			bundlePolicy: /** @type {any} */ (bundle ?? "balanced"),
			...(relay && { iceServers: [relay], iceTransportPolicy: "relay" }),
		});
		this.pc = pc;
		this.trickles = trickles;
		pc.onicecandidate = ({ candidate }) => this.gathered.push(candidate?.toJSON() ?? { candidate: "" });
		pc.ontrack = ({ track }) => this.play(track);
		for (const kind of sections) this.add({ kind });
	}

	/** @param {MediaStreamTrack} track */
	play(track) {
		if (!globalThis.document) return;
		const player = document.createElement("video");
		player.muted = true;
		player.srcObject = new MediaStream([track]);
		document.body.append(player);
		player.play().catch(() => undefined);
		this.players.push(player);
	}

	async offer() {
		return this.describe(await this.pc?.createOffer());
	}

	/** Takes its own description. @param {RTCSessionDescriptionInit | undefined} description @returns it with all candidates, or none when they trickle */
	async describe(description) {
		const pc = /** @type {RTCPeerConnection} */ (this.pc);
		await pc.setLocalDescription(description);
		if (this.trickles) return description?.sdp ?? "";
		while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
		return pc.localDescription?.sdp ?? "";
	}

	candidates() {
		return this.gathered.splice(0);
	}

	/** @param {{ sdp: string }} parameters */
	async accept({ sdp }) {
		await this.pc?.setRemoteDescription({ type: "answer", sdp });
	}

	/** @param {{ sdp: string }} parameters */
	async answer({ sdp }) {
		const pc = /** @type {RTCPeerConnection} */ (this.pc);
		await pc.setRemoteDescription({ type: "offer", sdp });
		return this.describe(await pc.createAnswer());
	}

	/** @param {{ section: number, direction: string }} parameters */
	direct({ section, direction }) {
		this.at(section).direction = /** @type {RTCRtpTransceiverDirection} */ (direction);
	}

	/** @param {{ section: number }} parameters */
	stop({ section }) {
		this.at(section).stop();
	}

	/** @param {{ kind: Wanted }} parameters */
	add({ kind }) {
		const pc = /** @type {RTCPeerConnection} */ (this.pc);
		if (kind === "data") {
			pc.createDataChannel("data"); // its section comes after those that are wanted when the offer is made
			return;
		}
		const media = kind === "audio" ? "audio" : "video";
		const transceiver = pc.addTransceiver(media, { direction: "recvonly" });
		if (kind !== "vp8") return;
		const known = globalThis.RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
		transceiver.setCodecPreferences(known.filter(({ mimeType }) => mimeType === "video/VP8"));
	}

	restart() {
		this.pc?.restartIce();
	}

	/** @returns {Promise<Received[]>} */
	async received() {
		const stats = [...((await this.pc?.getStats()) ?? new Map()).values()];
		return stats
			.filter(({ type }) => type === "inbound-rtp")
			.map(({ kind, ssrc, codecId, framesDecoded, packetsReceived }) => ({
				kind,
				ssrc,
				payloadType: stats.find(({ id }) => id === codecId)?.payloadType ?? -1,
				count: (kind === "video" ? framesDecoded : packetsReceived) ?? 0,
			}));
	}

	async way() {
		const stats = [...((await this.pc?.getStats()) ?? new Map()).values()];
		const pair =
			stats.find(({ id }) => stats.some(({ selectedCandidatePairId }) => selectedCandidatePairId === id)) ??
			stats.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded");
		return stats.find(({ id }) => id === pair?.localCandidateId)?.protocol ?? "";
	}

	close() {
		this.pc?.close();
		for (const player of this.players.splice(0)) player.remove();
	}

	/** The transceiver of a section of the description that is in force. @param {number} section */
	at(section) {
		const mids = [...(this.pc?.remoteDescription?.sdp ?? "").matchAll(/^a=mid:(.*?)\r?$/gm)].map(([, mid]) => mid);
		const found = this.pc?.getTransceivers().find(({ mid }) => mid === mids[section]);
		if (!found) throw new Error(`there is no section ${section}`);
		return found;
	}
}
