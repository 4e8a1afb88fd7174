// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpTransceiver.
import type { MediaCapture } from "webrtc/media";
import type Srtp from "webrtc/native/srtp";
import type { MediaKind, Negotiable } from "webrtc/peer/negotiable";
import RTCRtpSender from "webrtc/peer/sender";
import { h264, opus, pcma, pcmu, sends, type CodecCapability, type Msid, type NegotiatedMedia } from "webrtc/sdp";

export type RTCRtpTransceiverDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface TransceiverOptions {
	track: MediaCapture | null;
	direction: RTCRtpTransceiverDirection;
	/** The id of the stream that its track belongs to. */
	stream: string;
	/** Something that is negotiated has changed. */
	onChange(): void;
}

/** One media section of the session. */
export default class RTCRtpTransceiver implements Negotiable {
	readonly kind: MediaKind;
	readonly sender: RTCRtpSender;
	/** The media section's name, once it has one. */
	mid: string | null = null;
	/** As negotiated. */
	currentDirection: RTCRtpTransceiverDirection | null = null;
	#options: TransceiverOptions;
	#direction: RTCRtpTransceiverDirection;

	constructor(kind: MediaKind, options: TransceiverOptions) {
		this.kind = kind;
		this.sender = new RTCRtpSender(options.track);
		this.#options = options;
		this.#direction = options.direction;
	}

	/** What is wanted; it takes effect with the next negotiation. */
	get direction(): RTCRtpTransceiverDirection {
		return this.#direction;
	}

	set direction(direction: RTCRtpTransceiverDirection) {
		checkDirection(direction);
		if (direction === this.#direction) return;
		this.#direction = direction;
		this.#options.onChange();
	}

	get stopping(): boolean {
		return false;
	}

	get hasTrack(): boolean {
		return this.sender.track !== null;
	}

	get codecs(): readonly CodecCapability[] {
		return this.sender.track?.codecs ?? (this.kind === "video" ? [h264] : [opus, pcmu, pcma]);
	}

	get msid(): Msid {
		return { stream: this.#options.stream, track: `${this.kind}-${this.sender.ssrc.toString(16)}` };
	}

	get ssrc(): number {
		return this.sender.ssrc;
	}

	/** Carries out what was negotiated for its section. */
	apply(media: NegotiatedMedia, srtp: Srtp, cname: string): void {
		this.currentDirection = media.rejected ? "inactive" : media.direction;
		if (sends(this.currentDirection)) this.sender.start(srtp, media, cname);
		else this.sender.stop();
	}
}

/** @throws TypeError for anything that is not a direction */
export function checkDirection(direction: unknown): RTCRtpTransceiverDirection {
	if (direction === "sendrecv" || direction === "sendonly" || direction === "recvonly" || direction === "inactive")
		return direction;
	throw new TypeError('direction: "sendrecv", "sendonly", "recvonly" or "inactive"');
}
