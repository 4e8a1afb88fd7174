// SPDX-License-Identifier: Apache-2.0
// What every disturbance of the KVS table has to leave as it was: the way to the service is made again within its
// back-off, the picture of a session in progress goes on meanwhile, and the next viewer is served.
// @ts-check
import assert from "node:assert/strict";
import { inWorld, moves, until, watch } from "./world.mjs";

/** @typedef {import("./world.mjs").World} World */
/** @typedef {import("puppeteer-core").Page} Page */
/**
 * @typedef {object} Scene
 * @property {World} world
 * @property {import("../browser/camera.mjs").Application} camera
 * @property {NonNullable<World["master"]>} before the master's WebSocket
 */
/**
 * @typedef {object} Disturbance
 * @property {string} [at] for a report
 * @property {object[]} [faults] for the local KVS; each must be met
 * @property {(scene: Scene) => unknown} [cut] what is done then; default: the WebSocket's TCP connection is reset. The
 * time starts when it has returned.
 * @property {number} [silence] ms that it takes to notice
 * @property {(scene: Scene) => unknown} [check] when the master is connected again
 */

// The back-off of modules/device/backoff.ts with the bounds of modules/signaling/kvs/types.ts, and what an attempt may take here.
const firstBound = 250;
const lastBound = 15_000;
const attempt = 2_000;
const largestPause = 1_500; // ms between two frames of the session in progress, on a machine that is busy with the browsers, too

/** @param {import("../browser/camera.mjs").Application} camera */
const failures = ({ output }) => output.split("signalingError").length - 1;

/**
 * What the waits after failures may take, no connection having lasted since the first.
 * @param {number} from
 * @param {number} to
 */
function bound(from, to) {
	let sum = 0;
	for (let n = from; n <= to; n++) sum += Math.min(lastBound, firstBound * 2 ** n) + attempt;
	return sum;
}

/**
 * @param {World} world
 * @param {Disturbance[]} disturbances
 * @param {Record<string, string | number>} [settings] of the camera
 */
export async function survive(world, disturbances, settings = world.settings) {
	const camera = await world.camera({ ...settings, width: 640, height: 360 });
	const page = await world.page("chromium");
	await moves(page);
	const longestPause = await watch(page);
	const said = [];
	/** Waits that may have been begun: one for each failure, and one for each end that is none, such as code 1001. */
	let waits = 0;
	for (const disturbance of disturbances) {
		const { at = "", silence = 0 } = disturbance;
		const known = failures(camera);
		const duration = await disturb({ world, camera, before: defined(world.master) }, disturbance);
		const most = silence + bound(waits, (waits += failures(camera) - known + 1));
		assert(duration <= most, `${at}: connected again after ${duration} ms, later than ${most} ms`);
		await moves(page);
		said.push(`${at} ${duration} ms`.trim());
	}
	assert(!camera.output.includes("peerDisconnected"), "the session was kept");
	const pause = await longestPause();
	assert(pause < largestPause, `the picture stood still for ${pause} ms`);
	world.service.clock.offset = 0; // for the page, which is not under test
	await moves(await world.page("chromium"));
	assert.equal(await camera.stop(), 0);
	return `after ${said.join(", ")}`;
}

/** @param {Scene} scene @param {Disturbance} disturbance @returns {Promise<number>} ms until the master was back */
async function disturb(scene, { at = "", faults = [], cut = ({ before }) => before.do("reset"), check }) {
	const { world, before } = scene;
	world.service.faults.clear();
	world.service.faults.add(faults);
	await cut(scene);
	const start = Date.now();
	await world.reconnected(before, 60_000);
	const duration = Date.now() - start;
	await check?.(scene);
	const met = () => world.service.faults.list.every(({ done, times = 1 }) => done === times);
	await until(`${at}: all faults are met: ${JSON.stringify(world.service.faults.list)}`, met);
	return duration;
}

/** @template T @param {T | undefined} value @returns {T} */
function defined(value) {
	assert(value !== undefined);
	return value;
}

/**
 * A row with a single disturbance.
 * @param {string} name
 * @param {Disturbance["cut"]} cut
 * @param {Omit<Disturbance, "cut"> & { timeout?: number, settings?: (world: World) => any }} [options]
 * @returns {import("./run.mjs").Row}
 */
export function fault(name, cut, { timeout = 90, settings = ({ settings }) => settings, ...disturbance } = {}) {
	const run = async (/** @type {World} */ world) => survive(world, [{ ...disturbance, cut }], await settings(world));
	return { name: `${name}: connected again, the session goes on`, timeout, run: () => inWorld([], run) };
}
