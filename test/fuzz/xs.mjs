// SPDX-License-Identifier: Apache-2.0
// Fuzzes the modules on the XS engine with a board's heaps: test/fuzz/xs. When the machine ends, says with which input.
// usage: node test/fuzz/xs.mjs [--seconds N] [--seed N] [--from N]
// @ts-check
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { build, root } from "../../hosts/linux/tools/build.mjs";

const { values } = parseArgs({
	options: {
		seconds: { type: "string", default: "10" },
		seed: { type: "string", default: "1" },
		from: { type: "string", default: "0" },
	},
});
const after = 60_000; // ms that a run may take beside its time

/**
 * @param {Record<string, string>} config
 * @returns {Promise<{ status: number | string, output: string }>}
 */
async function run(config) {
	const out = path.join(root, "build/fuzz/xs");
	const { app, image } = await build({ manifest: path.join(root, "test/fuzz/xs"), out, quiet: true, config });
	const child = spawn(app, [image], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
	const timer = setTimeout(() => child.kill("SIGKILL"), Number(config.milliseconds) + after);
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
	const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal ?? "")));
	clearTimeout(timer);
	return { status, output };
}

const { seconds, seed, from } = values;
const config = { seed, from, milliseconds: String(Number(seconds) * 1000), verbose: "" };
const { status, output } = await run(config);
for (const line of output.split("\n")) if (/^(inputs:|errors:|peaks:|failed)/.test(line)) console.log(`xs ${line}`);
if (status !== 0 && !output.includes("failed:")) {
	const passed = [...output.matchAll(/^inputs (\d+)$/gm)].at(-1)?.[1] ?? from;
	const again = await run({ ...config, from: passed, verbose: "1" });
	const last = [...again.output.matchAll(/^input (\d+)$/gm)].at(-1)?.[1];
	console.log(output.slice(-3000));
	console.log(`xs failed: status ${status} after input ${passed}`);
	if (again.status !== 0) console.log(`xs: again with --seed ${seed} --from ${passed}: input ${last}`);
}
console.log(`${status === 0 ? 1 : 0} passed, ${status === 0 ? 0 : 1} failed`);
process.exitCode = status === 0 ? 0 : 1;
