// SPDX-License-Identifier: Apache-2.0
// Messages of Kinesis Video Streams: what the service passes on of any viewer.
import Base64 from "base64";
import type Mutator from "fuzz/mutator";
import { jsonParts, offers } from "fuzz/seeds";
import WebRTCError from "webrtc/error";
import type { SignalingMessage } from "webrtc/signaling";
import { maximumMessage, maximumPayload, parseMessage } from "webrtc/signaling/kvs/messages";
import Rejections from "webrtc/signaling/kvs/rejection";

const longestJSON = (maximumPayload / 4) * 3;

export default class FuzzedKVS {
	#rejections = new Rejections();
	taken = 0;
	refused = 0;

	/** Makes a message, and gives what is in it to `onMessage`. */
	message(mutator: Mutator, onMessage: (message: SignalingMessage) => void): void {
		const bytes = new Uint8Array(ArrayBuffer.fromString(this.#text(mutator)));
		if (bytes.length > maximumMessage) return;
		try {
			const incoming = parseMessage(bytes, "MASTER");
			this.taken++;
			if (incoming.kind !== "message") return;
			const { message } = incoming;
			if (message.type === "offer") this.#rejections.add(message.peerId, message.sdp);
			onMessage(message);
			if (mutator.random(2)) this.#rejections.take(message.peerId, { reason: "failed", message: "" });
		} catch (error) {
			if (!(error instanceof WebRTCError) || error.code !== "signaling/bad-message") throw error;
			this.refused++;
		}
	}

	#text(mutator: Mutator): string {
		if (mutator.random(8) === 0) return this.#flood(mutator, maximumMessage);
		const messagePayload = Base64.encode(ArrayBuffer.fromString(this.#payload(mutator)));
		const messageType = mutator.pick(["SDP_OFFER", "SDP_ANSWER", "ICE_CANDIDATE", "GO_AWAY", "X"]);
		const senderClientId = `viewer-${mutator.random(8)}`;
		const text = JSON.stringify({ messageType, senderClientId, messagePayload });
		if (mutator.random(8)) return text;
		const at = mutator.random(text.length);
		return text.slice(0, at) + this.#flood(mutator, maximumMessage - text.length) + text.slice(at);
	}

	#payload(mutator: Mutator): string {
		switch (mutator.random(4)) {
			case 0:
				return this.#flood(mutator, longestJSON);
			case 1: {
				const candidate = "candidate:1 1 udp 1 198.51.100.1 9 typ host";
				return JSON.stringify({
					candidate: mutator.lines([candidate], 1500).trim(),
					sdpMid: "0",
					sdpMLineIndex: 0,
				});
			}
			default:
				return JSON.stringify({ type: "offer", sdp: mutator.lines(mutator.pick(offers), longestJSON - 1000) });
		}
	}

	#flood(mutator: Mutator, longest: number): string {
		const part = mutator.pick(jsonParts);
		return (
			mutator.pick(["", "[", '{"a":[', '{"sdp":']) + mutator.many(part, longest) + mutator.pick(["", "0]", "0]}"])
		);
	}
}
