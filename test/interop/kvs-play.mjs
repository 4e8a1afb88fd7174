// SPDX-License-Identifier: Apache-2.0
// What Amazon's JavaScript SDK sends is shown and played by our examples: a master's pictures and sound, a viewer's voice.
// @ts-check
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { names } from "../browser/browsers.mjs";
import { cellsOf, countersOf, height, width } from "./see/card.mjs";
import { listen } from "./talk/wav.mjs";
import { inWorld, moves, sleep, until } from "./world.mjs";

const tone = 700; // Hz
const rate = 20; // pictures a second

/** In the place of a camera and a microphone: pictures that count, and a tone. Runs in a page. @param {{ width: number, height: number, rate: number, tone: number, cells: string }} settings */
function devices({ width, height, rate, tone, cells }) {
	/** @type {typeof cellsOf} */
	const cellsFor = new Function(`return ${cells}`)();
	const pictures = () => {
		const canvas = Object.assign(document.createElement("canvas"), { width, height });
		const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
		const cell = width / 40;
		let counter = 0;
		setInterval(() => {
			context.fillStyle = "#606060";
			context.fillRect(0, 0, width, height);
			cellsFor(counter++).forEach((isWhite, i) => {
				context.fillStyle = isWhite ? "white" : "black";
				context.fillRect((i % 40) * cell, Math.floor(i / 40) * cell, cell, cell);
			});
		}, 1000 / rate);
		return canvas.captureStream(rate).getVideoTracks();
	};
	const sound = async () => {
		const context = new AudioContext({ sampleRate: 48000 });
		const oscillator = new OscillatorNode(context, { frequency: tone });
		const destination = context.createMediaStreamDestination();
		oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(destination);
		oscillator.start();
		await context.resume();
		return destination.stream.getAudioTracks();
	};
	navigator.mediaDevices.getUserMedia = async ({ video, audio } = {}) =>
		new MediaStream([...(video ? pictures() : []), ...(audio ? await sound() : [])]);
}

const script = `(${devices})(${JSON.stringify({ width, height, rate, tone, cells: String(cellsOf) })})`;

/** @param {string} file @param {number} seconds that it was there for */
async function soundOf(file, seconds) {
	const { heard, pure, gaps } = await listen(file, tone);
	const said = `the tone for ${heard.toFixed(1)} of ${seconds} s, ${(100 * pure).toFixed(0)} % pure, ${gaps} gaps`;
	assert(heard > 0.6 * seconds && pure > 0.8 && gaps <= 3, said);
	return said;
}

/** Each readable, and none before another. @param {string} file @param {number} seconds */
async function picturesOf(file, seconds) {
	const counters = await countersOf(file);
	const readable = counters.filter((counter) => counter !== undefined);
	const said = `${readable.length} pictures of ${counters.length} are readable`;
	assert(readable.length > 0.4 * rate * seconds && readable.length > 0.9 * counters.length, said);
	assert(
		readable.every((counter, i) => i === 0 || counter > Number(readable[i - 1])),
		`not in order: ${readable.join(" ")}`,
	);
	return said;
}

/** @param {(file: (name: string) => string) => Promise<string>} use */
async function withFiles(use) {
	const directory = mkdtempSync(join(tmpdir(), "kvs-play-"));
	try {
		return await use((name) => join(directory, name));
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

const seconds = 4;

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	{
		name: "our viewer, the JavaScript SDK as master in chromium: its pictures are shown, its sound is played",
		timeout: 600,
		run: () =>
			withFiles((file) =>
				inWorld([], async (world) => {
					await world.page("chromium", "role=master", script);
					await until("the page is the master", () => world.master);
					const play = `${file("seen.mkv")},${file("heard.wav")}`;
					const viewer = world.start("examples/kvs-viewer", { ...world.settings, play });
					await viewer.find(/peerConnected/, 600_000);
					await sleep(1000 * seconds);
					assert.equal(await viewer.stop(), 0);
					const seen = await picturesOf(file("seen.mkv"), seconds);
					return `${seen}; ${await soundOf(file("heard.wav"), seconds)}`;
				}),
			),
	},
	...names.map((name) => ({
		name: `our master, the JavaScript SDK as viewer in ${name}: its voice is played, while it watches`,
		timeout: 600,
		run: () =>
			withFiles((file) =>
				inWorld([], async (world) => {
					const camera = await world.camera({ ...world.settings, play: file("voice.wav") });
					const page = await world.page(name, "talk&", script);
					await moves(page);
					await sleep(1000 * seconds);
					await page.close();
					assert.equal(await camera.stop(), 0);
					return soundOf(file("voice.wav"), seconds);
				}),
			),
	})),
];
