// SPDX-License-Identifier: Apache-2.0
// A camera for Amazon Kinesis Video Streams: the master of a signaling channel, whose viewers may be anywhere.
import { number, text } from "examples/config";
import { kvsOptions, missing } from "examples/kvs";
import { audio, play, retransmission, show, video } from "examples/media";
import { answering } from "examples/messages";
import ViewerMetrics from "examples/metrics";
import report from "examples/report";
import simulator from "examples/simulator";
import viewers from "examples/viewers";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import KVSSignaling from "webrtc/signaling/kvs";

const shown: readonly string[] = Object.freeze([
	"signalingConnected",
	"signalingDisconnected",
	"peerConnected",
	"peerDisconnected",
]);

function onEvent({ type, peerId, error }: WebRTCAppEvent): void {
	const viewer = peerId ? ` viewer ${peerId}` : "";
	if (error) trace(`${type}${viewer}: ${error.message} (${error.code})\n`);
	else if (shown.includes(type)) trace(`${type}${viewer}\n`);
}

async function start(): Promise<void> {
	const begin = Date.now();
	const signaling = new KVSSignaling(kvsOptions());
	const metrics = new ViewerMetrics();
	const app = new WebRTCApp({
		signaling,
		role: "master",
		port: number("udpPort", 0, 65535),
		maximumSessions: viewers(),
		iceTransportPolicy: text("relayOnly") === "true" ? "relay" : "all",
		...defaultMedia({
			video: video(),
			audio: audio(),
			retransmission: retransmission(),
			play: play(),
			show: show(),
		}),
		data: answering,
		...metrics.options,
		onEvent,
	});
	simulator?.onTerminate(() => {
		metrics.stop();
		app.terminate();
	});
	await app.run();
	metrics.begin(app);
	const { httpRequests, httpConnections } = signaling.statistics;
	const cost = `${httpRequests} requests over ${httpConnections} connections, and a WebSocket`;
	trace(`The camera is live in the channel ${text("channelName")}. Ready after ${Date.now() - begin} ms: ${cost}.\n`);
	report(app, number("report") ?? 0);
}

export default function main(): void {
	const help = missing();
	if (help) {
		trace(`${help}\n`);
		simulator?.exit(2);
		return;
	}
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
