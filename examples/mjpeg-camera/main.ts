// SPDX-License-Identifier: Apache-2.0
// A camera for boards without an encoder for H.264: JPEG pictures by a data channel, unordered and for a short time each. There
// is no media.
import config from "mc/config";
import announce from "examples/announce";
import { number, password, text } from "examples/config";
import { answer } from "examples/files";
import simulator from "examples/simulator";
import linkSecret from "lan-camera/link";
import Camera from "mjpeg-camera/camera";
import Frames from "mjpeg-camera/frames";
import WebRTCApp from "webrtc/app";
import type { VideoSourceOptions } from "webrtc/native/capture";
import Pictures from "webrtc/pictures";
import WHEPSignaling from "webrtc/signaling/whep";

const defaultQueue = 1; // pictures that wait for each viewer: with more, all that come are older

function picture(): VideoSourceOptions {
	const [path, device] = [text("video"), text("camera")];
	const { media } = config as { media?: { video?: { source?: VideoSourceOptions["source"] } } };
	return {
		source: path ? "file" : device ? "camera" : (media?.video?.source ?? "test"),
		path: path ?? device,
		width: number("width", 16, 1920) ?? 640,
		height: number("height", 16, 1080) ?? 480,
		framerate: number("framerate", 1, 60) ?? 15,
		quality: number("quality", 1, 100) ?? 60,
		onError: (code, message) => trace(`the camera has stopped: ${message} (${code})\n`),
	};
}

async function start(): Promise<void> {
	const secret = linkSecret();
	const most = number("queue", 1, 8) ?? defaultQueue;
	const camera = new Camera(picture());
	const pictures = new Pictures({ source: camera });
	const signaling = new WHEPSignaling({
		port: number("port", 0, 65535) ?? 80,
		token: secret,
		password: password("cameraPassword"),
		guarded: ["/snapshot.jpg", "/stream.mjpg"],
		onRequest(request, respond) {
			if (request.path === "/snapshot.jpg") pictures.still(request, respond);
			else if (request.path === "/stream.mjpg") pictures.motion(request, respond);
			else answer(request, respond);
		},
	});
	const app = new WebRTCApp({
		signaling,
		role: "master",
		port: number("udpPort", 0, 65535) ?? 0,
		maximumSessions: number("viewers", 1, 5) ?? 3,
		data: {
			maxChannels: 1,
			maxMessageSize: 1024, // pages have nothing to say
			receiveQueue: 4096,
			streams: 16,
			sendQueue: 262_144,
			window: 32_768, // what is on its way when the network becomes slow comes late
			onOpen(peerId, channel) {
				camera.add(peerId, new Frames(channel, most));
			},
			onClose(peerId) {
				const frames = camera.remove(peerId);
				if (frames) trace(`${peerId.slice(0, 8)}: ${frames.sent} pictures, ${frames.dropped} left out\n`);
			},
		},
		onEvent({ type, peerId = "", error }) {
			if (error) trace(`${type} ${peerId.slice(0, 8)}: ${error.message} (${error.code})\n`);
			else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type} ${peerId.slice(0, 8)}\n`);
		},
	});
	simulator?.onTerminate(async () => {
		await app.terminate();
		camera.close();
	});
	await app.run();
	announce(app, signaling.port, secret, "The camera is live. Who has this address sees it:");
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
