// SPDX-License-Identifier: Apache-2.0
// The AppRTC table: the example apprtc-camera and the local service, with its page in Chromium and Firefox.
// @ts-check
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import LocalAppRTC from "../../tools/apprtc/service.mjs";
import Authority from "../../tools/kvs/authority.mjs";
import { launch, names } from "../browser/browsers.mjs";
import { Application } from "../browser/camera.mjs";
import { freePort, moves, picture, sleep, text, until } from "./world.mjs";

/** @typedef {import("./run.mjs").Row} Row */
/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {"chromium" | "firefox"} BrowserName */

const directory = mkdtempSync(join(tmpdir(), "apprtc-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
/** @type {Map<BrowserName, import("puppeteer-core").Browser>} */
const browsers = new Map();
process.on("exit", () => browsers.forEach((browser) => browser.process()?.kill("SIGKILL")));

/** What makes a browser trust the authority of this table, whose services are all on localhost. */
async function trusting() {
	const { certificate } = await Authority.open(directory);
	const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
	const hash = createHash("sha256").update(key).digest("base64");
	return { args: [`--ignore-certificate-errors-spki-list=${hash}`], insecure: true };
}

class World {
	room = `room-${Math.floor(Math.random() * 1e9)}`;
	/** @type {Application[]} */
	#applications = [];
	/** @type {Page[]} */
	#pages = [];

	/** @param {import("../../tools/apprtc/service.mjs").Options} options @param {LocalAppRTC} service */
	constructor(options, service) {
		this.options = options;
		this.service = service;
	}

	/** @param {Record<string, string | number>} [settings] */
	device(settings = {}) {
		const all = { server: this.service.origin, room: this.room, ...settings };
		const application = new Application("examples/apprtc-camera", all, ["--stats"]);
		this.#applications.push(application);
		return application;
	}

	/** A device in the room. @param {Record<string, string | number>} [settings] */
	async camera(settings) {
		const camera = this.device(settings);
		await camera.find(/The camera is live/, 600_000); // the first time it is built
		return camera;
	}

	/** @param {BrowserName} name */
	async page(name) {
		let browser = browsers.get(name);
		if (!browser) browsers.set(name, (browser = await launch(name, await trusting())));
		const page = await browser.newPage();
		this.#pages.push(page);
		await page.goto(`${this.service.origin}/r/${this.room}`);
		return page;
	}

	/** The service ends, forgets everything, and comes back. @param {number} time ms */
	async restart(time) {
		const { port } = this.service;
		await this.service.close();
		await sleep(time);
		this.service = await LocalAppRTC.start({ ...this.options, port });
	}

	/** Both are in the room, as the service has it. */
	occupied(count = 2) {
		const inRoom = () => this.service.state.rooms[this.room]?.length ?? 0;
		return until(`${count} in the room`, () => inRoom() === count, 40_000);
	}

	account() {
		return [...this.service.events.slice(-30), ...this.#applications.map(({ output }) => output)].join("\n");
	}

	async close() {
		for (const page of this.#pages) void page.close().catch(() => {});
		for (const { process } of this.#applications) if (process.exitCode === null) process.kill("SIGKILL");
		await this.service.close();
	}
}

/**
 * @param {(world: World) => Promise<string | void>} use
 * @param {Partial<import("../../tools/apprtc/service.mjs").Options>} [options]
 */
async function inWorld(use, options = {}) {
	const all = { port: 0, grace: 2000, ...options };
	const world = new World(all, await LocalAppRTC.start(all));
	try {
		return await use(world);
	} catch (error) {
		if (error instanceof Error) error.stack += `\n${world.account()}`;
		throw error;
	} finally {
		await world.close();
	}
}

/** What the simulator has counted, which it says at its end. @param {Application} device */
async function heaps(device) {
	assert.equal(await device.stop(), 0);
	const slots = Number(/slots[^\n]*?(\d+)/i.exec(device.output)?.[1]);
	assert(!Number.isNaN(slots));
	return device.output
		.split("\n")
		.filter((line) => /peak|at most/i.test(line))
		.join("; ");
}

/** @param {Page} page */
const hangUp = (page) => page.click("#hangup");

/** @param {BrowserName} name @returns {Row[]} */
const withBrowser = (name) => [
	{
		name: `${name}: the device is first and makes the offer; a message each way`,
		timeout: 600, // it may be built first
		run: () =>
			inWorld(async (world) => {
				const camera = await world.camera({ say: "from the device" });
				await camera.find(/signalingJoined as initiator/);
				const page = await world.page(name);
				await moves(page);
				await until("its message", async () => (await text(page, "said")) === "from the device");
				await page.type("#text", "from the page");
				await page.click("#form button");
				await camera.find(/receivedMessage: from the page/);
				return heaps(camera);
			}),
	},
	{
		name: `${name}: the page is first and makes the offer; it goes, and comes back`,
		timeout: 120,
		run: () =>
			inWorld(async (world) => {
				const page = await world.page(name);
				await world.occupied(1);
				const camera = await world.camera();
				await camera.find(/signalingJoined as callee/);
				await moves(page);
				await hangUp(page);
				await camera.find(/peerDisconnected[^]*signalingJoined as initiator/);
				const second = await world.page(name);
				await moves(second);
			}),
	},
	{
		name: `${name}: the service is away for 10 s: the picture goes on, and the next who comes is served`,
		timeout: 150,
		run: () =>
			inWorld(async (world) => {
				const camera = await world.camera();
				const page = await world.page(name);
				await moves(page);
				await world.restart(10_000);
				await camera.find(/signalingDisconnected/);
				await moves(page);
				await camera.find(/signalingDisconnected[^]*signalingConnected/, 60_000);
				await moves(page);
				await page.close();
				await camera.find(/peerDisconnected/, 60_000);
				const next = await world.page(name);
				await picture(next, 60_000);
				await moves(next);
			}),
	},
	{
		name: `${name}: a full room is told, and joined when there is a place`,
		run: () =>
			inWorld(async (world) => {
				const first = await world.page(name);
				const second = await world.page(name);
				await world.occupied();
				const device = world.device();
				const [line] = /** @type {RegExpExecArray} */ (
					await device.find(/signalingError: AppRTC: room .*: the room is full.*/, 600_000)
				);
				await hangUp(second);
				await device.find(/The camera is live/, 40_000);
				await moves(first);
				return line;
			}),
	},
	{
		name: `${name}: TLS: who is not trusted is a clear error; who is, is joined`,
		run: async () => {
			const authority = await Authority.open(directory);
			const { cert, key } = await authority.server();
			// The browser knows the authority by its key, and sees it in the chain alone.
			const tls = { cert: `${cert}\n${authority.certificate}`, key };
			return inWorld(
				async (world) => {
					const device = world.device();
					const [line] = /** @type {RegExpExecArray} */ (
						await device.find(/signalingError: AppRTC: .*certificate is signed by nobody.*/, 600_000)
					);
					device.process.kill("SIGKILL");
					await world.camera({ ca: authority.certificate });
					const page = await world.page(name);
					await moves(page);
					return line;
				},
				{ tls },
			);
		},
	},
];

/** The newest report of what is in use. @param {Application} device */
function inUse({ output }) {
	const numbers = (/** @type {RegExp} */ pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1]);
	return { slots: numbers(/XS Slots Used (\d+)/g), heap: numbers(/C heap (\d+)/g) };
}

/** @type {Row[]} */
const others = [
	{
		name: "1,000 joins, each with an offer, leave nothing on the engine",
		timeout: 900,
		run: () =>
			inWorld(async (world) => {
				const camera = await world.camera({ report: 1 });
				let room = 0;
				const join = async (/** @type {number} */ count) => {
					for (const end = room + count; room < end; room++) {
						const from = camera.output.length;
						camera.type(`join-room room-${room}`);
						await camera.find(/signalingJoined as initiator/, 30_000, from);
					}
					await sleep(8000); // idle connections are given back after 5 s
					return inUse(camera);
				};
				const before = await join(20);
				const after = await join(1000);
				assert.equal(world.service.counts.join, 1021);
				assert(after.slots <= before.slots + 20, `slots ${before.slots}, then ${after.slots}`);
				assert(after.heap <= before.heap + 64 * 1024, `C heap ${before.heap}, then ${after.heap}`);
				return `slots ${before.slots}, then ${after.slots}; C heap ${before.heap}, then ${after.heap}`;
			}),
	},
	{
		name: "commands at the terminal: another room and back, who is there, out and in again",
		run: () =>
			inWorld(async (world) => {
				const camera = await world.camera();
				const home = world.room;
				const says = async (/** @type {string} */ line, /** @type {RegExp} */ answer) => {
					const from = camera.output.length;
					camera.type(line);
					return camera.find(answer, 20_000, from);
				};
				await says("get-room", new RegExp(`room ${home}: http.*/r/${home}\\n`));
				await says("get-role", /role initiator/);
				await says("status", /signaling connected, peer (none|new)/);
				await says("nonsense", /join-room new \| NAME/);
				await says("join-room no/name", /1 to 64 characters/);
				const [, fresh = ""] = await says("join-room new", /to room ([a-z2-9]{12})\n[^]*signalingConnected/);
				await world.occupied(0);
				world.room = fresh;
				await world.occupied(1);
				await moves(await world.page("chromium"));
				await says("status", /signaling connected, peer connected, whose first picture left after \d+/);
				await says(
					"disconnect",
					new RegExp(`left ${fresh}[^]*peerDisconnected|peerDisconnected[^]*left ${fresh}`),
				);
				await world.occupied(1);
				await says("status", /signaling disconnected, peer none/);
				await says(`retry-room ${home}`, new RegExp(`to room ${home}\\n[^]*signalingConnected`));
				world.room = home;
				await moves(await world.page("chromium"));
				await says("retry-room", /trying\n/);
			}),
	},
	{
		name: "a page that vanishes without a word leaves a place for the next",
		timeout: 120,
		run: () =>
			inWorld(async (world) => {
				const camera = await world.camera();
				const page = await world.page("chromium");
				await moves(page);
				await page.goto("about:blank");
				await camera.find(/peerDisconnected/, 60_000);
				const next = await world.page("chromium");
				await picture(next, 60_000);
			}),
	},
	{
		name: "a service that has no such rooms is a clear error, and the end",
		run: () =>
			inWorld(async (world) => {
				const device = world.device({ server: `${world.service.origin}/nowhere` });
				const [line] = /** @type {RegExpExecArray} */ (
					await device.find(/The camera cannot start: .*status 404.*/, 600_000)
				);
				assert.equal(await device.exited, 1);
				return line;
			}),
	},
	{
		name: "a service that is not there is a clear error, and tried again",
		run: () =>
			inWorld(async (world) => {
				const port = await freePort();
				const device = world.device({ server: `http://localhost:${port}` });
				const [line] = /** @type {RegExpExecArray} */ (
					await device.find(/signalingError: AppRTC: .*the next attempt is in \d+ s.*/, 600_000)
				);
				const service = await LocalAppRTC.start({ port });
				await device.find(/The camera is live/, 40_000);
				await service.close();
				return line;
			}),
	},
];

/** @param {{ short?: boolean }} options @returns {Row[]} */
export const rows = ({ short }) =>
	short ? [withBrowser("chromium")[0], others[1], others[3]] : [...names.flatMap(withBrowser), ...others];
