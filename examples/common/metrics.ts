// SPDX-License-Identifier: Apache-2.0
// Tells each viewer by a data channel how it is served: mc/config's `metrics` is the seconds between two messages of JSON.
import { number } from "examples/config";
import Timer from "timer";
import type WebRTCApp from "webrtc/app";
import type { DataOptions } from "webrtc/app";
import { printable } from "webrtc/device/json";
import { smallData } from "webrtc/peer";

const label = "metrics";
const times = ["describeTime", "gatherTime", "iceTime", "connectTime", "firstFrameTime"] as const;
const counters = ["framesSent", "keyFramesSent", "bytesSent", "nackCount", "pliCount"] as const;

export default class ViewerMetrics {
	#interval = number("metrics", 0, 3600) ?? 0;
	#timer: Timer | undefined;

	/** Spread it into the options of the app: the channel, which this side opens, or nothing. */
	get options(): { data?: DataOptions } {
		if (!this.#interval) return {};
		return {
			data: { ...smallData, control: label, onMessage: (peerId, channel, said) => hear(peerId, channel, said) },
		};
	}

	begin(app: WebRTCApp): void {
		if (!this.#interval) return;
		this.#timer = Timer.repeat(() => {
			for (const peerId of app.peers)
				tell(app, peerId).catch((error: Error) => trace(`metrics: ${error.message}\n`));
		}, this.#interval * 1000);
	}

	stop(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}
}

function hear(peerId: string, channel: { label: string }, said: string | ArrayBuffer): void {
	const text = typeof said === "string" ? printable(said.slice(0, 100)) : `${said.byteLength} bytes`;
	trace(`${printable(channel.label.slice(0, 40))} of ${peerId}: ${text}\n`);
}

/** Times of the session and of the signaling in milliseconds, counters of what leaves, the round trip in seconds. */
async function tell(app: WebRTCApp, peerId: string): Promise<void> {
	const connection = app.connection(peerId);
	if (connection?.connectionState !== "connected") return;
	const own = app.getStats();
	const message: Record<string, unknown> = {};
	for (const name of times) message[name] = own.get(`session:${peerId}`)?.[name];
	message["signalingTime"] = own.get("signaling")?.["connectTime"];
	for (const stats of (await connection.getStats()).values()) {
		if (stats.type === "candidate-pair" && stats["nominated"])
			message["roundTripTime"] = stats["currentRoundTripTime"];
		if (stats.type === "outbound-rtp" && stats["kind"] === "video")
			for (const name of counters) message[name] = stats[name];
	}
	try {
		app.sendData(peerId, label, JSON.stringify(message));
	} catch {
		return; // it is not open yet, too much waits, or the viewer takes no channels
	}
}
