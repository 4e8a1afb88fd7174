// SPDX-License-Identifier: Apache-2.0
// The camera of the interop table: four devices in one program, of which one sends video, one audio, two both, one of
// them also by TCP, either way.
import config from "mc/config";
import perform from "interop/commands";
import LineSignaling from "interop/lines";
import WebRTCApp from "webrtc/app";
import type { MediaCapture } from "webrtc/media";
import { defaultMedia } from "webrtc/media/defaults";

/** Where the configuration names a relay, it is the one way. */
const relay = config.relay
	? {
			iceServers: [
				{
					urls: String(config.relay),
					username: String(config.username),
					credential: String(config.credential),
				},
			],
			iceTransportPolicy: "relay" as const,
		}
	: {};

/** Where the configuration wants it, names stand in place of addresses. */
const named = config.names ? { hostCandidates: "names" as const } : {};

type Media = ReturnType<typeof defaultMedia>;

/** What the selected pair is made of. */
async function tellPair(app: WebRTCApp, signaling: LineSignaling, peerId: string): Promise<void> {
	const report = await app.connection(peerId)?.getStats();
	const pair = report?.get(String(report.get("T0")?.selectedCandidatePairId));
	const [local, remote] = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => report?.get(String(id)));
	signaling.tell(peerId, {
		type: "pair",
		local: local?.candidateType,
		remote: remote?.candidateType,
		tcpType: local?.tcpType,
	});
}

async function start(name: string, media: Media, captures: MediaCapture[], tcpPort?: number): Promise<WebRTCApp> {
	const signaling = new LineSignaling((peerId, command) => {
		try {
			if (command.verb === "pair") void tellPair(app, signaling, peerId);
			else perform(app, peerId, command, captures);
		} catch (error) {
			signaling.tell(peerId, { type: "event", name: "refused", message: (error as Error).message });
		}
	});
	const app = new WebRTCApp({
		signaling,
		maximumSessions: 16,
		tcpPort,
		tcpActive: tcpPort !== undefined,
		...media,
		...relay,
		...named,
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
	// H.264 alone, so that there is something that peers offer in vain.
	Object.assign(videoCapture!, { codecs: videoCapture!.codecs.filter(({ name }) => name === "H264") });
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
