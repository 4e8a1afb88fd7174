// SPDX-License-Identifier: Apache-2.0
// What npm would publish, in the node_modules of a project with the strictest flags: its types are found, and check.
// @ts-check
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-package-"));
const modules = path.join(folder, "node_modules");
let passed = 0;
let failed = 0;

/** @param {string} name @param {string | undefined} wrong */
function report(name, wrong) {
	if (wrong === undefined) passed++;
	else failed++;
	console.log(wrong === undefined ? `ok ${name}` : `FAILED ${name}\n${wrong}`);
}

/** @param {string} command @param {string[]} parameters @param {string} cwd */
function run(command, parameters, cwd) {
	const { status, stdout, stderr, error } = spawnSync(command, parameters, { cwd, encoding: "utf8" });
	return { good: status === 0, text: `${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}`, stdout: stdout ?? "" };
}

/** @param {string} name of a package that the library depends on */
function link(name) {
	fs.mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
	fs.symlinkSync(path.join(root, "node_modules", name), path.join(modules, name));
}

/** @param {string} name @param {string} source @param {RegExp} [complaint] what the compiler must say; else nothing */
function check(name, source, complaint) {
	fs.writeFileSync(path.join(folder, "main.ts"), source);
	const { good, text } = run(path.join(root, "node_modules/.bin/tsc"), ["-p", "."], folder);
	const fine = complaint ? !good && complaint.test(text) : good;
	report(name, fine ? undefined : text || "it was accepted");
}

const strictest = {
	exactOptionalPropertyTypes: true,
	noImplicitOverride: true,
	noImplicitReturns: true,
	noPropertyAccessFromIndexSignature: true,
	noUncheckedIndexedAccess: true,
	noUnusedLocals: true,
	noUnusedParameters: true,
};
const camera = fs.readFileSync(path.join(root, "examples/template/main.ts"), "utf8");

const packed = run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], root);
const archive = path.join(folder, packed.stdout.trim().split("\n").pop() ?? "");
fs.mkdirSync(path.join(modules, "xs-webrtc"), { recursive: true });
const unpacked = run("tar", ["-xzf", archive, "-C", path.join(modules, "xs-webrtc"), "--strip-components=1"], folder);
report("npm packs it", packed.good && unpacked.good ? undefined : packed.text + unpacked.text);
const { dependencies } = JSON.parse(fs.readFileSync(path.join(modules, "xs-webrtc/package.json"), "utf8"));
for (const name of Object.keys(dependencies)) link(name);
const foreign = ["test", "tools", "build", ".ci"].filter((name) =>
	fs.existsSync(path.join(modules, "xs-webrtc", name)),
);
report("without what is not for users", foreign.length ? foreign.join() : undefined);
fs.writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
fs.writeFileSync(
	path.join(folder, "tsconfig.json"),
	JSON.stringify({ extends: "xs-webrtc/tsconfig.device.json", compilerOptions: strictest }),
);
check("one line of a project gives it the types, under the strictest flags", camera);
check("a mistake is found", camera.replace("port: 8080", 'port: "8080"'), /main\.ts.*Type 'string' is not assignable/);
check(
	"the SDK's types are there",
	'import Timer from "timer";\nTimer.set(() => trace("x\\n"), "1");\n',
	/main\.ts.*TS2345/,
);
check(
	"the package's own names lead to the same",
	'import WebRTCApp from "xs-webrtc/app";\nimport Same from "webrtc/app";\nexport const same: typeof Same = WebRTCApp;\n',
);
check(
	"no kinder than the SDK: a view's buffer may be a host buffer",
	"export const f = (bytes: Uint8Array): ArrayBuffer => bytes.buffer.slice(0, 1);\n",
	/main\.ts[^]*HostBuffer/,
);
fs.rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
