// SPDX-License-Identifier: Apache-2.0
// A device that only listens, or watches: what its peers send goes to the file that "play" names.
import { number, text } from "examples/config";
import { play, show } from "examples/media";
import report from "examples/report";
import LineSignaling from "interop/lines";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";

const mostLevels = 20; // that are told

async function start(): Promise<void> {
	const codec = text("codec");
	const levels: number[] = [];
	const sound = play();
	const onLevel = (level: number) => void (levels.length < mostLevels && levels.push(level));
	const wanted = sound && { ...sound, levelInterval: 200, onLevel };
	const signaling = new LineSignaling((peerId, { verb }) => {
		if (verb === "stats") void tellStats(peerId);
		else app.disconnect(peerId);
	});
	const app = new WebRTCApp({
		signaling,
		...(codec ? { codecs: [codec] } : {}),
		...defaultMedia({ video: false, audio: false, play: wanted, show: show() }),
		onEvent({ type, peerId, error }) {
			if (peerId) signaling.tell(peerId, { type: "event", name: type, message: error?.message });
			if (error) trace(`${type} ${peerId ?? ""} ${error.message} (${error.code})\n`);
		},
	});
	async function tellStats(peerId: string): Promise<void> {
		const report = (await app.connection(peerId)?.getStats()) ?? new Map();
		signaling.tell(peerId, { type: "stats", stats: [...report.values()], levels });
	}
	globalThis.simulator?.onTerminate(() => app.terminate());
	await app.run();
	report(app, number("report") ?? 0);
	trace(`listening at ${signaling.port}\n`);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`${error.message}\n`);
		globalThis.simulator?.exit(1);
	});
}
