// SPDX-License-Identifier: Apache-2.0
import { currentTime } from "../moddable/clock";
import { countNative } from "./transport";

export interface Options {
	session: object;
	codec: string;
	payloadType: number;
	ssrc: number;
	cname: string;
	packetizationMode?: number;
	midId?: number;
	mid?: string;
}

/** What configureRetransmission was told last. */
export const retransmission = { bytes: NaN, milliseconds: NaN };

export function configureRetransmission(bytes: number, milliseconds: number): void {
	Object.assign(retransmission, { bytes, milliseconds });
}

export class RtpSession {
	#closed = false;

	constructor(readonly srtp: object) {
		countNative(1);
	}

	statistics() {
		if (this.#closed) throw new TypeError("closed");
		return { availableBitrate: 1_234_567, incomingBitrate: 2_345_678 };
	}

	close(): void {
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}

const firstFrame = 40; // ms after its sender was made

export default class RtpSender {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<RtpSender>();
	#closed = false;
	#startedAt = currentTime();

	constructor(public options: Options) {
		RtpSender.open.add(this);
		countNative(1);
	}

	change(options: Omit<Options, "session">): void {
		this.options = { ...options, session: this.options.session };
	}

	statistics() {
		return {
			packetsSent: 1,
			bytesSent: 2,
			headerBytesSent: 12,
			framesSent: 3,
			keyFramesSent: 4,
			framesDropped: 5,
			pliCount: 6,
			firCount: 7,
			nackCount: 8,
			reportsReceived: 9,
			packetsLost: 10,
			fractionLost: 0.11,
			jitter: 0.012,
			roundTripTime: 0.013,
			totalRoundTripTime: 0.014,
			roundTripTimeMeasurements: 15,
			retransmittedPacketsSent: 16,
			retransmittedBytesSent: 17,
			congested: 18,
			firstFrameAge: (currentTime() - this.#startedAt - firstFrame) / 1000,
		};
	}

	close(): void {
		RtpSender.open.delete(this);
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}

export class RtpReceiver {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<RtpReceiver>();

	constructor(
		public options: {
			session: object;
			formats: readonly { payloadType: number; codec: string; rtx?: number }[];
			sources?: readonly number[];
			ssrc: number;
			cname: string;
			midId?: number;
			mid?: string;
			nack?: boolean;
			pli?: boolean;
			reducedSize?: boolean;
			onActive?: (active: boolean) => void;
		},
	) {
		RtpReceiver.open.add(this);
		countNative(1);
	}

	change(options: Omit<RtpReceiver["options"], "session" | "onActive">): void {
		this.options = { ...this.options, ...options };
	}

	statistics() {
		return {
			ssrc: 77,
			payloadType: this.options.formats[0]!.payloadType,
			packetsReceived: 1,
			bytesReceived: 2,
			headerBytesReceived: 12,
			packetsDiscarded: 3,
			packetsLost: 4,
			jitter: 0.005,
			silence: 6,
			reportsSent: 7,
			reportsReceived: 8,
			remotePackets: 9,
			remoteBytes: 10,
			remoteTime: 11,
			retransmittedPacketsReceived: 12,
			retransmittedBytesReceived: 13,
			...(this.options.formats[0]!.codec === "H264" && {
				pictures: {
					framesReceived: 14,
					keyFramesReceived: 15,
					framesDropped: 16,
					framesLost: 17,
					nackCount: 18,
					pliCount: 19,
					firCount: 20,
				},
			}),
		};
	}

	close(): void {
		if (RtpReceiver.open.delete(this)) countNative(-1);
	}
}
