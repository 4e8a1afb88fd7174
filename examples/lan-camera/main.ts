// SPDX-License-Identifier: Apache-2.0
// A camera for the local network: the device serves a page, and its live picture and sound by WHEP.
import config from "mc/config";
import report from "report";
import serve from "site";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia, type AudioOptions, type VideoOptions } from "webrtc/media";
import WHEPSignaling from "webrtc/signaling/whep";

/** mc/config, which the command line can override: `npm start -- --port 9000`, or `mcconfig … port=9000`. */
interface Config {
	port: number;
	viewers: number;
	udpPort?: number;
	/** A media file to show instead of the camera. */
	video?: string;
	/** A camera other than the platform's own. */
	camera?: string;
	microphone?: string;
	width?: number;
	height?: number;
	framerate?: number;
	bitrate?: number;
	/** Seconds between reports of memory and of entries into JavaScript; 0: none. */
	report?: number;
}

const options = config as unknown as Config;

function videoOptions(): VideoOptions {
	const { width, height, framerate, bitrate } = options;
	const size = { width, height, framerate, bitrate };
	if (options.video) return { ...size, source: "file", path: options.video };
	if (options.camera) return { ...size, source: "camera", path: options.camera };
	return size;
}

function audioOptions(): AudioOptions {
	if (options.video) return { source: "file", path: options.video };
	if (options.microphone) return { source: "microphone", path: options.microphone };
	return {};
}

function onEvent({ type, peerId, error }: WebRTCAppEvent): void {
	const viewer = peerId ? ` viewer ${peerId.slice(0, 8)}` : "";
	if (error) trace(`${type}${viewer}: ${error.message} (${error.code})\n`);
	else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type}${viewer}\n`);
}

const signaling = new WHEPSignaling({ port: options.port, onRequest: serve });
const app = new WebRTCApp({
	signaling,
	role: "master",
	port: options.udpPort ?? 0,
	maximumSessions: options.viewers,
	...defaultMedia({ video: videoOptions(), audio: audioOptions() }),
	onEvent,
});

export default async function main(): Promise<void> {
	await app.run();
	trace("The camera is live. Open it in a browser:\n");
	for (const address of app.addresses) trace(`  http://${address}:${signaling.port}/\n`);
	if (options.report) report(app, options.report);
}
