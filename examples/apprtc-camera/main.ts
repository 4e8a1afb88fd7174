// SPDX-License-Identifier: Apache-2.0
// A camera in a room of AppRTC: who opens the room's page sees it. No account is needed.
import { flag, number, text } from "examples/config";
import { audio, play, retransmission, show, video } from "examples/media";
import report from "examples/report";
import simulator from "examples/simulator";
import trust from "examples/trust";
import Timer from "timer";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { printable } from "webrtc/device/json";
import { defaultMedia } from "webrtc/media/defaults";
import AppRTCSignaling from "webrtc/signaling/apprtc";
import listen from "./terminal";

const shown: readonly string[] = Object.freeze([
	"signalingConnected",
	"signalingDisconnected",
	"signalingJoined",
	"peerConnected",
	"peerDisconnected",
]);

function onEvent({ type, error, side, message }: WebRTCAppEvent): void {
	if (error) trace(`${type}: ${error.message} (${error.code})\n`);
	else if (message) trace(`${type}: ${printable(message.data)}\n`);
	else if (shown.includes(type)) trace(`${type}${side ? ` as ${side}` : ""}\n`);
}

async function start(): Promise<void> {
	const signaling = new AppRTCSignaling({ server: text("server"), room: text("room"), ...trust() });
	const app = new WebRTCApp({
		signaling,
		role: flag("viewer") ? "viewer" : "master",
		port: number("udpPort", 0, 65535),
		maximumSessions: 1, // a room is for two
		...defaultMedia({
			video: video(),
			audio: audio(),
			retransmission: retransmission(),
			play: play(),
			show: show(),
		}),
		onEvent,
	});
	let chatter: Timer | undefined;
	simulator?.onTerminate(() => {
		Timer.clear(chatter);
		app.terminate();
		// The service is told that it has left.
		return new Promise<void>((resolve) => Timer.set(() => resolve(), 500));
	});
	listen(signaling, app);
	trace(`Joining the room ${signaling.room}.\n`);
	await app.run();
	trace(`The camera is live at ${signaling.pageURL}\n`);
	const say = text("say");
	if (say) {
		const message = { type: "custom", peerId: signaling.room, kind: "", data: say } as const;
		chatter = Timer.repeat(() => app.sendMessage(message), 1000);
	}
	report(app, number("report") ?? 0);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
