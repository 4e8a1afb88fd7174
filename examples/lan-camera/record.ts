// SPDX-License-Identifier: Apache-2.0
// Records to a file: from the beginning, or as lines at the simulator's terminal say.
import type WebRTCApp from "webrtc/app";
import type Recording from "webrtc/media/recording";

const help = "record FILE.mp4   begins to record\nstop              ends it\n";

export default class Record {
	#app: Pick<WebRTCApp, "record">;
	#recording: Recording | undefined;

	constructor(app: Pick<WebRTCApp, "record">) {
		this.#app = app;
	}

	/** @throws WebRTCError: the file cannot be written */
	begin(path: string): void {
		this.#recording = this.#app.record({ path, onError: ({ message }) => trace(`${message}\n`) });
		trace(`Recording to ${path}.\n`);
	}

	/** Does what a line says. */
	command(line: string): void {
		const [what, path] = line.split(" ").filter((word) => word !== "");
		try {
			if (what === "stop") this.stop().catch((error: Error) => trace(`${error.message}\n`));
			else if (what === "record" && path && !this.#recording) this.begin(path);
			else trace(this.#recording ? "It records already: stop ends it.\n" : help);
		} catch (error) {
			trace(`${(error as Error).message}\n`);
		}
	}

	private async stop(): Promise<void> {
		const recording = this.#recording;
		this.#recording = undefined;
		if (!recording) return trace("It does not record.\n");
		const { duration, frames, packets, framesDropped, bytes } = await recording.stop();
		trace(
			`Recorded ${duration.toFixed(1)} s, ${frames} pictures, ${packets} packets of sound, ${bytes} bytes; ${framesDropped} pictures left out.\n`,
		);
	}
}
