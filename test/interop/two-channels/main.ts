// SPDX-License-Identifier: Apache-2.0
// Two devices in one program: the masters of two channels, each with a picture of its own.
import { kvsOptions } from "examples/kvs";
import simulator from "examples/simulator";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import KVSSignaling from "webrtc/signaling/kvs";

const names = Object.freeze(["front", "back"]);
const video = Object.freeze({ width: 640, height: 360, framerate: 15, bitrate: 500_000 });

export default function main(): void {
	const apps = names.map(
		(channelName) =>
			new WebRTCApp({
				signaling: new KVSSignaling({ ...kvsOptions(), channelName }),
				...defaultMedia({ video }),
				onEvent({ type, peerId, error }) {
					if (type === "peerConnected" || error)
						trace(`${channelName}: ${type} ${peerId ?? ""} ${error?.message ?? ""}\n`);
				},
			}),
	);
	simulator?.onTerminate(() => apps.forEach((app) => app.terminate()));
	Promise.all(apps.map((app) => app.run())).then(
		() => trace("both are live\n"),
		(error: Error) => {
			trace(`${error.message}\n`);
			simulator?.exit(1);
		},
	);
}
