// SPDX-License-Identifier: Apache-2.0
// A camera for the local network: the device serves a page, and its live picture and sound by WHEP.
import { audio, video } from "examples/media";
import report from "examples/report";
import simulator from "examples/simulator";
import viewers from "examples/viewers";
import * as settings from "lan-camera/settings";
import serve from "lan-camera/site";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media";
import WHEPSignaling from "webrtc/signaling/whep";

function onEvent({ type, peerId, error }: WebRTCAppEvent): void {
	const viewer = peerId ? ` viewer ${peerId.slice(0, 8)}` : "";
	if (error) trace(`${type}${viewer}: ${error.message} (${error.code})\n`);
	else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type}${viewer}\n`);
}

async function start(): Promise<void> {
	const signaling = new WHEPSignaling({ port: settings.port(), onRequest: serve });
	const app = new WebRTCApp({
		signaling,
		role: "master",
		port: settings.udpPort(),
		maximumSessions: viewers(),
		...defaultMedia({ video: video(), audio: audio() }),
		onEvent,
	});
	simulator?.onTerminate(() => app.terminate());
	await app.run();
	trace("The camera is live. Open it in a browser:\n");
	for (const address of app.addresses) trace(`  http://${address}:${signaling.port}/\n`);
	report(app, settings.reportInterval());
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
