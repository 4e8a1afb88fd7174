// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpSender. A track is a capture: it encodes once for all peers.
import WebRTCError from "webrtc/error";
import type { MediaCapture } from "webrtc/media";
import { randomBytes } from "webrtc/native/crypto";
import RtpSender from "webrtc/native/rtp";
import type Srtp from "webrtc/native/srtp";
import type { NegotiatedMedia } from "webrtc/sdp";

/** What a sender is sending, once negotiated. */
interface Activity {
	native: RtpSender;
	track: MediaCapture;
	media: NegotiatedMedia;
}

/** The sending half of a transceiver. */
export default class RTCRtpSender {
	/** RFC 3550 section 8.1: random, the same through renegotiations. */
	readonly ssrc: number;
	#track: MediaCapture | null;
	#activity: Activity | undefined;

	constructor(track: MediaCapture | null) {
		this.#track = track;
		this.ssrc = randomSsrc();
	}

	/** What it sends; null: nothing. */
	get track(): MediaCapture | null {
		return this.#track;
	}

	/** What was negotiated for it while it sends, and the counters of its native part. */
	get activity(): { media: NegotiatedMedia; statistics: ReturnType<RtpSender["statistics"]> } | undefined {
		const activity = this.#activity;
		return activity && { media: activity.media, statistics: activity.native.statistics() };
	}

	/** Begins to send as negotiated; without effect when it already does so. */
	start(srtp: Srtp, media: NegotiatedMedia, cname: string): void {
		const { track } = this;
		const codec = media.codec;
		if (!track || !codec) return;
		const current = this.#activity?.media;
		if (current?.codec?.payloadType === codec.payloadType && current.codec.name === codec.name) return;
		this.stop();
		const native = new RtpSender({
			srtp,
			codec: codec.name as "H264" | "opus" | "PCMU" | "PCMA", // of our own capabilities
			payloadType: codec.payloadType,
			clockRate: codec.clockRate,
			ssrc: this.ssrc,
			cname,
			packetizationMode: codec.packetizationMode === 1 ? 1 : 0,
			...(media.midExtensionId ? { midId: media.midExtensionId, mid: media.mid } : {}),
		});
		try {
			track.attach(native, codec.name);
		} catch (error) {
			native.close();
			throw error;
		}
		this.#activity = { native, track, media };
	}

	/** Stops sending; the peer gets a BYE. */
	stop(): void {
		const activity = this.#activity;
		this.#activity = undefined;
		if (!activity) return;
		activity.track.detach(activity.native);
		activity.native.close();
	}
}

function randomSsrc(): number {
	const ssrc = new DataView(randomBytes(4)).getUint32(0);
	if (!ssrc) throw new WebRTCError("transport/failed", "The platform's random source gives zeros.");
	return ssrc;
}
