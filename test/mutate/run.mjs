// SPDX-License-Identifier: Apache-2.0
// tools/mutate: which changes it makes, and what it says of a project that has one test too few.
// @ts-check
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { allChanges, choose } from "../../tools/mutate/changes.mjs";
import { mutationsOf } from "../../tools/mutate/mutations.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-mutate-"));
process.on("exit", () => fs.rmSync(project, { recursive: true, force: true }));
let passed = 0;
let failed = 0;

/** @param {string} name @param {() => void} run */
function test(name, run) {
	try {
		run();
		passed++;
		console.log(`ok ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.message : String(error)}`);
	}
}

/** @param {string} name @param {string} text */
function write(name, text) {
	fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
	fs.writeFileSync(path.join(project, name), text);
}

/** @param {string[]} words */
function mutate(...words) {
	const tool = path.join(root, "tools/mutate/mutate.mjs");
	const { status, stdout, stderr } = spawnSync("node", [tool, "--jobs", "1", ...words], { encoding: "utf8" });
	return { status, stdout, stderr };
}

const all = allChanges(root, "modules");
const some = choose(all, 300, 1);

test("a changed file differs in one place, the one that is told", () => {
	for (const { file, line, before, after, source } of some) {
		const original = fs.readFileSync(path.join(root, file), "utf8");
		let start = 0;
		while (source[start] === original[start]) start++;
		let tail = 0;
		while (source.at(-1 - tail) === original.at(-1 - tail)) tail++;
		assert.notEqual(source, original);
		assert.ok(start + tail >= original.length - before.length, `${file}:${line}: more than ${before} has changed`);
		assert.equal(source.length - original.length, after.length - before.length);
		const first = original.slice(0, start).split("\n").length;
		assert.ok(first >= line && first < line + before.split("\n").length, `${file}:${line} changed in ${first}`);
	}
});

test("a changed file is still a program", () => {
	for (const { file, line, source } of some) {
		const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true });
		assert.deepEqual(
			diagnostics.map(({ messageText }) => messageText),
			[],
			`${file}:${line}`,
		);
	}
});

test("a seed always gives the same list, another seed another", () => {
	assert.deepEqual(choose(all, 60, 1), some.slice(0, 60));
	assert.notDeepEqual(choose(all, 60, 2), some.slice(0, 60));
	assert.equal(new Set(some.map(({ file, line }) => `${file}:${line}`)).size, 300);
});

test("arguments whose order makes no difference keep it", () => {
	const source = "export const f = (a: number, b: number) => Math.max(a, b) < g(a, b) && Math.min(a, b);\n";
	const kinds = mutationsOf("x.ts", source).map(({ kind, text }) => `${kind} ${text}`);
	assert.deepEqual(kinds, ["operator ||", "operator <=", "arguments b, a"]);
});

test("an edit of a file changes what a seed stands for in no other, nor what it does not touch", () => {
	write("modules/text/a.ts", "export const a = (x: number) => x + 1;\nexport const b = (x: number) => x < 2;\n");
	write("modules/text/b.ts", "export const c = (x: number) => x > 3;\n");
	const names = () => choose(allChanges(project, "modules"), 3, 7).map(({ identity }) => identity);
	const before = names();
	write(
		"modules/text/a.ts",
		"\n// Moved.\nexport const b = (x: number) => x < 2;\nexport const a = (x: number) => x + 1;\n",
	);
	assert.equal(before.length, 3);
	assert.deepEqual(names(), before);
	write("modules/text/b.ts", "export const c = (x: number) => x > 4;\n");
	const after = names().filter((identity) => identity.startsWith("modules/text/a.ts"));
	assert.deepEqual(
		after,
		before.filter((identity) => identity.startsWith("modules/text/a.ts")),
	);
	fs.rmSync(path.join(project, "modules/text"), { recursive: true });
});

write("jest.config.mjs", `export default { testMatch: ["**/*.test.cjs"], transform: { "\\\\.ts$": "@swc/jest" } };`);
write("modules/http/sum.ts", `export const isLong = (text: string) =>\n\ttext.length > 20;\n`);
const isLong = `require("../../../modules/http/sum.ts").isLong`;
const suite = (/** @type {string[]} */ ...expected) =>
	write(
		"test/unit/http/sum.test.cjs",
		`test("it", () => { ${expected.map((line) => `expect(${isLong}${line};`).join(" ")} });`,
	);

test("what no test notices is listed with its file and line", () => {
	suite(`("x".repeat(50))).toBe(true)`, `("x")).toBe(false)`);
	const { status, stdout, stderr } = mutate("--project", project);
	assert.equal(status, 0, stderr);
	assert.match(stdout, /0 of 1 killed; survivors:\n {2}modules\/http\/sum\.ts:2 {2}(> {2}→ {2}>=|20 {2}→ {2}40)\n$/);
});

test("what a test notices is not listed", () => {
	suite(`("x".repeat(20))).toBe(false)`, `("x".repeat(21))).toBe(true)`);
	const { stdout } = mutate("--project", project);
	assert.match(stdout, /\n1 of 1 killed\n$/);
	assert.doesNotMatch(stdout, /sum\.ts/);
	assert.match(fs.readFileSync(path.join(project, "modules/http/sum.ts"), "utf8"), /> 20/);
	assert.ok(!fs.existsSync(path.join(project, "build/mutate")));
});

test("a part of the list is tried alone", () => {
	write("modules/http/sum.ts", `export const isLong = (text: string) =>\n\ttext.length >\n\t\t20;\n`);
	const whole = mutate("--project", project).stdout;
	const [first, second] = [mutate("--project", project, "--to", "1"), mutate("--project", project, "--from", "2")];
	assert.match(whole, /^2 changes of modules, seed 1\n/);
	assert.match(first.stdout, /^1 changes of modules, seed 1, from 1 of 2\n[^]*1 of 1 killed/);
	assert.match(second.stdout, /^1 changes of modules, seed 1, from 2 of 2\n[^]*1 of 1 killed/);
	write("modules/http/sum.ts", `export const isLong = (text: string) =>\n\ttext.length > 20;\n`);
});

test("tests that fail without any change are told of", () => {
	suite(`("x")).toBe(true)`);
	const { status, stderr } = mutate("--project", project);
	assert.equal(status, 1);
	assert.match(stderr, /Without any change, the tests do not pass/);
});

test("words that it does not know are told of", () => {
	for (const words of [
		["--sed", "1"],
		["--seed", "x"],
		["--folder", "nowhere"],
		["--jobs", "0"],
		["--from", "0"],
		["seed"],
	]) {
		const { status, stderr } = mutate(...words);
		assert.equal(status, 2, words.join(" "));
		assert.match(stderr, /^--?\S+ .*\n\nusage: /);
	}
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
