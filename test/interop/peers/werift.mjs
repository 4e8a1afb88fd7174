// SPDX-License-Identifier: Apache-2.0
// werift as a peer: packets are counted.
// @ts-check
import { RTCPeerConnection, useH264, useOPUS, useVP8 } from "werift";
import { serve } from "./serve.mjs";

/** @typedef {import("./w3c.mjs").Wanted} Wanted */
/** @typedef {import("./w3c.mjs").Relay} Relay */

const codecs = { audio: [useOPUS()], video: [useH264(), useVP8()] };

/** @implements {import("./w3c.mjs").Agent} */
class WeriftAgent {
	/** @type {Map<number, import("./w3c.mjs").Received>} by SSRC */
	#received = new Map();
	#pc = new RTCPeerConnection({ codecs });
	#isRelayed = false;

	/** @param {{ sections: Wanted[], bundle?: string, relay?: Relay }} parameters */
	open({ sections, relay }) {
		if (relay) this.#relay(relay);
		this.#pc.onTrack.subscribe((track) => {
			track.onReceiveRtp.subscribe(({ header }) => this.#count(track.kind, header.ssrc, header.payloadType));
		});
		for (const kind of sections) this.add({ kind });
	}

	/** @param {Relay} relay */
	#relay({ urls, username, credential }) {
		const iceServers = urls.map((url) => ({ urls: url, username, credential }));
		void this.#pc.close();
		this.#pc = new RTCPeerConnection({ codecs, iceServers, iceTransportPolicy: "relay" });
		this.#isRelayed = true;
	}

	async offer() {
		return this.#describe(await this.#pc.createOffer());
	}

	/** @param {{ sdp: string }} parameters */
	async accept({ sdp }) {
		await this.#pc.setRemoteDescription({ type: "answer", sdp });
	}

	/** @param {{ sdp: string }} parameters */
	async answer({ sdp }) {
		await this.#pc.setRemoteDescription({ type: "offer", sdp });
		return this.#describe(await this.#pc.createAnswer());
	}

	/** @param {{ section: number, direction: any }} parameters */
	direct({ section, direction }) {
		this.#at(section).setDirection(direction);
	}

	/** @param {{ section: number }} parameters */
	stop({ section }) {
		this.#at(section).stop();
	}

	/** @param {{ kind: Wanted }} parameters */
	add({ kind }) {
		if (kind === "data") {
			this.#pc.createDataChannel("data");
			return;
		}
		const transceiver = this.#pc.addTransceiver(kind === "audio" ? "audio" : "video", { direction: "recvonly" });
		if (kind === "vp8") transceiver.codecs = [Object.assign(useVP8(), { payloadType: 120 })];
	}

	restart() {
		this.#pc.restartIce();
	}

	received() {
		return [...this.#received.values()];
	}

	close() {
		void this.#pc.close();
	}

	/** @param {string} kind @param {number} ssrc @param {number} payloadType */
	#count(kind, ssrc, payloadType) {
		const entry = this.#received.get(ssrc) ?? { kind, ssrc, payloadType, count: 0 };
		entry.payloadType = payloadType;
		entry.count++;
		this.#received.set(ssrc, entry);
	}

	/** Takes its own description. @param {import("werift").RTCSessionDescription} description @returns it with all candidates */
	async #describe(description) {
		// Where no STUN server is given it takes one of its choice, and waits 5 s when that is out of reach.
		if (!this.#isRelayed) for (const { connection } of this.#pc.iceTransports) connection.stunServer = undefined;
		await this.#pc.setLocalDescription(description);
		return this.#pc.localDescription?.sdp ?? "";
	}

	/** @param {number} section */
	#at(section) {
		const found = this.#pc.getTransceivers().find(({ mLineIndex }) => mLineIndex === section);
		if (!found) throw new Error(`there is no section ${section}`);
		return found;
	}
}

await serve(new WeriftAgent());
