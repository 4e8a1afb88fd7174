// SPDX-License-Identifier: Apache-2.0
// A viewer of an Amazon Kinesis Video Streams channel. It asks the master for video and audio, counts what comes, and plays it.
import { number, text } from "examples/config";
import { kvsOptions, missing } from "examples/kvs";
import { play, show } from "examples/media";
import { saying } from "examples/messages";
import received from "examples/received";
import simulator from "examples/simulator";
import Timer from "timer";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import KVSSignaling, { masterId } from "webrtc/signaling/kvs";

const patience = 10_000; // ms that a master has for an answer and a connection, before it is asked again

function onEvent({ type, error }: WebRTCAppEvent): void {
	if (error) trace(`${type}: ${error.message} (${error.code})\n`);
	else if (type.startsWith("signaling") || type.startsWith("peer") || type === "sentOffer") trace(`${type}\n`);
}

/** Makes an offer, and another one whenever there is no connection. */
function watch(app: WebRTCApp): void {
	const state = app.connection(masterId)?.connectionState;
	if (state === "connected" || state === "disconnected") return; // ICE decides about the latter
	if (state) app.disconnect(masterId);
	app.triggerOffer(masterId);
}

async function start(): Promise<void> {
	const message = text("say");
	const app = new WebRTCApp({
		signaling: new KVSSignaling(kvsOptions()),
		role: "viewer",
		...defaultMedia({ video: false, audio: false, play: play(), show: show() }),
		port: number("udpPort", 0, 65535),
		data: message ? saying(message) : undefined,
		onEvent,
	});
	const timers: Timer[] = [];
	simulator?.onTerminate(() => {
		for (const timer of timers) Timer.clear(timer);
		app.terminate();
	});
	await app.run();
	trace(`The viewer is in the channel ${text("channelName")}.\n`);
	watch(app);
	timers.push(Timer.repeat(() => watch(app), patience));
	timers.push(Timer.repeat(() => void received(app, masterId), (number("report") ?? 2) * 1000));
}

export default function main(): void {
	const help = missing();
	if (help) {
		trace(`${help}\n`);
		simulator?.exit(2);
		return;
	}
	start().catch((error: Error) => {
		trace(`The viewer cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
