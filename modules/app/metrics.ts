// SPDX-License-Identifier: Apache-2.0
// What an application has measured of its signaling and its sessions, in the form of getStats.
import type { RTCStats } from "webrtc/peer/stats";
import type { SignalingClient, SignalingState } from "webrtc/signaling";

/** When something of a session happened: milliseconds of the application's clock. */
export interface SessionTimes {
	/** The session began: an offer came, or was to be made. */
	readonly startedAt: number;
	/** Its first description of ours was sent. */
	describedAt?: number | undefined;
	/** All its candidates were known. */
	gatheredAt?: number | undefined;
	/** ICE had selected its first pair. */
	reachedAt?: number | undefined;
	/** ICE and DTLS were through for the first time: the key frame is on its way. */
	connectedAt?: number | undefined;
	/** Its first picture left, or, where it sends none, its first sound. */
	readonly firstFrameAt?: number | undefined;
}

export default class Metrics {
	#startedAt = 0;
	#connectedAt: number | undefined;
	#disconnections = 0;
	#sent = 0;
	#received = 0;

	start(now: number): void {
		this.#startedAt = now;
	}
	sent(): void {
		this.#sent++;
	}
	received(): void {
		this.#received++;
	}
	signalingChanged(state: SignalingState, now: number): void {
		if (state === "connected") this.#connectedAt ??= now;
		else if (state === "disconnected") this.#disconnections++;
	}

	/**
	 * One entry of the type "signaling", and one of the type "session-timing" for each session. Times are milliseconds.
	 */
	report(signaling: SignalingClient, sessions: Iterable<readonly [string, SessionTimes]>): Map<string, RTCStats> {
		const timestamp = Date.now();
		const report = new Map<string, RTCStats>();
		const { name, state, statistics } = signaling;
		report.set("signaling", {
			...statistics,
			id: "signaling",
			type: "signaling",
			timestamp,
			name,
			state,
			connectTime: this.#connectedAt === undefined ? undefined : this.#connectedAt - this.#startedAt,
			disconnections: this.#disconnections,
			messagesSent: this.#sent,
			messagesReceived: this.#received,
		});
		for (const [peerId, times] of sessions) {
			const since = (time: number | undefined) => (time === undefined ? undefined : time - times.startedAt);
			report.set(`session:${peerId}`, {
				id: `session:${peerId}`,
				type: "session-timing",
				timestamp,
				peerId,
				describeTime: since(times.describedAt),
				gatherTime: since(times.gatheredAt),
				iceTime: since(times.reachedAt),
				connectTime: since(times.connectedAt),
				firstFrameTime: since(times.firstFrameAt),
			});
		}
		return report;
	}
}
