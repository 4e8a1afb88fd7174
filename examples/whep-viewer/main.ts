// SPDX-License-Identifier: Apache-2.0
// Plays from a media server, or from another device, by WHEP, counts what comes, and plays it.
import { flag, number, text } from "examples/config";
import { play, show } from "examples/media";
import received from "examples/received";
import simulator from "examples/simulator";
import trust from "examples/trust";
import Timer from "timer";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import WHEPClientSignaling, { serverId } from "webrtc/signaling/whep/client";

async function start(url: string): Promise<void> {
	const app = new WebRTCApp({
		signaling: new WHEPClientSignaling({ url, token: text("token"), trickle: flag("trickle"), ...trust() }),
		role: "viewer",
		...defaultMedia({ video: false, audio: false, play: play(), show: show() }),
		iceTransportPolicy: flag("relayOnly") ? "relay" : "all",
		port: number("udpPort", 0, 65535),
		logLevel: "info",
	});
	const timer = Timer.repeat(() => void received(app, serverId), (number("report") ?? 2) * 1000);
	simulator?.onTerminate(() => {
		Timer.clear(timer);
		app.terminate();
		return new Promise<void>((resolve) => Timer.set(() => resolve(), 500));
	});
	await app.run();
	trace(`Playing ${url}\n`);
}

export default function main(): void {
	const url = text("url");
	if (!url) {
		trace("url: a WHEP endpoint, such as http://localhost:8080/whep of lan-camera\n");
		simulator?.exit(2);
		return;
	}
	start(url).catch((error: Error) => {
		trace(`It cannot be played: ${error.message}\n`);
		simulator?.exit(1);
	});
}
