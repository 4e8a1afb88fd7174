// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The size of the engine, XS 13 of the npm package, unstripped. A device has the SDK's XS 17, of about the same size.
import fs from "node:fs";
import path from "node:path";
import { root } from "../../hosts/linux/tools/build.mjs";
import { architecture, compile, sizes } from "./compile.mjs";

const xs = path.join(root, "node_modules/@agoric/xsnap/moddable/xs");
const platform = path.join(root, "test/chip/include/moddable");

/** Not part of a device's engine, or of another platform. */
const skipped = ["xsSnapshot.c", "xsDefaults.c", "xsPlatforms.c", "xsLockdown.c", "xsProfile.c"];

/** @param {string} out @param {string[]} folders @returns {Promise<{ size?: import("./compile.mjs").Sizes, errors: string[] }>} */
export async function measureEngine(out, folders) {
	const folder = path.join(out, "engine");
	const sources = fs
		.readdirSync(path.join(xs, "sources"))
		.filter((name) => /^xs.*\.c$/.test(name) && !skipped.includes(name))
		.map((name) => path.join(xs, "sources", name));
	const parameters = [
		...architecture,
		...["-Os", "-std=gnu17", "-w", "-fno-common", "-ffunction-sections", "-fdata-sections", "-fno-jump-tables"],
		...["-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="chip_platform.h"', "-DmxNoConsole=1", "-DmxParse=1", "-DmxRun=1"],
		...["-DmxSloppy=1"],
		...[platform, ...folders].map((name) => `-I${name}`),
		...["includes", "platforms", "sources"].map((name) => `-I${path.join(xs, name)}`),
	];
	// Nothing of it is ours: it changes with its package and with the flags.
	const stamp = path.join(folder, "stamp");
	const version = JSON.parse(fs.readFileSync(path.join(xs, "../../package.json"), "utf8")).version;
	const key = JSON.stringify([version, parameters, fs.readFileSync(path.join(platform, "chip_platform.h"), "utf8")]);
	const objects = sources.map((source) => path.join(folder, path.basename(source).replace(/\.c$/, ".o")));
	if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== key) {
		const { errors } = await compile(sources, parameters, folder);
		if (errors.length) return { errors };
		fs.writeFileSync(stamp, key);
	}
	return { size: await sizes(objects), errors: [] };
}
