// SPDX-License-Identifier: Apache-2.0
// What a row of the KVS table works with: a local KVS of its own, our examples as processes, Amazon's page in browsers.
// @ts-check
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteSignalingChannelCommand, KinesisVideoClient } from "@aws-sdk/client-kinesis-video";
import { parseOptions } from "../../tools/kvs/options.mjs";
import LocalKVS from "../../tools/kvs/service.mjs";
import { launch } from "../browser/browsers.mjs";
import { Application } from "../browser/camera.mjs";
import { readTestCard } from "../browser/test-card.mjs";

/** @typedef {"chromium" | "firefox"} BrowserName */
/** @typedef {import("puppeteer-core").Page} Page */

export const region = "eu-west-1";
export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The authority is kept from row to row: the browsers are started with its hash. */
const directory = mkdtempSync(join(tmpdir(), "interop-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
/** By name, and whether there is a TURN server on loopback. @type {Map<string, import("puppeteer-core").Browser>} */
const browsers = new Map();
/** @type {World | undefined} */
let current;

export function closeBrowsers() {
	for (const browser of browsers.values()) browser.process()?.kill("SIGKILL");
}

/** Ends what a row left that took too long. @returns {Promise<string>} what everybody said in it */
export async function abandon() {
	const account = current?.account() ?? "";
	await current?.close();
	return account;
}

/** Waits for a truthy value. @template T @param {string} what @param {() => T | Promise<T>} get @param {number} [timeout] ms */
export async function until(what, get, timeout = 20_000) {
	const end = Date.now() + timeout;
	for (;;) {
		const value = await get();
		if (value) return value;
		if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
		await sleep(20);
	}
}

/** @returns {Promise<number>} */
export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/**
 * Runs a row in a world of its own.
 * @param {string[]} parameters of the local KVS
 * @param {(world: World) => Promise<string | void>} use
 */
export async function inWorld(parameters, use) {
	const options = ["--port", "0", "--region", region, "--ca", directory, "--channel", "porch", ...parameters];
	const world = new World(
		await LocalKVS.start(parseOptions(options)),
		parameters.some((one) => /^--turn/.test(one)),
	);
	current = world;
	const said = await use(world);
	await world.close();
	return said;
}

export class World {
	/** @type {Application[]} */
	#applications = [];
	/** @type {Page[]} */
	#pages = [];
	#state = mkdtempSync(join(directory, "state-"));
	#hosts = join(this.#state, "hosts");

	/** @param {LocalKVS} service @param {boolean} [relays] whether it has a TURN server */
	constructor(service, relays = false) {
		this.service = service;
		this.relays = relays;
		this.ca = service.authority.certificate;
		this.resolves(true);
	}

	/** Whether our examples can resolve the service's name. */
	resolves(works = true) {
		writeFileSync(`${this.#hosts}.new`, works ? "" : "- localhost\n");
		renameSync(`${this.#hosts}.new`, this.#hosts); // it is read at any time
	}

	/** What an example must be told, with keys that last. */
	get settings() {
		return { ...this.#place, ...this.service.credentials.static };
	}

	/** The same for a device with a certificate. */
	async deviceSettings(name = "porch-camera") {
		const { cert, key } = await this.service.authority.device(name);
		const iotEndpoint = this.service.url("iot").replace("https://", "");
		const { roleAlias } = this.service;
		return { ...this.#place, iotEndpoint, roleAlias, thingName: name, certificate: cert, privateKey: key };
	}

	get #place() {
		return { channelName: "porch", region, endpoint: this.service.url("control"), ca: this.ca };
	}

	/**
	 * Starts an example; its storage lasts as long as the row.
	 * @param {string} folder
	 * @param {Record<string, string | number>} [settings]
	 */
	start(folder, settings = this.settings) {
		const application = new Application(folder, settings, ["--stats"], {
			XS_WEBRTC_STATE: this.#state,
			XS_WEBRTC_HOSTS: this.#hosts,
		});
		this.#applications.push(application);
		return application;
	}

	/** A camera that is ready. @param {Record<string, string | number>} [settings] */
	async camera(settings) {
		const camera = this.start("examples/kvs-camera", settings);
		// The first time it is built, which takes minutes.
		await camera.find(/The camera is live/, 600_000);
		return camera;
	}

	/**
	 * Amazon's page, connecting.
	 * @param {BrowserName} name
	 * @param {string} [query]
	 * @param {string} [before] a script that runs in it before its own
	 */
	async page(name, query = "", before) {
		const key = `${name} ${this.relays}`;
		let browser = browsers.get(key);
		if (!browser) browsers.set(key, (browser = await this.#launch(name)));
		const page = await browser.newPage();
		this.#pages.push(page);
		if (before) await page.evaluateOnNewDocument(before);
		await page.goto(`${this.service.url("control")}/viewer?${query}&channel=porch&connect`);
		return page;
	}

	/** @param {BrowserName} name */
	#launch(name) {
		const key = new X509Certificate(this.ca).publicKey.export({ type: "spki", format: "der" });
		const hash = createHash("sha256").update(key).digest("base64");
		const fakeCamera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
		const args = [...fakeCamera, `--ignore-certificate-errors-spki-list=${hash}`];
		return launch(name, { args, insecure: true, loopback: this.relays });
	}

	/** As somebody does with an AWS SDK; the service cuts who is connected. Returns the channel as it was. */
	async deleteChannel() {
		const [channel] = this.service.channels.list;
		const client = new KinesisVideoClient({
			region,
			endpoint: this.service.url("control"),
			credentials: { ...this.service.credentials.static },
			requestHandler: { httpsAgent: new Agent({ ca: this.ca }) },
		});
		await client.send(new DeleteSignalingChannelCommand({ ChannelARN: channel.arn }));
		client.destroy();
		return channel;
	}

	/** The WebSocket of the master that counts: there may be two while one takes the other's place. */
	get master() {
		return this.service.hub.connections.findLast(({ role, open }) => role === "MASTER" && open);
	}

	/** Waits until the master has a connection other than this one. @param {{ id: string } | undefined} before */
	reconnected(before, timeout = 30_000) {
		return until("the master is connected again", () => this.master && this.master.id !== before?.id, timeout);
	}

	/** Waits until these were counted. @param {string} request */
	requested(request, count = 1) {
		return until(request, () => (this.service.state.counters.requests[request] ?? 0) >= count);
	}

	/** What everybody said, for a row that failed. */
	account() {
		const outputs = this.#applications.map(({ output }) => output);
		return [...this.service.events.slice(-40), ...outputs].join("\n");
	}

	async close() {
		if (current === this) current = undefined;
		for (const page of this.#pages) void page.close().catch(() => {});
		for (const { process } of this.#applications) if (process.exitCode === null) process.kill("SIGKILL");
		await this.service.close();
	}
}

/** @param {Page} page @param {string} id */
export const text = (page, id) => page.$eval(`#${id}`, (element) => element.textContent ?? "");

/** Waits for the camera's picture, and returns what is coded in it. @param {Page} page */
export async function picture(page, timeout = 20_000) {
	const end = Date.now() + timeout;
	for (;;) {
		const card = await page.evaluate(readTestCard);
		if (card) return card;
		if (Date.now() > end) throw new Error(`no picture; the page says "${await text(page, "state")}"`);
		await sleep(50);
	}
}

/** The picture goes on. @param {Page} page */
export async function moves(page) {
	const before = await picture(page);
	await sleep(600);
	const after = await picture(page);
	assert(after.counter > before.counter + 3, `the picture moves: ${before.counter}, ${after.counter}`);
	assert(after.latency < 2000, `latency ${after.latency} ms`);
}

/**
 * Watches the page's picture from now on.
 * @param {Page} page
 * @returns {Promise<() => Promise<number>>} tells the longest time between two frames so far, in ms
 */
export async function watch(page) {
	await page.evaluate(() => {
		const video = document.querySelector("video");
		let last = performance.now();
		let longest = 0;
		// Behind another tab a page gets no frames.
		let visible = document.visibilityState === "visible";
		const pause = () => (visible ? performance.now() - last : 0);
		const onFrame = () => {
			longest = Math.max(longest, pause());
			last = performance.now();
			video?.requestVideoFrameCallback(onFrame);
		};
		onFrame();
		document.addEventListener("visibilitychange", () => {
			longest = Math.max(longest, pause());
			visible = document.visibilityState === "visible";
			last = performance.now();
		});
		Object.assign(window, { longestPause: () => Math.max(longest, pause()) });
	});
	return () => page.evaluate(() => /** @type {any} */ (window).longestPause());
}

/** From the offer to the first frame, as the page measured it. @param {Page} page @returns {Promise<number>} ms */
export async function firstPicture(page) {
	await picture(page);
	return parseInt(await text(page, "first"), 10);
}

/** How much of a board's heaps was used, as the simulator says at its end. @param {string} output */
export function heaps(output) {
	const [, slots] = /# slots: .*peak (\d+ of \d+)/.exec(output) ?? [];
	const [, chunks] = /# chunk bytes: .*peak (\d+ of \d+)/.exec(output) ?? [];
	assert(slots && chunks, output);
	return `slots at most ${slots}, chunk bytes at most ${chunks}`;
}
