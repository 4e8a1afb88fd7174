// SPDX-License-Identifier: Apache-2.0
// What is built again after a change, what is not, and what is said of mistakes: `node test/host/inner-loop.mjs`.
// @ts-check
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build, root } from "../../hosts/linux/tools/build.mjs";
import { readJSON } from "../../hosts/linux/tools/json.mjs";

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-")));
const at = (/** @type {string} */ name) => path.join(folder, name);

/** @param {string} name @param {string | object} content */
function write(name, content) {
	fs.mkdirSync(path.dirname(at(name)), { recursive: true });
	fs.writeFileSync(at(name), typeof content === "string" ? content : JSON.stringify(content));
}

/** A project that calls a C function, which both projects share. @param {string} name @param {string} own a C function of its own */
function project(name, own) {
	write(`${name}/device/manifest.json`, {
		include: ["$(MODDABLE)/examples/manifest_base.json", "../../shared/manifest.json"],
		modules: { "*": ["./main", "./words", `./${own}`] },
		defines: { [own]: { only: 1 } },
	});
	write(`${name}/device/${own}.c`, `#include "xsmc.h"\n#include "mc.xs.h"\n${callOf(own, `xsID_${own}`)}`);
	write(`${name}/device/words.ts`, `export const word: string = "${name}";\n`);
	write(
		`${name}/device/main.ts`,
		`import { word } from "words";
const level = native("sim_test_level") as () => number;
const own = native("sim_test_${own}") as () => object;
export default function (): void {
	trace(word + " " + level() + " " + Object.keys(own()) + "\\n");
	(globalThis as { simulator?: { exit(status: number): void } }).simulator?.exit(0);
}
`,
	);
}

/** A C function that returns an object with one property. @param {string} name @param {string} id */
const callOf = (name, id) =>
	`void sim_test_${name}(xsMachine *the)\n{\n\txsmcSetNewObject(xsResult);\n\txsmcSet(xsResult, ${id}, xsResult);\n}\n`;

write("shared/manifest.json", { modules: { "*": "./level" } });
write("shared/level.h", "#define LEVEL 1\n");
write(
	"shared/level.c",
	'#include "xsmc.h"\n#include "mc.xs.h"\n#include "level.h"\nvoid sim_test_level(xsMachine *the)\n{\n\txsmcSetInteger(xsResult, LEVEL);\n}\n',
);
project("one", "apple");
project("two", "zebra");

/** Where the projects of a folder are built. @param {string} projects */
function outputs(projects) {
	const build = path.join(root, "build");
	const folders = fs.readdirSync(build).filter((name) => name.startsWith("device-"));
	const isOf = (/** @type {string} */ out) =>
		fs.readFileSync(path.join(out, "release/modules.stamp"), "utf8").includes(projects);
	return folders.map((name) => path.join(build, name)).filter(isOf);
}

/** What a project prints, and what the build says. @param {string} name @param {Record<string, string>} [environment] */
function run(name, environment = {}) {
	const parameters = ["hosts/linux/run.mjs", at(`${name}/device`)];
	const env = { ...process.env, ...environment };
	const options = { cwd: root, env, timeout: 60_000 };
	const { stdout, stderr, status } = spawnSync("node", parameters, { ...options, encoding: "utf8" });
	return { stdout, stderr, status };
}

