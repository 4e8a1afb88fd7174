// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpSender. A track is a capture: it encodes once for all peers.
import WebRTCError from "webrtc/error";
import type { MediaCapture } from "webrtc/media";
import { randomBytes } from "webrtc/native/crypto";
import RtpSender, { type RtpSession } from "webrtc/native/rtp";
import type { MediaKind } from "webrtc/peer/negotiable";
import { capabilities, toCodec, type RTCRtpCapabilities, type RTCRtpCodec } from "webrtc/peer/preferences";
import {
	captureTimeExtension,
	idOf,
	midExtension,
	playoutDelayExtension,
	sendTimeExtension,
	transportSequenceExtension,
	type NegotiatedMedia,
} from "webrtc/sdp";

const longestMid = 15; // bytes that a one-byte header extension and the native sender have room for

/** What a connection is to its senders and transceivers. */
export interface TransceiverOwner {
	/** The stream that tracks belong to which are not said to belong to another. */
	readonly cname: string;
	/** What makes and sends the packets, once there is something negotiated. */
	readonly session: RtpSession | undefined;
	/** @throws WebRTCError "peer/closed" */
	checkOpen(method: string): void;
	/** Something that is negotiated has changed. */
	changed(): void;
	/** One operation after the other (W3C webrtc section 4.4.1.2). */
	chain<T>(method: string, operation: () => T): Promise<T>;
}

/** A group of tracks that play together; of a stream only its id counts. */
export interface StreamLike {
	readonly id: string;
}

/** W3C RTCRtpSendParameters, as far as they are there: one encoding, whose bitrate is the capture's, for all viewers. */
export interface RTCRtpSendParameters {
	/** Of the call that gave them. */
	transactionId: string;
	encodings: { active: boolean }[];
	codecs: (RTCRtpCodec & { payloadType: number })[];
	headerExtensions: { uri: string; id: number }[];
	rtcp: { cname: string; reducedSize: boolean };
}

/** What a capture may tell of its encoder: see native/codec. */
export interface EncoderCounters {
	targetBitrate?: number;
	width?: number;
	height?: number;
	framerate?: number;
	framesEncoded?: number;
	keyFramesEncoded?: number;
	encodeTime?: number;
}

/** What a sender that sends has to tell. */
export interface SenderActivity {
	media: NegotiatedMedia;
	statistics: ReturnType<RtpSender["statistics"]>;
	track: MediaCapture;
	encoder: EncoderCounters;
}

/** The native part, with what it was made for. It outlives a pause: an SSRC has one sequence of packets (RFC 3711 section 3.2.1). */
interface Output {
	readonly native: RtpSender;
	readonly payloadType: number;
	readonly codec: string;
	/** What the remote can take. */
	readonly parameters: string;
	/** What it sends now. */
	track: MediaCapture | null;
}

/** The sending half of a transceiver. */
export default class RTCRtpSender {
	readonly kind: MediaKind;
	/** RFC 3550 section 8.1: random, the same through renegotiations. */
	readonly ssrc: number;
	/** For the transceiver: it has stopped. */
	isOver = false;
	#owner: TransceiverOwner;
	#track: MediaCapture | null;
	#stream = "";
	#output: Output | undefined;
	#media: NegotiatedMedia | undefined; // as negotiated, when something may be sent
	#parameters: { active: boolean; transaction: number; isOut: boolean } | undefined; // when somebody has asked
	#hasSent = false;

	constructor(owner: TransceiverOwner, kind: MediaKind, track: MediaCapture | null) {
		this.#owner = owner;
		this.kind = kind;
		this.#track = track;
		this.ssrc = randomSsrc();
	}

	/** Of retransmissions (RFC 4588), which pictures have. */
	get rtxSsrc(): number | undefined {
		return this.kind === "video" ? (this.ssrc ^ 0x80000000) >>> 0 || 1 : undefined;
	}

	/** What can be sent of a kind; null for a kind that there is not. */
	static getCapabilities(kind: string): RTCRtpCapabilities | null {
		return capabilities(kind);
	}

	/** What it sends; null: nothing. */
	get track(): MediaCapture | null {
		return this.#track;
	}

	/** The id of the stream that its track belongs to. */
	get stream(): string {
		return this.#stream || this.#owner.cname;
	}

	/** Whether anything was ever negotiated for it. */
	get hasSent(): boolean {
		return this.#hasSent;
	}

