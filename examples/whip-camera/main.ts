// SPDX-License-Identifier: Apache-2.0
// A camera that publishes to a media server by WHIP: the server passes it on to any number of viewers.
import { flag, number, text } from "examples/config";
import { audio, retransmission, video } from "examples/media";
import report from "examples/report";
import simulator from "examples/simulator";
import trust from "examples/trust";
import Timer from "timer";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import WHIPSignaling, { serverId } from "webrtc/signaling/whip";

async function start(url: string): Promise<void> {
	const signaling = new WHIPSignaling({ url, token: text("token"), trickle: flag("trickle"), ...trust() });
	const app = new WebRTCApp({
		signaling,
		port: number("udpPort", 0, 65535),
		iceTransportPolicy: flag("relayOnly") ? "relay" : "all",
		maximumSessions: 1,
		logLevel: "info",
		...defaultMedia({ video: video(), audio: audio(), retransmission: retransmission() }),
	});
	const restart = number("restartIce");
	const timer = restart ? Timer.set(() => app.restartIce(serverId), restart * 1000) : undefined;
	simulator?.onTerminate(() => {
		Timer.clear(timer);
		app.terminate();
		// The server is told that it has ended.
		return new Promise<void>((resolve) => Timer.set(() => resolve(), 500));
	});
	await app.run();
	trace(`The camera is published at ${url}\n`);
	report(app, number("report") ?? 0);
}

export default function main(): void {
	const url = text("url");
	if (!url) {
		trace("url: the WHIP endpoint of a media server, such as http://localhost:8889/porch/whip\n");
		simulator?.exit(2);
		return;
	}
	start(url).catch((error: Error) => {
		trace(`The camera cannot be published: ${error.message}\n`);
		simulator?.exit(1);
	});
}
