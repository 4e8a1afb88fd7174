// SPDX-License-Identifier: Apache-2.0
// libdatachannel in Node (node-datachannel) as a peer: packets are counted.
// @ts-check
import nodeDataChannel from "node-datachannel";
import { serve } from "./serve.mjs";

/** @typedef {import("./w3c.mjs").Wanted} Wanted */
/** @typedef {import("./w3c.mjs").Relay} Relay */

const payloadTypes = Object.freeze({ video: 102, vp8: 103, audio: 111 });

/** @param {import("node-datachannel").RtcConfig} configuration */
const connection = (configuration) =>
	new nodeDataChannel.PeerConnection("peer", { ...configuration, disableAutoNegotiation: true });

/** @param {string} url of a server over UDP @param {Relay} relay @returns {import("node-datachannel").IceServer} */
function server(url, { username, credential }) {
	const [, hostname = "", port] = /^turn:(.*):(\d+)/.exec(url) ?? [];
	return { hostname, port: Number(port), username, password: credential, relayType: "TurnUdp" };
}

/** @implements {import("./w3c.mjs").Agent} */
class DataChannelAgent {
	/** @type {Map<number, import("./w3c.mjs").Received>} by SSRC */
	#received = new Map();
	#pc = connection({ iceServers: [] });
	/** @type {import("node-datachannel").Track[]} what is collected as garbage hears nothing more */
	#tracks = [];
	/** @type {unknown[]} */
	#channels = [];

	/** @param {{ sections: Wanted[], relay?: Relay }} parameters */
	open({ sections, relay }) {
		if (relay) {
			this.#pc.close();
			this.#pc = connection({
				iceServers: relay.urls.map((url) => server(url, relay)),
				iceTransportPolicy: "relay",
			});
		}
		this.#pc.onTrack((track) => this.#listen(track));
		for (const kind of sections) this.add({ kind });
	}

	offer() {
		return this.#describe("offer");
	}

	/** @param {{ sdp: string }} parameters */
	accept({ sdp }) {
		this.#pc.setRemoteDescription(sdp, "answer");
	}

	/** @param {{ sdp: string }} parameters */
	answer({ sdp }) {
		this.#pc.setRemoteDescription(sdp, "offer");
		return this.#describe("answer");
	}

	direct() {
		throw new Error("a track has no other direction");
	}

	/** @param {{ section: number }} parameters */
	stop({ section }) {
		const mid = [...(this.#pc.remoteDescription()?.sdp ?? "").matchAll(/^a=mid:(.*?)\r?$/gm)][section]?.[1];
		const track = this.#tracks.find((one) => one.mid() === mid);
		if (!track) throw new Error(`there is no section ${section}`);
		track.close();
	}

	/** @param {{ kind: Wanted }} parameters */
	add({ kind }) {
		const mid = String(this.#tracks.length + this.#channels.length);
		if (kind === "data") {
			this.#channels.push(this.#pc.createDataChannel("data"));
			return;
		}
		const media =
			kind === "audio" ? new nodeDataChannel.Audio(mid, "RecvOnly") : new nodeDataChannel.Video(mid, "RecvOnly");
		if (media instanceof nodeDataChannel.Audio) media.addOpusCodec(payloadTypes.audio);
		else if (kind === "vp8") media.addVP8Codec(payloadTypes.vp8);
		else media.addH264Codec(payloadTypes.video);
		this.#listen(this.#pc.addTrack(media));
	}

	restart() {
		throw new Error("there is no ICE restart");
	}

	received() {
		return [...this.#received.values()];
	}

	close() {
		for (const track of this.#tracks) track.close();
		this.#pc.close();
	}

	/** @param {import("node-datachannel").Track} track */
	#listen(track) {
		this.#tracks.push(track);
		track.onMessage((packet) => {
			const type = (packet[1] ?? 0) % 128;
			if (packet.length < 12 || (type >= 64 && type < 96)) return; // RTCP comes this way, too (RFC 5761 section 4)
			const ssrc = packet.readUInt32BE(8);
			const entry = this.#received.get(ssrc) ?? { kind: track.type(), ssrc, payloadType: type, count: 0 };
			entry.payloadType = type;
			entry.count++;
			this.#received.set(ssrc, entry);
		});
	}

	/** @param {"offer" | "answer"} type */
	async #describe(type) {
		this.#pc.setLocalDescription(type);
		while (this.#pc.gatheringState() !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
		return this.#pc.localDescription()?.sdp ?? "";
	}
}

await serve(new DataChannelAgent());