/** The text of an application that runs until it is stopped. @param {string} manifest @param {string[]} words */
function watched(manifest, words = []) {
	const child = spawn("node", ["hosts/linux/run.mjs", "--watch", manifest, ...words], {
		cwd: root,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const output = { stdout: "", stderr: "" };
	child.stdout.on("data", (text) => (output.stdout += text));
	child.stderr.on("data", (text) => (output.stderr += text));
	return {
		child,
		/** Waits for a text that comes after what was found before. @param {RegExp} pattern @param {"stdout" | "stderr"} stream */
		async find(pattern, stream = "stderr") {
			for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
				const found = pattern.exec(output[stream]);
				if (!found) continue;
				output[stream] = output[stream].slice(found.index + found[0].length);
				return found;
			}
			throw new Error(`${pattern} was not printed:\n${output[stream]}`);
		},
	};
}

const exit = "(globalThis as { simulator?: { exit(status: number): void } }).simulator?.exit(0);\n";

/** @type {[string, () => void | Promise<void>][]} */
const tests = [
	[
		"two projects of one folder name are built apart",
		() => {
			assert.equal(run("one").stdout, "one 1 apple\n");
			assert.equal(run("two").stdout, "two 1 zebra\n");
			assert.match(run("one").stderr, /^$/);
			assert.equal(run("one").stdout, "one 1 apple\n");
		},
	],
	[
		"the second project takes the objects of the first",
		() => {
			project("three", "quince");
			// Its own C file, the tables and the link.
			assert.match(run("three").stderr, /device 0\/3\n/);
		},
	],
	[
		"a changed header is compiled in all projects, once",
		() => {
			write("shared/level.h", "#define LEVEL 2\n");
			assert.match(run("one").stderr, /device 0\/2\n/);
			assert.equal(run("one").stdout, "one 2 apple\n");
			assert.match(run("two").stderr, /device 0\/1\n/);
			assert.equal(run("two").stdout, "two 2 zebra\n");
		},
	],
	[
		"a header that changes while it is compiled is compiled again",
		() => {
			// The object is the last word, and is written after the edit.
			const edit = `echo "#define LEVEL 2" >"${at("shared/level.h")}"; for last; do :; done; touch "$last"`;
			const when = `case "$EDIT$*" in 1*"level.c -o"*) ${edit} ;; esac`;
			write("cc", `#!/bin/sh\ngcc "$@" || exit 1\n${when}\n`);
			fs.chmodSync(at("cc"), 0o755);
			write("shared/level.h", "#define LEVEL 5\n");
			assert.equal(run("two", { CC: at("cc"), EDIT: "1" }).stdout, "two 5 zebra\n");
			assert.equal(run("two", { CC: at("cc") }).stdout, "two 2 zebra\n");
			assert.equal(run("one").stdout, "one 2 apple\n");
		},
	],
	[
		"a native that another module names compiles nothing else",
		() => {
			write(
				"one/device/apple.c",
				fs.readFileSync(at("one/device/apple.c"), "utf8") + callOf("pear", "xsID_pear"),
			);
			write(
				"one/device/words.ts",
				'const pear = native("sim_test_pear") as () => object;\nexport const word = { toString: () => `${Object.keys(pear())}` };\n',
			);
			assert.match(run("one").stderr, /device 0\/3\n/);
			assert.equal(run("one").stdout, "pear 2 apple\n");
		},
	],
	[
		"a type error is told each time, and its correction is built",
		() => {
			write("two/device/words.ts", 'export const word: number = "two";\n');
			for (let i = 0; i < 2; i++) {
				const { status, stderr } = run("two");
				assert.equal(status, 1);
				assert.match(stderr, /words\.ts\(1,14\): error TS2322/);
			}
			write("two/device/words.ts", 'export const word: string = "2";\n');
			assert.equal(run("two").stdout, "2 2 zebra\n");
		},
	],
	[
		"an error in a module that did not change is found",
		() => {
			write("two/device/words.ts", 'export const other: string = "2";\n');
			assert.match(run("two").stderr, /main\.ts\(1,10\): error TS2305/);
			write("two/device/words.ts", 'export const word: string = "two";\n');
			assert.equal(run("two").stdout, "two 2 zebra\n");
		},
	],
	[
		"a module that was removed, and a file that was deleted from the build",
		() => {
			for (const out of outputs(at("two"))) fs.rmSync(path.join(out, "release/modules/main.js"));
			assert.equal(run("two").stdout, "two 2 zebra\n");
			write("two/device/manifest.json", {
				include: ["$(MODDABLE)/examples/manifest_base.json", "../../shared/manifest.json"],
				modules: { "*": ["./main", "./zebra"] },
			});
			assert.match(run("two").stderr, /Cannot find module 'words'/);
		},
	],
	[
		"two builds of one application, before either starts, have each its own settings and heaps",
		async () => {
			write("two/device/main.ts", `import config from "mc/config";\ntrace(config.name + "\\n");\n${exit}`);
			write("two/device/manifest.json", {
				include: "$(MODDABLE)/examples/manifest_base.json",
				modules: { "*": "./main" },
			});
			const manifest = at("two/device");
			const first = await build({ manifest, quiet: true, config: { name: "first" } });
			const second = await build({ manifest, quiet: true, config: { name: "second" }, caps: false });
			const start = (/** @type {{ app: string, image: string }} */ { app, image }) =>
				spawnSync(app, [image], { encoding: "utf8", timeout: 20_000 }).stdout;
			assert.equal(start(first), "first\n");
			assert.equal(start(second), "second\n");
			assert.equal((await build({ manifest, quiet: true, config: { name: "first" } })).image, first.image);
			const names = fs.readdirSync(path.dirname(first.image)).filter((name) => name.endsWith(".js"));
			const modes = names.map((name) => fs.statSync(path.join(path.dirname(first.image), name)).mode & 0o777);
			assert.ok(modes.length >= 2 && modes.every((mode) => mode === 0o600), `${modes}`);
			for (let i = 0; i < 20; i++) await build({ manifest, quiet: true, config: { name: `${i}` } });
			assert.equal(fs.readdirSync(path.dirname(first.image)).length, 32);
		},
	],
	[
		"a mistake in JSON is told with its line and column",
		() => {
			for (const [text, says] of [
				['{\n\t"a": 1,\n}', '2:8: no "," before "}"'],
				['{ "a": 1 "b": 2 }', '1:10: "," or "}" is expected'],
				['{\n"a" 1 }', '2:5: ":" is expected'],
				["{ a: 1 }", '1:3: a name in "…" is expected'],
				['{ "a": [1, 2 }', '1:14: "," or "]" is expected'],
				['{ "a": tru }', "1:8: a value is expected"],
				['{ "a": 01 }', "1:8: a value is expected"],
				['{ "a": "x\n" }', "1:8: a string that does not end on its line"],
				['{ "a": 1', '1:9: the file ends before "}"'],
				["{ // why\n }", "1:3: JSON has no comments"],
				["{} {}", "1:4: nothing may follow"],
				["", "1:1: the file ends too early"],
			]) {
				write("mistake.json", `${text}`);
				const told = (/** @type {Error} */ { message }) => message.startsWith(`${at("mistake.json")}:${says}`);
				assert.throws(() => readJSON(at("mistake.json")), told, says);
			}
			write("mistake.json", '{ "a": [1.5e3, "\\u00e9\\n", true, null, {}, [] ] }\n');
			assert.equal(readJSON(at("mistake.json")).a.length, 6);
		},
	],
	[
		"--watch: builds and starts again, keeps what runs when there is an error, and ends what it started",
		async () => {
			const main = (/** @type {string} */ text) => `export default function (): void {\n\ttrace(${text});\n}\n`;
			write("w/device/manifest.json", {
				include: "$(MODDABLE)/examples/manifest_base.json",
				modules: { "*": "./main" },
			});
			write("w/device/main.ts", main('"first\\n"'));
			const { child, find } = watched(at("w/device"));
			try {
				await find(/first\n/, "stdout");
				write("w/device/main.ts", main('"second\\n"'));
				await find(/watch: changed: .*main\.ts\n/);
				await find(/watch: built and started again in [0-9.]+ s/);
				await find(/second\n/, "stdout");
				write("w/device/main.ts", main("nothing"));
				await find(/main\.ts\(2,8\): error TS2304[^]*watch: what was built before goes on/);
				write("w/device/manifest.json", "{");
				await find(/manifest\.json[^]*watch: what was built before goes on/);
				write("w/device/manifest.json", {
					include: "$(MODDABLE)/examples/manifest_base.json",
					modules: { "*": "./main" },
				});
				write("w/device/main.ts", main('"third\\n"'));
				await find(/third\n/, "stdout");
				write("w/device/main.ts", "export default function (): void {\n\tthrow new Error('oh');\n}\n");
				await find(/oh[^]*watch: it ended with status 70, and is started again after a change/);
				write("w/device/main.ts", main('"fourth\\n"'));
				await find(/fourth\n/, "stdout");
			} finally {
				child.kill("SIGINT");
			}
			assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0);
		},
	],
];

let passed = 0;
let failed = 0;
for (const [name, test] of tests) {
	try {
		await test();
		passed++;
		console.log(`ok ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
	}
}
for (const out of outputs(folder)) fs.rmSync(out, { recursive: true });
fs.rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
