// SPDX-License-Identifier: Apache-2.0
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

export class RtpSession {
	#closed = false;

	constructor(readonly srtp: object) {
		countNative(1);
	}

	statistics() {
		if (this.#closed) throw new TypeError("closed");
		return { availableBitrate: 1_234_567 };
	}

	close(): void {
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}

export default class RtpSender {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<RtpSender>();
	#closed = false;

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
		};
	}

	close(): void {
		RtpSender.open.delete(this);
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}
