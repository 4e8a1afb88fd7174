// SPDX-License-Identifier: Apache-2.0
// A viewer of an Amazon Kinesis Video Streams channel. It asks the master for video and audio, and counts what comes.
import { number, text } from "examples/config";
import { kvsOptions, missing } from "examples/kvs";
import simulator from "examples/simulator";
import Timer from "timer";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
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

/** Prints what has come since the connection was made. */
async function count(app: WebRTCApp): Promise<void> {
	const connection = app.connection(masterId);
	if (connection?.connectionState !== "connected") return;
	for (const stats of (await connection.getStats()).values())
		if (stats.type === "transport")
			trace(`received ${stats["packetsReceived"]} packets, ${stats["bytesReceived"]} bytes\n`);
}

async function start(): Promise<void> {
	const app = new WebRTCApp({
		signaling: new KVSSignaling(kvsOptions()),
		role: "viewer",
		port: number("udpPort", 0, 65535),
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
	timers.push(Timer.repeat(() => void count(app), (number("report") ?? 2) * 1000));
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
