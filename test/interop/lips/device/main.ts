// SPDX-License-Identifier: Apache-2.0
// A device that prints when marks are seen and heard in what it plays. With "sends" it plays nothing, and sends its own test card
// ("video") or beeps ("audio").
import { text } from "examples/config";
import LineSignaling from "interop/lines";
import Marks from "interop/marks";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import NativeAudioPlayer from "webrtc/media/player";
import NativeVideoPlayer from "webrtc/media/screen";

async function start(): Promise<void> {
	const codec = text("codec");
	const sends = text("sends");
	const card = { width: 640, height: 480, framerate: 20, bitrate: 800_000 };
	const media = defaultMedia({
		video: sends === "video" ? card : false,
		audio: sends === "audio" ? {} : false,
	});
	const [heard, seen] = [new Marks(), new Marks()];
	if (!sends) {
		const [sound, pictures] = [new NativeAudioPlayer(), new NativeVideoPlayer()];
		sound.tap(heard);
		pictures.tap(seen);
		Object.assign(media, { audioPlayer: sound, videoPlayer: pictures });
	}
	const signaling = new LineSignaling((peerId, { verb }) => {
		if (verb === "stats") void tellStats(peerId);
		else if (verb === "offer") app.triggerOffer(peerId);
		else app.disconnect(peerId);
	});
	const app = new WebRTCApp({
		signaling,
		...(codec ? { codecs: [codec] } : {}),
		...media,
		onEvent({ type, peerId, error }) {
			if (peerId) signaling.tell(peerId, { type: "event", name: type, message: error?.message });
			if (error) trace(`${type} ${peerId ?? ""} ${error.message} (${error.code})\n`);
		},
	});
	async function tellStats(peerId: string): Promise<void> {
		const report = (await app.connection(peerId)?.getStats()) ?? new Map();
		signaling.tell(peerId, { type: "stats", stats: [...report.values()] });
	}
	globalThis.simulator?.onTerminate(() => {
		app.terminate();
		heard.close();
		seen.close();
	});
	await app.run();
	trace(`listening at ${signaling.port}\n`);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`${error.message}\n`);
		globalThis.simulator?.exit(1);
	});
}
