// SPDX-License-Identifier: Apache-2.0
// Regular expressions that the engine compiles for each viewer: XS compiles a literal whenever it is evaluated.
// @ts-check
import { Camera } from "../../browser/camera.mjs";
import { closeBrowsers, inWorld, moves } from "../../interop/world.mjs";
import { Viewer } from "../../soak/viewer.mjs";

const few = 1; // viewers; the difference to more is what each costs
const more = 4;

/** @param {import("../../browser/camera.mjs").Application} application that has ended */
function compiled({ output }) {
	const found = /# regular expressions compiled: (\d+)/.exec(output);
	if (!found) throw new Error(`the camera did not print its statistics:\n${output}`);
	return Number(found[1]);
}

/** @param {number} viewers one after the other */
async function lan(viewers) {
	const camera = await new Camera({}, ["--stats"]).ready();
	for (let i = 0; i < viewers; i++) {
		const viewer = new Viewer(camera.url);
		await viewer.open();
		await viewer.watch(5);
		await viewer.close();
	}
	await camera.stop();
	return compiled(camera);
}

/** @param {number} viewers one after the other, each Amazon's page in Chromium */
async function kvs(viewers) {
	let count = 0;
	await inWorld([], async (world) => {
		const camera = await world.camera({ ...world.settings, width: 640, height: 360 });
		for (let i = 0; i < viewers; i++) {
			const page = await world.page("chromium");
			await moves(page);
			await page.close();
		}
		await camera.stop();
		count = compiled(camera);
	});
	return count;
}

/** @param {(viewers: number) => Promise<number>} run */
const each = async (run) => -((await run(few)) - (await run(more))) / (more - few);

/** @returns {Promise<{ lan: number, kvs: number }>} for each viewer */
export async function expressions() {
	try {
		return { lan: await each(lan), kvs: await each(kvs) };
	} finally {
		closeBrowsers();
	}
}
