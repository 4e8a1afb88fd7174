// SPDX-License-Identifier: Apache-2.0
// Who has come in as any peer does, by werift, and sends whatever bytes it likes under its session's keys.
// @ts-check
import assert from "node:assert/strict";
import { createCipheriv, createHmac } from "node:crypto";
import { RTCPeerConnection, RTCRtpCodecParameters, useSdesMid } from "werift";

const patience = 10_000; // ms
const tagSize = 10;

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @typedef {"H264" | "H265" | "VP8"} Pictures */
export const payloadTypes = Object.freeze({ H264: 96, H265: 98, VP8: 100, rtx: 97, opus: 111, PCMU: 0 });

/** @param {string} mimeType @param {number} payloadType @param {string} [parameters] */
function video(mimeType, payloadType, parameters) {
	const rtcpFeedback = [{ type: "nack" }, { type: "nack", parameter: "pli" }];
	const options = { mimeType, clockRate: 90000, payloadType, rtcpFeedback };
	return new RTCRtpCodecParameters(parameters ? { ...options, parameters } : options);
}

/** @param {Pictures} name */
function codecsOf(name) {
	const baseline = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
	return {
		video: [
			video(`video/${name}`, payloadTypes[name], name === "H264" ? baseline : undefined),
			video("video/rtx", payloadTypes.rtx, `apt=${payloadTypes[name]}`),
		],
		audio: [
			new RTCRtpCodecParameters({
				mimeType: "audio/opus",
				clockRate: 48000,
				channels: 2,
				payloadType: payloadTypes.opus,
			}),
			new RTCRtpCodecParameters({
				mimeType: "audio/PCMU",
				clockRate: 8000,
				channels: 1,
				payloadType: payloadTypes.PCMU,
			}),
		],
	};
}

export class Sender {
	/** Of the device's streams. @type {number[]} */
	theirs = [];
	/** The header extension of the section's name, and the names, by kind. */
	midId = 0;
	/** @type {Record<string, string>} */
	mids = {};
	/** Frames of the device that came. */
	frames = 0;
	/** Of the next packet, with how often its numbers have begun again. */
	number = 0;
	/** What its pictures are sent by. @type {number} */
	payloadType;
	#pc;

	/** @param {Pictures} pictures that it sends, or could */
	constructor(pictures) {
		const headerExtensions = { video: [useSdesMid()], audio: [useSdesMid()] };
		this.payloadType = payloadTypes[pictures];
		this.#pc = new RTCPeerConnection({ iceServers: [], codecs: codecsOf(pictures), headerExtensions });
	}

	/** @param {(offer: string) => Promise<string>} exchange */
	async open(exchange) {
		const pc = this.#pc;
		for (const kind of /** @type {const} */ (["audio", "video"]))
			pc.addTransceiver(kind, { direction: "sendrecv" });
		pc.onTrack.subscribe((track) => {
			if (track.kind === "video")
				track.onReceiveRtp.subscribe(({ header }) => void (this.frames += header.marker ? 1 : 0));
		});
		const offer = await pc.createOffer();
		for (const { connection } of pc.iceTransports) connection.stunServer = undefined;
		await pc.setLocalDescription(offer);
		const answer = await exchange(pc.localDescription?.sdp ?? "");
		this.theirs = [...answer.matchAll(/^a=ssrc:(\d+)/gm)].map(([, ssrc]) => Number(ssrc));
		this.midId = Number(/^a=extmap:(\d+) urn:ietf:params:rtp-hdrext:sdes:mid/m.exec(answer)?.[1] ?? 0);
		for (const section of answer.split(/^m=/m).slice(1)) {
			const kind = section.slice(0, 5);
			this.mids[kind] = /^a=mid:(.*)\r$/m.exec(section)?.[1] ?? "";
		}
		await pc.setRemoteDescription({ type: "answer", sdp: answer });
		const end = Date.now() + patience;
		while (pc.connectionState !== "connected") {
			if (Date.now() > end) throw new Error(`not connected: ${pc.connectionState}\n${answer}`);
			await sleep(20);
		}
		return this;
	}

	/**
	 * Seals a packet, be its header what it may (RFC 3711 section 3.1).
	 * @param {Buffer} packet @param {number} head bytes that stay as they are
	 * @param {number} [cycles] how often its numbers have begun again
	 */
	send(packet, head, cycles = 0) {
		const [transport] = this.#pc.dtlsTransports;
		const context = /** @type {any} */ (transport?.srtp.localContext);
		assert.equal(context?.profile, 1, "AES128_CM_SHA1_80");
		const counter = Buffer.alloc(16);
		packet.copy(counter, 4, 8, 12);
		counter.writeUInt32BE(cycles, 8);
		packet.copy(counter, 12, 2, 4);
		context.srtpSessionSalt.forEach((/** @type {number} */ byte, /** @type {number} */ i) => {
			counter[i] = (counter[i] ?? 0) ^ byte;
		});
		const cipher = createCipheriv("aes-128-ctr", context.srtpSessionKey, counter);
		const sealed = Buffer.concat([packet.subarray(0, head), cipher.update(packet.subarray(head))]);
		const turns = Buffer.alloc(4);
		turns.writeUInt32BE(cycles);
		const tag = createHmac("sha1", context.srtpSessionAuthTag).update(sealed).update(turns).digest();
		this.#transmit(Buffer.concat([sealed, tag.subarray(0, tagSize)]));
	}

	/** @param {Buffer} rtcp */
	say(rtcp) {
		const [transport] = this.#pc.dtlsTransports;
		this.#transmit(/** @type {any} */ (transport)?.srtcp.encrypt(rtcp));
	}

	/** @param {Buffer} datagram */
	#transmit(datagram) {
		const [transport] = this.#pc.iceTransports;
		transport?.connection.send(datagram).catch(() => undefined);
	}

	get isConnected() {
		return this.#pc.connectionState === "connected";
	}

	close() {
		return this.#pc.close();
	}
}
