// SPDX-License-Identifier: Apache-2.0
// The camera with other people's peers: who offers, what, and how it goes on.
// @ts-check
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { answering } from "./answering.mjs";
import { devices } from "./device.mjs";
import { offering } from "./offering.mjs";
import { closePeers, implementations } from "./peer.mjs";
import { Scene } from "./scene.mjs";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** @typedef {import("./peer.mjs").Implementation} Implementation */
/**
 * @typedef {object} Scenario
 * @property {string} name what the peer does
 * @property {string[]} [needs] of the peer: what `lacks` may name
 * @property {import("./device.mjs").Sends} [device] what the device has; default: both
 * @property {import("./w3c.mjs").Wanted[]} [sections] of the peer's first offer
 * @property {boolean} [short] whether it is among those that are always run
 * @property {(scene: Scene, implementation: Implementation) => Promise<unknown>} run
 */

/** Where the descriptions of a row that failed lie. @param {Scene} scene */
async function report({ offer, answer, device }) {
	const directory = join(root, "build/interop/failed");
	await mkdir(directory, { recursive: true });
	const file = join(await mkdtemp(`${directory}/`), "descriptions.txt");
	await writeFile(file, `The offer:\n${offer}\nThe answer:\n${answer}\nThe device:\n${device.told.join("\n")}\n`);
	return `see ${relative(root, file)}`;
}

/** @param {Implementation} implementation @param {string | undefined} bundle @param {Scenario} scenario */
async function play(implementation, bundle, { device = "both", sections = [], run }) {
	const peer = await implementation.start();
	/** @type {Scene | undefined} */
	let scene;
	try {
		scene = await Scene.begin(peer, device);
		await peer.do("open", { sections, bundle });
		await run(scene, implementation);
		scene.end();
	} catch (error) {
		throw scene ? new Error(`${error instanceof Error ? error.message : error}\n${await report(scene)}`) : error;
	} finally {
		scene?.device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** Builds and starts the devices: the first time takes a minute, which is no row's. */
export const prepare = () => devices.port("both");

/** Ends the devices and the browsers. */
export async function finish() {
	await closePeers();
	await devices.stop();
}

/**
 * @param {{ short?: boolean, only?: string }} options whether only the rows that are always run, and whose
 * @returns {import("../run.mjs").Row[]}
 */
export function rows({ short = false, only }) {
	if (only && !implementations.some(({ name }) => name === only))
		throw new Error(`--only: one of ${implementations.map(({ name }) => name).join(", ")}`);
	const wanted = implementations.filter(({ name }) => !only || name === only);
	return wanted.flatMap((implementation) => {
		const { name, policies = [undefined], lacksWith = {} } = implementation;
		return (short ? policies.slice(-1) : policies).flatMap((bundle) =>
			[...offering, ...answering]
				.filter((scenario) => !short || scenario.short)
				.map((scenario) => {
					const title = `${name}${bundle ? ` (${bundle})` : ""} ${scenario.name}`;
					const lacks = { ...implementation.lacks, ...lacksWith[bundle ?? ""] };
					const lacking = scenario.needs?.find((need) => need in lacks);
					if (lacking) return { name: title, impossible: lacks[lacking] };
					return { name: title, timeout: 60, run: () => play(implementation, bundle, scenario) };
				}),
		);
	});
}
