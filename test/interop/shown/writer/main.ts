// SPDX-License-Identifier: Apache-2.0
// A device whose pictures were encoded before: a program reads them from a file, one after the other. Who needs a key frame is given
// the next that is in the file, and what is before it is left out.
import LineSignaling from "interop/lines";
import Resource from "Resource";
import Timer from "timer";
import WebRTCApp from "webrtc/app";
import EncodedVideoSource from "webrtc/media/encoded";

const head = 5; // bytes before a frame: its size, and whether it is a key frame
const framerate = 10;

/** Frame by frame through the file. */
class Film {
	readonly source: EncodedVideoSource;
	#data = new Resource("film.bin");
	#at = 0; // bytes
	#number = 0;
	#needsKey = false;

	constructor() {
		this.source = new EncodedVideoSource({ framerate, onKeyFrameWanted: () => (this.#needsKey = true) });
		Timer.repeat(() => this.next(), 1000 / framerate);
	}

	private next(): void {
		for (;;) {
			if (this.#at >= this.#data.byteLength) return;
			const view = new DataView(this.#data.slice(this.#at, this.#at + head) as ArrayBuffer);
			const [size, isKey] = [view.getUint32(0), view.getUint8(4) === 1];
			const from = this.#at + head;
			this.#at = from + size;
			const number = this.#number++;
			if (this.#needsKey && !isKey) continue;
			const isGiven = this.source.write(this.#data.slice(from, from + size) as ArrayBuffer, isKey);
			if (isGiven) trace(`wrote ${number}${this.#needsKey ? ", as was wanted" : ""}\n`);
			this.#needsKey = false;
			return;
		}
	}
}

async function start(): Promise<void> {
	const signaling = new LineSignaling(() => undefined);
	const app = new WebRTCApp({
		signaling,
		videoCapture: new Film().source,
		onEvent({ type, peerId, error }) {
			if (peerId) signaling.tell(peerId, { type: "event", name: type, message: error?.message });
		},
	});
	globalThis.simulator?.onTerminate(() => app.terminate());
	await app.run();
	trace(`listening at ${signaling.port}\n`);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`${error.message}\n`);
		globalThis.simulator?.exit(1);
	});
}
