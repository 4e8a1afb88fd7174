// SPDX-License-Identifier: Apache-2.0
// Data channels with other people's: each combination of parameters, each size, a hundred channels, and their end.
// @ts-check
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { launch } from "../../browser/browsers.mjs";
import { Application } from "../../browser/camera.mjs";
import { DeviceSession } from "../peers/device.mjs";
import { startProcess } from "../peers/process.mjs";
import { DataAgent } from "./agent.mjs";
import { bounds } from "./bounds.mjs";
import { ends } from "./ends.mjs";
import { faults } from "./faults.mjs";
import { connect } from "./session.mjs";

/** @typedef {import("./session.mjs").Peer} Peer */
/** @typedef {import("./session.mjs").Session} Session */
/** @typedef {import("./session.mjs").Scenario} Scenario */
/**
 * @typedef {object} Implementation
 * @property {string} name
 * @property {() => Promise<Peer>} start
 * @property {boolean} [short] it has rows in `npm test`
 * @property {boolean} [silent] its channels do not tell what the other side has set for them
 * @property {boolean} [forgets] it may lose messages that wait for the program when the other side closes their channel, as it
 * does with itself: docs/data-channels.md
 * @property {number} [pause] milliseconds before it can use a closed channel's id: a capture shows that until its own reset,
 * which it repeats after a second, is answered, it counts a new channel's messages from where the former ended (RFC 6525
 * section 5.1.2 wants them from 0), so that its OPEN is never whole
 * @property {boolean} [nothingEmpty] of empty messages it leaves out the byte that RFC 8831 section 6.6 wants, with itself, too: see
 * faults.mjs
 * @property {number} [largest] bytes of a message, as it announces: it sends larger ones, and nobody may send them back
 */
const sizes = [0, 1, 1199, 1200, 16384, 65536, 262144, 1 + Math.floor(Math.random() * 262143)];
const smaller = [0, 1, 1199, 1200, 16384, 65536];

/** @type {Map<string, import("puppeteer-core").Browser>} */
const browsers = new Map();
/** @type {Promise<Application> | undefined} */
let starting;

async function start() {
	const application = new Application("test/interop/data/device");
	await application.find(/the devices are live/, 600_000);
	return application;
}

/** Builds and starts the device. */
export const prepare = () => (starting ??= start());

export async function finish() {
	for (const browser of browsers.values()) await browser.close();
	browsers.clear();
	if (starting) await (await starting).stop();
	starting = undefined;
}

/** @param {"chromium" | "firefox"} name @returns {Promise<Peer>} */
async function startPage(name) {
	const browser = browsers.get(name) ?? (await launch(name));
	browsers.set(name, browser);
	const page = await browser.newPage();
	await page.evaluate(`globalThis.agent = new (${DataAgent})(); undefined`);
	return {
		do: (method, parameters = {}) => page.evaluate(`agent.${method}(${JSON.stringify(parameters)})`),
		stop: () => page.close(),
	};
}

/** @param {string} library @returns {Promise<Peer>} */
const startNode = (library) => /** @type {any} */ (startProcess("node", `../data/node.mjs`, library));

/** @type {Implementation[]} */
const implementations = [
	{ name: "chromium", start: () => startPage("chromium"), short: true },
	{ name: "firefox", start: () => startPage("firefox") },
	{ name: "node-datachannel", start: () => startNode("node-datachannel"), silent: true, forgets: true, short: true },
	{ name: "wrtc", start: () => startNode("wrtc") },
	{ name: "werift", start: () => startNode("werift"), largest: 65_536, nothingEmpty: true, pause: 2500 },
];

/** @returns {{ name: string, init: RTCDataChannelInit }[]} */
function combinations() {
	const all = [];
	for (const ordered of [true, false])
		for (const [name, limit] of Object.entries({
			reliable: {},
			maxRetransmits: { maxRetransmits: 5 },
			maxPacketLifeTime: { maxPacketLifeTime: 4000 },
		}))
			all.push({ name: `${ordered ? "ordered" : "unordered"}-${name}`, init: { ordered, ...limit } });
	return all;
}

/** libwebrtc for Node shows what is not limited as 65535. @param {number | null | undefined} limit */
const shown = (limit) => (limit === 65535 ? null : (limit ?? null));

