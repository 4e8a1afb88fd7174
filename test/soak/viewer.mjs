// SPDX-License-Identifier: Apache-2.0
// A viewer without a browser: it plays a camera's WHEP endpoint, or whatever answers its offers, with node-datachannel and
// counts what comes.
// @ts-check
import nodeDataChannel from "node-datachannel";
import { asChromium } from "./chromium.mjs";
import { endSession } from "./end.mjs";

const videoType = 108; // what the camera chooses of Chromium's
const audioType = 111;

// libdatachannel has a race of its own, which a loaded machine loses: its ICE may be through before setRemoteDescription
// has stored the fingerprint, which then throws this.
const ownRace = "Got a remote candidate without ICE transport";
const attempts = 3;

/**
 * @typedef {object} Signaling
 * @property {(offer: string) => Promise<string>} exchange an offer for its answer
 * @property {() => Promise<unknown>} end tells the camera that the viewer goes
 * @property {() => void} [forget] the session that there was: it is not ended any more
 */

/** A viewer of one camera. */
export class Viewer {
	/** RTP packets of the picture so far. */
	packets = 0;
	/** Pictures so far, by their markers. */
	frames = 0;
	/** Sequence numbers that were left out. */
	lost = 0;
	/** When the newest picture ended, by performance.now(). */
	lastFrame = 0;
	connected = false;
	#sequence = -1;
	#signaling;
	/** @type {import("node-datachannel").PeerConnection | undefined} */
	#pc;
	/** @type {import("node-datachannel").Track[]} what is collected as garbage hears nothing more */
	#tracks = [];

	/** @param {string | Signaling} way the camera's address, "http://127.0.0.1:8080/", or another way to it */
	constructor(way) {
		this.#signaling = typeof way === "string" ? new WHEP(way) : way;
	}

	/**
	 * Makes a session, and waits until it is connected. It offers what Chromium offers, which is what a camera has to
	 * keep of a viewer.
	 * @param {{ offer?(sdp: string): string, answer?(sdp: string): string }} [change] what passes
	 * @param {number} [timeout] ms
	 */
	async open(change = {}, timeout = 10_000) {
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.#open(change, timeout);
			} catch (error) {
				await this.close().catch(() => undefined); // what has failed must not hold a place
				if (attempt === attempts || !(error instanceof Error && error.message.includes(ownRace))) throw error;
			}
		}
	}

	/** @param {{ offer?(sdp: string): string, answer?(sdp: string): string }} change @param {number} timeout ms */
	async #open(change, timeout) {
		const pc = new nodeDataChannel.PeerConnection("viewer", { iceServers: [] });
		this.#pc = pc;
		const gathered = new Promise((resolve) => {
			pc.onGatheringStateChange((state) => state === "complete" && resolve(undefined));
		});
		this.#addTracks(pc);
		pc.setLocalDescription();
		await gathered;
		const offer = asChromium(pc.localDescription()?.sdp ?? "");
		const answer = await this.#signaling.exchange(change.offer?.(offer) ?? offer);
		await this.#connect(pc, change.answer?.(answer) ?? answer, timeout);
	}

	/** @param {import("node-datachannel").PeerConnection} pc @param {string} answer @param {number} timeout ms */
	async #connect(pc, answer, timeout) {
		/** @type {NodeJS.Timeout | undefined} */
		let timer;
		try {
			await new Promise((resolve, reject) => {
				timer = setTimeout(() => reject(new Error(`viewer: not connected: ${pc.state()}`)), timeout);
				pc.onStateChange((state) => {
					this.connected = state === "connected";
					if (this.connected) resolve(undefined);
				});
				pc.setRemoteDescription(/** @type {any} */ (answer), /** @type {any} */ ("answer"));
			});
		} finally {
			clearTimeout(timer);
		}
	}

	/** Ends the session by the endpoint's DELETE, and the connection. */
	async close() {
		try {
			await this.#signaling.end();
		} finally {
			this.vanish();
		}
	}

	/** Leaves without a word to the endpoint. */
	vanish() {
		this.#signaling.forget?.();
		for (const track of this.#tracks.splice(0)) track.close();
		this.#pc?.close();
		this.#pc = undefined;
	}

	/** Waits for so many more pictures. @param {number} count @param {number} [timeout] ms */
	async watch(count, timeout = 10_000) {
		const until = this.frames + count;
		const deadline = performance.now() + timeout;
		while (this.frames < until) {
			if (performance.now() > deadline)
				throw new Error(`viewer: ${until - this.frames} of ${count} pictures are missing`);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** @param {import("node-datachannel").PeerConnection} pc */
	#addTracks(pc) {
		const video = new nodeDataChannel.Video("0", "RecvOnly");
		video.addH264Codec(videoType);
		const audio = new nodeDataChannel.Audio("1", "RecvOnly");
		audio.addOpusCodec(audioType);
		this.#tracks = [pc.addTrack(video), pc.addTrack(audio)];
		this.#tracks[0]?.onMessage((packet) => this.#count(packet));
	}

	/** @param {Buffer} packet */
	#count(packet) {
		if (packet.length < 12 || (packet[1] ?? 0) % 128 !== videoType) return; // RTCP comes this way, too
		const sequence = packet.readUInt16BE(2);
		if (this.#sequence >= 0) this.lost += (sequence - this.#sequence - 1 + 65536) % 65536;
		this.#sequence = sequence;
		this.packets++;
		if ((packet[1] ?? 0) < 128) return;
		this.frames++;
		this.lastFrame = performance.now();
	}
}

/** The camera's own endpoint. @implements {Signaling} */
class WHEP {
	#url;
	#session = "";

	/** @param {string} url */
	constructor(url) {
		this.#url = new URL("whep", url);
	}

	/** @param {string} offer */
	async exchange(offer) {
		const headers = { "content-type": "application/sdp" };
		const response = await fetch(this.#url, { method: "POST", headers, body: offer });
		const body = await response.text();
		if (response.status !== 201) throw new Error(`viewer: ${response.status} ${body}`);
		this.#session = new URL(response.headers.get("location") ?? "", this.#url).href;
		return body;
	}

	async end() {
		if (this.#session) await endSession(this.#session);
	}

	forget() {
		this.#session = "";
	}
}
