// SPDX-License-Identifier: Apache-2.0
// The MQTT table: the example mqtt-camera and its page in Chromium, at Debian's Mosquitto.
// @ts-check
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { launch } from "../browser/browsers.mjs";
import { Application } from "../browser/camera.mjs";
import Mosquitto from "./mosquitto.mjs";
import { moves, picture, sleep, text, until } from "./world.mjs";

/** @typedef {import("./run.mjs").Row} Row */

const example = "examples/mqtt-camera";
const page = new URL(`../../${example}/page.html`, import.meta.url);
const build = 600_000; // ms that the first may take
const topic = "cameras/test";

/**
 * @param {(scene: { broker: Mosquitto, start: (settings?: Record<string, string>) => Application, watch: () => Promise<import("puppeteer-core").Page> }) => Promise<string | void>} use
 * @param {Parameters<typeof Mosquitto.start>[0]} [options]
 */
async function atBroker(use, options) {
	const broker = await Mosquitto.start(options);
	const browser = await launch("chromium");
	/** @type {Application[]} */
	const devices = [];
	const start = (settings = {}) => {
		const all = { broker: "localhost", brokerPort: broker.port, topic, ...settings };
		const device = new Application(example, all, ["--stats"]);
		devices.push(device);
		return device;
	};
	const watch = async () => {
		const one = await browser.newPage();
		await one.goto(`file://${fileURLToPath(page)}?broker=${broker.url}&topic=${topic}`);
		return one;
	};
	try {
		return await use({ broker, start, watch });
	} catch (error) {
		const said = devices.map(({ output }) => output).join("\n");
		if (error instanceof Error) error.stack += `\n${broker.output.slice(-4000)}\n${said}`;
		throw error;
	} finally {
		browser.process()?.kill("SIGKILL");
		for (const { process } of devices) process.kill("SIGKILL");
		await broker.close();
	}
}

const live = /The camera is live/;

/** @type {Row[]} */
export const rows = [
	{
		name: "mqtt: two pages watch, each by its own offer; a message each way; the end is told",
		timeout: 600, // it may be built first
		run: () =>
			atBroker(async ({ start, watch }) => {
				const first = await watch(); // before there is a camera
				const device = start();
				await device.find(live, build);
				await moves(first);
				const second = await watch();
				await moves(second);
				await second.type("#text", "hello");
				await second.click("button");
				await until("the device's answer", async () => (await text(second, "said")) === "You said: hello");
				assert.equal(await text(first, "said"), "");
				await second.close();
				await device.find(/peerDisconnected/, 40_000);
				await moves(first);
				assert.equal(await device.stop(), 0);
				await until("the page knows", async () => /away|ended/.test(await text(first, "state")));
				assert(!/error/i.test(device.output), device.output);
			}),
	},
	{
		name: "mqtt: the broker is killed and comes back: the picture goes on, and the next viewer is served",
		timeout: 150,
		run: () =>
			atBroker(async ({ broker, start, watch }) => {
				const device = start();
				await device.find(live, build);
				const first = await watch();
				await moves(first);
				await broker.stop();
				const [line] = /** @type {RegExpExecArray} */ (await device.find(/signalingError : MQTT: .*/));
				await sleep(2000);
				await moves(first);
				await broker.start();
				await device.find(/signalingError[^]*signalingConnected/, 40_000);
				const second = await watch();
				await moves(second);
				await moves(first);
				return line;
			}),
	},
	{
		name: "mqtt: a camera that is killed is away, by its will; one that comes back is found",
		timeout: 150,
		run: () =>
			atBroker(async ({ start, watch }) => {
				const device = start();
				await device.find(live, build);
				const viewer = await watch();
				await moves(viewer);
				device.process.kill("SIGKILL");
				await until("the page knows", async () => /away|disconnected|failed/.test(await text(viewer, "state")));
				await start().find(live, build);
				await viewer.reload();
				await picture(viewer, 30_000);
				await moves(viewer);
			}),
	},
	{
		name: "mqtt: a password: the wrong one is a clear error, in no log, and tried again; the right one is let in",
		timeout: 150,
		run: () =>
			atBroker(
				async ({ start, watch }) => {
					const stranger = start({ user: "porch", password: "not-the-right-one" });
					const [line] = /** @type {RegExpExecArray} */ (
						await stranger.find(/signalingError : MQTT: .*refuses.*/, build)
					);
					assert(!stranger.output.includes("not-the-right-one"));
					stranger.process.kill("SIGKILL");
					await start({ user: "porch", password: "the-right-one" }).find(live, build);
					await moves(await watch());
					return line;
				},
				{ user: { name: "porch", password: "the-right-one" } },
			),
	},
];