/** Every combination, opened by the one or the other, or by both as negotiated. @param {boolean} deviceOffers @returns {Scenario} */
function everyCombination(deviceOffers) {
	return {
		name: `${deviceOffers ? "is offered" : "offers"} channels: every combination, every size`,
		short: !deviceOffers,
		async run(session) {
			const { peer, device, silent, largest: most } = session;
			const channels = [];
			let id = 500;
			for (const { name, init } of combinations()) {
				channels.push({ label: `peer-${name}`, init, by: "peer" });
				channels.push({ label: `device-${name}`, init, by: "device" });
				channels.push({ label: `both-${name}`, init: { ...init, negotiated: true, id: id++ }, by: "both" });
			}
			const begin = channels[0];
			assert(begin);
			if (!deviceOffers) await peer.do("make", begin);
			await connect(session, deviceOffers);
			await peer.do("opened", { label: "control" }); // the device's own, which it always has
			if (deviceOffers) await peer.do("make", begin);
			for (const channel of channels) {
				if (channel === begin) continue;
				if (channel.by !== "peer") device.command("make", channel);
				if (channel.by !== "device") await peer.do("make", channel);
			}
			let messages = 0;
			for (const { label, init, by } of channels) {
				const opened = await peer.do("opened", { label });
				if (by !== "device" || !silent) assert.equal(opened.ordered, init.ordered, `${label}: ordered`);
				for (const key of /** @type {const} */ (["maxRetransmits", "maxPacketLifeTime"]))
					if (by !== "device" || !silent)
						assert.equal(shown(opened[key]), init[key] ?? null, `${label}: ${key}`);
				if (by === "both") assert.equal(opened.id, init.id);
				const largest = (label.endsWith("reliable") ? sizes : smaller).filter((size) => size <= most);
				messages += await peer.do("echo", { label, sizes: largest });
			}
			return `${channels.length} channels, ${messages} messages there and back`;
		},
	};
}

/** @type {Scenario} */
const hundredChannels = {
	name: "has a hundred channels",
	async run(session) {
		const { peer, device } = session;
		for (let i = 0; i < 50; i++) await peer.do("make", { label: `p${i}` });
		await connect(session, false);
		for (let i = 0; i < 50; i++) device.command("make", { label: `d${i}` });
		const labels = Array.from({ length: 50 }, (_, i) => [`p${i}`, `d${i}`]).flat();
		let messages = 0;
		for (const label of labels) {
			await peer.do("opened", { label });
			messages += await peer.do("echo", { label, sizes: [1, 3000] });
		}
		return `${messages} messages there and back`;
	},
};

/** @type {Scenario[]} */
const scenarios = [everyCombination(false), everyCombination(true), hundredChannels, ...ends, ...bounds];

/** @param {Implementation} implementation @param {Scenario} scenario */
async function play(implementation, { run }) {
	const application = await prepare();
	const port = Number(/^data at (\d+)/m.exec(application.output)?.[1]);
	const peer = await implementation.start();
	const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	const device = new DeviceSession(socket);
	if (implementation.nothingEmpty) await peer.do("sendNothingEmpty");
	try {
		const { silent = false, forgets = false, pause = 0, largest = Infinity } = implementation;
		return await run({ peer, device, silent, forgets, pause, largest });
	} catch (error) {
		throw new Error(
			`${error instanceof Error ? error.message : error}\nthe device: ${device.told.join("; ").slice(-2000)}`,
		);
	} finally {
		device.close();
		await peer.do("end").catch(() => undefined);
		await peer.stop();
	}
}

/** @param {{ short?: boolean, only?: string }} options @returns {import("../run.mjs").Row[]} */
export function rows({ short = false, only }) {
	const own = faults.filter(({ of }) => !short && (!only || of === only));
	const ours = implementations
		.filter(({ name }) => !only || name === only)
		.filter((implementation) => !short || implementation.short)
		.flatMap((implementation) =>
			scenarios
				.filter((scenario) => !short || scenario.short)
				.map((scenario) => {
					const name = `${implementation.name} ${scenario.name}`;
					return { name, timeout: 180, run: () => play(implementation, scenario) };
				}),
		);
	return [...ours, ...own];
}
