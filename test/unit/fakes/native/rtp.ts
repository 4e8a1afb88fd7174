// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

export default class RtpSender {
	#closed = false;

	constructor(readonly options: { codec: string; payloadType: number; ssrc: number }) {
		countNative(1);
	}

	statistics() {
		return {
			packetsSent: 1,
			bytesSent: 1,
			headerBytesSent: 12,
			framesSent: 1,
			keyFramesSent: 1,
			framesDropped: 0,
			pliCount: 0,
			firCount: 0,
			nackCount: 0,
			reportsReceived: 1,
			packetsLost: 0,
			fractionLost: 0,
			jitter: 0,
			roundTripTime: 0.001,
			totalRoundTripTime: 0.001,
			roundTripTimeMeasurements: 1,
		};
	}

	close(): void {
		if (!this.#closed) countNative(-1);
		this.#closed = true;
	}
}
