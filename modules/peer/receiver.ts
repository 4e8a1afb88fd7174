// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpReceiver: what the remote sends in a section. What plays it takes it from here.
import type { MediaPlayer } from "webrtc/media";
import { RtpReceiver } from "webrtc/native/rtp";
import type { MediaKind } from "webrtc/peer/negotiable";
import { capabilities, type RTCRtpCapabilities } from "webrtc/peer/preferences";
import type { TransceiverOwner } from "webrtc/peer/sender";
import { idOf, midExtension, sendTimeExtension, transportSequenceExtension, type NegotiatedMedia } from "webrtc/sdp";

/** The remote's track. What plays it takes it by its receiver. */
export interface RemoteTrack {
	readonly kind: MediaKind;
	readonly id: string;
	/** Nothing comes at present: the remote has stopped to send, or has not begun. */
	muted: boolean;
	/** "ended" is for good: the transceiver has stopped. */
	readyState: "live" | "ended";
	/** Nothing comes any more, for now. */
	onmute?: (() => void) | null;
	/** It begins to come. */
	onunmute?: (() => void) | null;
}

/** W3C RTCRtpReceiver: what comes of one section. */
export default class RTCRtpReceiver {
	readonly track: RemoteTrack;
	#owner: TransceiverOwner;
	#ssrc: number;
	#native: RtpReceiver | undefined;
	#media: NegotiatedMedia | undefined; // as negotiated, while something may come
	#player: MediaPlayer | null = null;
	#isPlaying = false;

	/**
	 * @param ssrc under which this side reports: its sender's
	 */
	constructor(owner: TransceiverOwner, kind: MediaKind, ssrc: number) {
		this.#owner = owner;
		this.#ssrc = ssrc;
		this.track = { kind, id: `${kind}-${owner.cname}-${ssrc}`, muted: true, readyState: "live" };
	}

	/** What can be received of a kind; null for a kind that there is not. */
	static getCapabilities(kind: string): RTCRtpCapabilities | null {
		return capabilities(kind);
	}

	/** What plays it; null: nothing. Not W3C's. */
	get player(): MediaPlayer | null {
		return this.#player;
	}

	/**
	 * Plays what comes, now or as soon as something is negotiated; null: no longer. Not W3C's.
	 * @throws TypeError for a player of another kind
	 */
	play(player: MediaPlayer | null): void {
		if (player && player.kind !== this.track.kind) throw new TypeError(`player: ${this.track.kind}`);
		if (player === this.#player) return;
		this.halt();
		this.#player = player;
		this.restart();
	}

	/** What was negotiated for it while it receives, and the counters of what receives and of what plays. */
	get activity():
		{ media: NegotiatedMedia; statistics: ReturnType<RtpReceiver["statistics"]>; played: object } | undefined {
		const [media, native] = [this.#media, this.#native];
		if (!media || !native) return undefined;
		const played = (this.#isPlaying && this.#player?.statistics?.(native)) || {};
		return { media, statistics: native.statistics(), played };
	}

	/** For the transceiver: takes what comes as negotiated. */
	start(media: NegotiatedMedia): void {
		this.#media = media;
		const { formats, remoteSsrcs: sources, mid } = media;
		const midId = idOf(media.extensions, midExtension);
		const transportSequenceId = media.feedback.includes("transport-cc")
			? idOf(media.extensions, transportSequenceExtension)
			: 0;
		// Who has no transport-wide feedback is told what the way carries.
		const remb = !transportSequenceId && media.feedback.includes("goog-remb");
		const sendTimeId = remb ? idOf(media.extensions, sendTimeExtension) : 0;
		const { session, cname } = this.#owner;
		if (!session || !formats.length) return;
		const ids = {
			...(midId ? { midId } : {}),
			...(transportSequenceId ? { transportSequenceId } : {}),
			...(sendTimeId ? { sendTimeId } : {}),
		};
		const feedback = {
			nack: media.feedback.includes("nack"),
			pli: media.feedback.includes("nack pli"),
			fir: media.feedback.includes("ccm fir"),
			remb,
		};
		const reducedSize = media.rtcpReducedSize;
		const options = { formats, sources, ssrc: this.#ssrc, cname, mid, ...ids, ...feedback, reducedSize };
		if (this.#native) this.#native.change(options);
		else this.#native = new RtpReceiver({ ...options, session, onActive: (active) => this.tell(!active) });
		this.restart();
	}

	/** For the transceiver: nothing comes until start(). */
	pause(): void {
		this.#media = undefined;
		this.halt();
		this.#native?.close();
		this.#native = undefined;
		this.tell(true);
	}

	/** For the transceiver: nothing will come any more. */
	stop(): void {
		this.pause();
		this.#player = null;
		this.track.readyState = "ended";
	}

	private tell(muted: boolean): void {
		const { track } = this;
		if (track.muted === muted) return;
		track.muted = muted;
		if (muted) track.onmute?.();
		else track.onunmute?.();
	}

	private restart(): void {
		const [player, native, format] = [this.#player, this.#native, this.#media?.formats[0]];
		if (this.#isPlaying || !player || !native || !format) return;
		player.play(native, format.codec);
		this.#isPlaying = true;
	}

	private halt(): void {
		if (!this.#isPlaying) return;
		this.#isPlaying = false;
		this.#player!.stop(this.#native!);
	}
}
