// SPDX-License-Identifier: Apache-2.0
// Checks the types of what the documentation shows in TypeScript: each block is a program of its own, in which the names of
// snippets.d.ts are there.
// @ts-check
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "build/snippets");
const block = /^```(?:ts|typescript)\n([^]*?)^```$/gm;

/** @param {string} text @param {number} index @returns {number} the line in which it is, from 1 */
const lineAt = (text, index) => text.slice(0, index).split("\n").length;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
/** The page of each file, and the line before the block's first. @type {{ page: string, line: number }[]} */
const origins = [];
for (const page of execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" }).trim().split("\n")) {
	const text = readFileSync(join(root, page), "utf8");
	for (const { 1: code = "", index } of text.matchAll(block)) {
		if (code.startsWith("// SPDX")) continue; // a file of an example, which is checked there
		writeFileSync(join(folder, `${origins.length}.ts`), `${code}export {};\n`);
		origins.push({ page, line: lineAt(text, index) });
	}
}
writeFileSync(
	join(folder, "tsconfig.json"),
	JSON.stringify({
		extends: "../../tsconfig.device.json",
		include: ["*.ts"],
		files: ["../../types/moddable/index.d.ts", "../../tools/docs/snippets.d.ts"],
	}),
);
const tsc = join(root, "node_modules/.bin/tsc");
const { status, stdout } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
process.stdout.write(
	stdout.replace(/^(\d+)\.ts\((\d+)/gm, (_all, number, line) => {
		const { page, line: before } = /** @type {{ page: string, line: number }} */ (origins[number]);
		return `${page}(${before + Number(line)}`;
	}),
);
console.log(`${origins.length} snippets were checked${status ? ", and there are mistakes" : ""}`);
process.exit(status ? 1 : 0);