	/** While it sends: what was negotiated, the counters of its native part, and its track with those of the encoder. */
	get activity(): SenderActivity | undefined {
		const [media, output] = [this.#media, this.#output];
		const track = output?.track;
		if (!media || !track) return undefined;
		const encoder: EncoderCounters | undefined = track.statistics()[output.codec];
		return { media, statistics: output.native.statistics(), track, encoder: encoder ?? {} };
	}

	/**
	 * Puts another track in the place of this one, without negotiation.
	 * @throws TypeError for a track of another kind; WebRTCError "peer/invalid-modification" for one that cannot be encoded
	 * as negotiated
	 */
	replaceTrack(track: MediaCapture | null): Promise<void> {
		return this.#owner.chain("replaceTrack", () => {
			if (track) checkTrack(track, this.kind);
			this.checkLive("replaceTrack");
			const codec = this.#media?.codec;
			if (track && codec && !track.codecs.some(({ name }) => name === codec.name))
				throw new WebRTCError("peer/invalid-modification", `replaceTrack: the track has no ${codec.name}`);
			this.#track = track;
			this.restart();
		});
	}

	/** Says which stream its track belongs to; of several the first counts. */
	setStreams(...streams: StreamLike[]): void {
		this.#stream = streams[0]?.id ?? "";
		this.#owner.changed();
	}

	getParameters(): RTCRtpSendParameters {
		const own = (this.#parameters ??= { active: true, transaction: 0, isOut: false });
		own.isOut = true;
		const codec = this.#media?.codec;
		return {
			transactionId: String(own.transaction),
			encodings: [{ active: own.active }],
			codecs: codec ? [{ ...toCodec({ ...codec, kind: this.kind }), payloadType: codec.payloadType }] : [],
			headerExtensions: (this.#media?.extensions ?? []).map(({ id, uri }) => ({ uri, id })),
			rtcp: { cname: this.#owner.cname, reducedSize: this.#media?.rtcpReducedSize ?? false },
		};
	}

	/**
	 * Takes what getParameters gave: `active` may be other than it was.
	 * @throws WebRTCError "peer/invalid-state" when getParameters was not called since, "peer/invalid-modification" when
	 * something else has changed
	 */
	setParameters(parameters: RTCRtpSendParameters): Promise<void> {
		return this.#owner.chain("setParameters", () => {
			this.checkLive("setParameters");
			const { transactionId, encodings, codecs, headerExtensions, rtcp } = parameters;
			if (!this.#parameters?.isOut)
				throw new WebRTCError("peer/invalid-state", "setParameters: getParameters comes first");
			const own = this.getParameters();
			const fixed = JSON.stringify([own.transactionId, own.codecs, own.headerExtensions, own.rtcp]);
			if (JSON.stringify([transactionId, codecs, headerExtensions, rtcp]) !== fixed || encodings?.length !== 1)
				throw new WebRTCError(
					"peer/invalid-modification",
					"setParameters: only encodings[0].active can change",
				);
			const { transaction } = this.#parameters;
			this.#parameters = { active: encodings[0]!.active, transaction: transaction + 1, isOut: false };
			this.restart();
		});
	}

	private checkLive(method: string): void {
		if (this.isOver) throw new WebRTCError("peer/invalid-state", `${method}: the transceiver has stopped`);
	}

	/** For the connection: another track, at once. */
	takeTrack(track: MediaCapture | null): void {
		this.#track = track;
		this.restart();
	}

	/** Begins to send as negotiated; without effect when it already does so. */
	start(media: NegotiatedMedia): void {
		this.#media = media;
		this.#hasSent = true;
		this.restart();
	}

	/** Sends nothing until start(). The peer gets no BYE: that would end the SSRC (RFC 3550 section 6.6). */
	pause(): void {
		this.#media = undefined;
		this.restart();
	}

	/** Stops sending for good; the peer gets a BYE. */
	stop(): void {
		this.pause();
		this.#output?.native.close();
		this.#output = undefined;
	}

	/** Makes what is sent agree with what is negotiated and wanted. */
	private restart(): void {
		const codec = this.#media?.codec;
		const wanted = codec && this.#parameters?.active !== false ? this.#track : null;
		const session = wanted ? this.#owner.session : undefined;
		const track = session ? wanted : null;
		const { track: former, codec: name, payloadType, parameters } = this.#output ?? {};
		const isSame = name === codec?.name && payloadType === codec?.payloadType && parameters === codec?.parameters;
		if (former && (former !== track || !isSame)) this.detach();
		if (!track || (former === track && isSame)) return;
		if (!isSame) this.format(session!);
		track.attach(this.#output!.native, codec!.name, codec!.parameters);
		this.#output!.track = track;
	}

	private detach(): void {
		const { track, native } = this.#output!;
		this.#output!.track = null;
		track!.detach(native);
	}

	/** The native part, made for the format, or changed to it. */
	private format(session: RtpSession): void {
		const { extensions, mid, codec, rtx } = this.#media!;
		const { name, payloadType, packetizationMode, parameters } = codec!;
		const options = {
			codec: name,
			payloadType,
			ssrc: this.ssrc,
			cname: this.#owner.cname,
			packetizationMode,
			mid: mid.length <= longestMid ? mid : undefined,
			midId: (mid && mid.length <= longestMid && idOf(extensions, midExtension)) || undefined,
			transportSequenceId: idOf(extensions, transportSequenceExtension) || undefined,
			sendTimeId: idOf(extensions, sendTimeExtension) || undefined,
			playoutDelayId: idOf(extensions, playoutDelayExtension) || undefined,
			captureTimeId: idOf(extensions, captureTimeExtension) || undefined,
			rtxSsrc: rtx === undefined ? undefined : this.rtxSsrc,
			rtxPayloadType: rtx,
		};
		if (this.#output) this.#output.native.change(options);
		const native = this.#output?.native ?? new RtpSender({ ...options, session });
		this.#output = { native, payloadType, codec: name, parameters, track: null };
	}
}

/** @throws TypeError for what is no capture, or one of another kind */
export function checkTrack(track: MediaCapture, kind?: MediaKind): MediaKind {
	if (typeof track?.attach !== "function" || (track.kind !== "audio" && track.kind !== "video"))
		throw new TypeError("track: a capture of audio or video");
	if (kind && track.kind !== kind) throw new TypeError(`track: ${kind}`);
	return track.kind;
}

function randomSsrc(): number {
	const ssrc = new DataView(randomBytes(4)).getUint32(0);
	if (!ssrc) throw new WebRTCError("transport/failed", "The platform's random source gives zeros.");
	return ssrc;
}
