// SPDX-License-Identifier: Apache-2.0
// The camera of the interop table: four devices in one program, of which one sends video, one audio, two both, one of
// them also by TCP.
import perform from "interop/commands";
import LineSignaling from "interop/lines";
import WebRTCApp from "webrtc/app";
import type { MediaCapture } from "webrtc/media";
import { defaultMedia } from "webrtc/media/defaults";

type Media = ReturnType<typeof defaultMedia>;

async function start(name: string, media: Media, captures: MediaCapture[], tcpPort?: number): Promise<WebRTCApp> {
	const signaling = new LineSignaling((peerId, command) => {
		try {
			perform(app, peerId, command, captures);
		} catch (error) {
			signaling.tell(peerId, { type: "event", name: "refused", message: (error as Error).message });
		}
	});
	const app = new WebRTCApp({
		signaling,
		maximumSessions: 16,
		tcpPort,
		...media,
		onEvent({ type, peerId, error }) {
			if (peerId) signaling.tell(peerId, { type: "event", name: type, message: error?.message });
			if (error) trace(`${name}: ${type} ${peerId ?? ""} ${error.message} (${error.code})\n`);
		},
	});
	await app.run();
	trace(`${name} at ${signaling.port}\n`);
	return app;
}

export default function main(): void {
	const media = defaultMedia({ video: { width: 320, height: 180, framerate: 15, bitrate: 300_000 } });
	const { videoCapture, audioCapture } = media;
	const captures = [videoCapture!, audioCapture!];
	const starting = [
		start("video", { videoCapture }, captures),
		start("audio", { audioCapture }, captures),
		start("both", media, captures),
		start("tcp", media, captures, 0),
	];
	Promise.all(starting).then(
		(apps) => {
			globalThis.simulator?.onTerminate(() => apps.forEach((app) => app.terminate()));
			trace("the devices are live\n");
		},
		(error: Error) => {
			trace(`${error.message}\n`);
			globalThis.simulator?.exit(1);
		},
	);
}
