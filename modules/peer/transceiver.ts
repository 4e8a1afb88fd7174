// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpTransceiver.
import { codecsOf, usualCodecsOf, type CodecCapability } from "webrtc/codec";
import WebRTCError from "webrtc/error";
import type { MediaCapture } from "webrtc/media";
import type { MediaKind, Negotiable } from "webrtc/peer/negotiable";
import { prefer, type RTCRtpCodec } from "webrtc/peer/preferences";
import RTCRtpReceiver from "webrtc/peer/receiver";
import RTCRtpSender, { type TransceiverOwner } from "webrtc/peer/sender";
import { receives, sends, type Direction, type Msid, type NegotiatedMedia } from "webrtc/sdp";

/** W3C webrtc section 5.4. */
export type RTCRtpTransceiverDirection = Direction | "stopped";

/** One media section of the session. */
export default class RTCRtpTransceiver implements Negotiable {
	readonly sender: RTCRtpSender;
	/** The media section's name, once it has one. */
	mid: string | null = null;
	agreed = "";
	/** Whether ontrack was told that the remote sends. */
	isReceiving = false;
	#owner: TransceiverOwner;
	#direction: Direction;
	#currentDirection: RTCRtpTransceiverDirection | null = null;
	#stopping = false;
	#receiver: RTCRtpReceiver | undefined; // for those who ask, and while something may come
	#preferences: readonly RTCRtpCodec[] | undefined;

	constructor(owner: TransceiverOwner, kind: MediaKind, track: MediaCapture | null, direction: Direction) {
		this.sender = new RTCRtpSender(owner, kind, track);
		this.#owner = owner;
		this.#direction = direction;
	}

	get kind(): MediaKind {
		return this.sender.kind;
	}

	get receiver(): RTCRtpReceiver {
		return (this.#receiver ??= new RTCRtpReceiver(this.#owner, this.kind, this.ssrc));
	}

	/** What its receiver does; undefined: nothing may come. */
	get receiving(): RTCRtpReceiver["activity"] {
		return this.#receiver?.activity;
	}

	/** What is wanted; it takes effect with the next negotiation. "stopped" after stop(). */
	get direction(): RTCRtpTransceiverDirection {
		return this.#stopping ? "stopped" : this.#direction;
	}

	/** @throws TypeError for what is no direction; WebRTCError "peer/invalid-state" after stop() */
	set direction(direction: Direction) {
		checkDirection(direction);
		if (this.#stopping) throw new WebRTCError("peer/invalid-state", "direction: the transceiver has stopped");
		if (direction === this.#direction) return;
		this.#direction = direction;
		this.#owner.changed();
	}

	/** As negotiated; null: not yet. */
	get currentDirection(): RTCRtpTransceiverDirection | null {
		return this.#currentDirection;
	}

	/** stop() was called, or its section has ended. */
	get stopping(): boolean {
		return this.#stopping;
	}

	get hasTrack(): boolean {
		return this.sender.track !== null;
	}

	/** In order of preference. */
	get codecs(): readonly CodecCapability[] {
		const { track } = this.sender;
		if (!this.#preferences) return track?.codecs ?? usualCodecsOf(this.kind);
		return prefer(track?.codecs ?? codecsOf(this.kind), this.#preferences);
	}

	get msid(): Msid {
		return { stream: this.sender.stream, track: `${this.kind}-${this.ssrc.toString(16)}` };
	}

	get ssrc(): number {
		return this.sender.ssrc;
	}

	get rtxSsrc(): number | undefined {
		return this.sender.rtxSsrc;
	}

	/**
	 * Which codecs to negotiate, in order of preference. Levels of H.264 are the encoder's affair and do not count.
	 * @param codecs of RTCRtpSender.getCapabilities; none: the usual ones, of pictures the track's or H.264
	 * @throws WebRTCError "peer/invalid-modification" for one that there is not
	 */
	setCodecPreferences(codecs: readonly RTCRtpCodec[]): void {
		if (codecs.length) prefer(this.sender.track?.codecs ?? codecsOf(this.kind), codecs);
		this.#preferences = codecs.length ? codecs.map((codec) => ({ ...codec })) : undefined;
		this.#owner.changed();
	}

	/**
	 * Sends nothing any more, at once; its section ends with the next negotiation. Can be called again without effect.
	 * @throws WebRTCError "peer/closed" on a closed connection
	 */
	stop(): void {
		this.#owner.checkOpen("stop");
		this.halt();
	}

	private halt(): void {
		if (this.#stopping) return;
		this.#stopping = this.sender.isOver = true;
		this.sender.stop();
		this.#receiver?.stop();
		this.#owner.changed();
	}

	/** For the connection: carries out what was negotiated for its section. */
	apply(media: NegotiatedMedia): void {
		if (this.#stopping) return;
		this.#currentDirection = media.direction;
		if (sends(media.direction)) this.sender.start(media);
		else this.sender.pause();
		if (receives(media.direction)) this.receiver.start(media);
		else this.#receiver?.pause();
	}

	/** For the connection: its section has ended. */
	end(): void {
		this.halt();
		this.mid = null;
		this.#currentDirection = "stopped";
	}
}

/** @throws TypeError for anything that is not a direction */
export function checkDirection(direction: unknown): Direction {
	if (direction === "sendrecv" || direction === "sendonly" || direction === "recvonly" || direction === "inactive")
		return direction;
	throw new TypeError('direction: "sendrecv", "sendonly", "recvonly" or "inactive"');
}
