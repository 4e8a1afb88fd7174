// SPDX-License-Identifier: Apache-2.0
// What the cores cost on a chip's instruction set, in an emulator: see test/chip/README.md.
// @ts-check
import { execute } from "./measure.mjs";

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function chip() {
	const { stdout } = await execute("node", ["test/chip/run.mjs", "--qemu"]).catch((error) => error);
	const rows = [...stdout.matchAll(/^\| (.+) \|$/gm)].map(([, line = ""]) => line.split(" | "));
	const end = rows.findIndex(([first]) => first === "bytes"); // another table
	const [head = [], , ...body] = rows.slice(0, end < 0 ? undefined : end);
	return [
		{
			title: "Instructions of rv32imafc",
			head: head.map((cell) => cell.trim()),
			rows: body,
			note: "Milliseconds are an estimate: one instruction a cycle, no accelerators. Sizes, stacks and heap: [test/chip](../chip/README.md).",
			failures: [...stdout.matchAll(/^FAILED (.+)$/gm)].map(([, what = ""]) => what),
		},
	];
}
