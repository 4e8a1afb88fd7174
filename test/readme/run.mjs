// SPDX-License-Identifier: Apache-2.0
// What README.md tells a reader to type and to write, taken out of it and tried in a fresh clone of HEAD, with what its
// commands install and nothing else: `node test/readme/run.mjs [words of a name]`.
// @ts-check
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launch } from "../browser/browsers.mjs";
import { readTestCard } from "../browser/test-card.mjs";
import { commandsOf, readBlocks } from "./blocks.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-readme-"));
const clone = path.join(folder, "xs-webrtc");
const project = path.join(folder, "project");
const patience = 600_000; // ms for an installation and a build, on a busy machine

/** What ends with this test. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** A command of README.md in the clone, as a shell runs it, with its text so far. */
class Command {
	output = "";
	/** @param {string} line @param {Record<string, string>} [environment] */
	constructor(line, environment = {}) {
		const inherited = Object.entries(process.env).filter(
			([name]) => !/^(AWS_|npm_|INIT_CWD|NODE_|MODDABLE$)/.test(name),
		);
		const env = { ...Object.fromEntries(inherited), ...environment };
		this.line = line;
		this.process = spawn("sh", ["-c", line], {
			cwd: clone,
			env,
			stdio: ["ignore", "pipe", "pipe"],
			detached: true,
		});
		running.add(this.process);
		for (const stream of [this.process.stdout, this.process.stderr])
			stream.on("data", (/** @type {Buffer} */ text) => (this.output += text));
		/** @type {Promise<number | null>} */
		this.ended = new Promise((resolve) => this.process.on("close", resolve));
		this.ended.then(() => running.delete(this.process));
	}

	/** @param {RegExp} pattern @returns {Promise<RegExpExecArray>} */
	async find(pattern) {
		for (const end = Date.now() + patience; ; await sleep(100)) {
			const found = pattern.exec(this.output);
			if (found) return found;
			const { exitCode } = this.process;
			if (exitCode !== null || Date.now() > end)
				throw new Error(`${this.line}: ${pattern} was not printed (status ${exitCode}):\n${this.output}`);
		}
	}

	/** As Ctrl-C does: the whole group gets it. */
	async stop() {
		const { pid, exitCode } = this.process;
		if (pid && exitCode === null) process.kill(-pid, "SIGINT");
		await Promise.race([this.ended, sleep(10_000)]);
	}
}

/** @type {import("puppeteer-core").Browser | undefined} */
let browser;

/** Waits until the page of a device shows its test card. @param {string} url @param {string} [password] */
async function assertPicture(url, password) {
	browser ??= await launch("chromium");
	const page = await browser.newPage();
	await page.goto(url);
	if (password !== undefined) {
		await page.waitForSelector("#secret", { visible: true });
		await page.type("#secret", password);
		await page.keyboard.press("Enter");
	}
	for (const end = Date.now() + 60_000; !(await page.evaluate(readTestCard)); await sleep(200))
		if (Date.now() > end)
			throw new Error(`${url}: no picture: ${await page.evaluate(() => document.body.innerText)}`);
	await page.close();
}

/** A port that is free, the given one if it can be. @param {number} wanted @returns {Promise<number>} */
const freePort = (wanted) =>
	new Promise((resolve) => {
		const server = createServer();
		server.on("error", () => resolve(freePort(0)));
		server.listen(wanted, () => {
			const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});

/** The status of an answer, whoever certifies who gives it. @param {string} url @returns {Promise<number | undefined>} */
const statusOf = (url) =>
	new Promise((resolve, reject) => {
		const request = get(url, { rejectUnauthorized: false }, (response) => resolve(response.resume().statusCode));
		request.on("error", reject);
	});

const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
const blocks = readBlocks(readme);
const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => commandsOf(text));

/** The only block of a language that has a text, with the paths of this test. @param {string} language @param {string} part */
function snippet(language, part) {
	const found = blocks.filter((block) => block.language === language && block.text.includes(part));
	assert.equal(found.length, 1, `README.md has one ${language} block with ${part}`);
	return /** @type {{ text: string }} */ (found[0]).text.replaceAll("path/to/xs-webrtc", "../xs-webrtc");
}

/** The only command of README.md that matches. @param {RegExp} pattern */
function command(pattern) {
	const found = commands.filter((line) => pattern.test(line));
	assert.equal(found.length, 1, `README.md has one command like ${pattern}: ${found.join("; ")}`);
	return /** @type {string} */ (found[0]);
}

/** @type {[string, () => Promise<void>][]} */
const tests = [
	[
		"npm start, straight after the clone, shows a picture",
		async () => {
			const port = await freePort(8080);
			const line = command(/^npm start$/);
			const camera = new Command(port === 8080 ? line : `${line} -- --port ${port}`);
			const [, url = ""] = await camera.find(/(http:\/\/localhost:\d+\/)/);
			await assertPicture(url);
			await camera.stop();
		},
	],
	[
		"npm run kvs straight after that, the camera in its channel, and the viewer, which receives",
		async () => {
			const port = await freePort(8443);
			const moved = (/** @type {string} */ line) => line.replace("localhost:8443", `localhost:${port}`);
			const environment = Object.fromEntries(
				command(/^export AWS_/)
					.split(" ")
					.slice(1)
					.map((pair) => /** @type {[string, string]} */ (pair.split("=", 2))),
			);
			const service = new Command(`${command(/^npm run kvs$/)}${port === 8443 ? "" : ` -- --port ${port}`}`);
			await service.find(/is ready/);
			for (const value of Object.values(environment))
				assert(service.output.includes(value), "its keys are README's");
			const [, viewerPage = ""] = (await service.find(/Viewer page +(\S+)/)) ?? [];
			for (const file of ["/", "/page.js", "/kvs-webrtc.js"])
				assert.equal(await statusOf(viewerPage + file), 200, file);
			const camera = new Command(moved(command(/--example kvs-camera .*--endpoint/)), environment);
			await camera.find(/The camera is live in the channel porch/);
			const viewer = new Command(moved(command(/--example kvs-viewer .*--endpoint/)), environment);
			await viewer.find(/received [1-9]\d* packets/);
			for (const one of [viewer, camera, service]) await one.stop();
		},
	],
	[
		"the options that are named are known",
		async () => {
			for (const line of commands.filter((each) => each.startsWith("npm start -- "))) {
				const [, example = "lan-camera"] = /--example (\S+)/.exec(line) ?? [];
				const help = new Command(`npm start -- --example ${example} --help`);
				assert.equal(await help.ended, 0);
				for (const [option] of line.matchAll(/--[a-z]\w*/gi))
					assert(help.output.includes(`${option} `), `${example} knows ${option}`);
			}
		},
	],
	[
		"the device that is written there: its manifest, its program, its editor, its page",
		async () => {
			fs.mkdirSync(project);
			fs.writeFileSync(path.join(project, "manifest.json"), snippet("json", '"modules"'));
			fs.writeFileSync(path.join(project, "main.ts"), snippet("ts", "new WHEPSignaling"));
			fs.writeFileSync(path.join(project, "answer.ts"), snippet("ts", "new RTCPeerConnection"));
			fs.writeFileSync(path.join(project, "tsconfig.json"), snippet("json", '"extends"'));
			const check = new Command(`npx tsc -p ${project}`);
			assert.equal(await check.ended, 0, check.output);
			const run = command(/^node hosts\/linux\/run\.mjs path\/to\/project$/).replace("path/to/project", project);
			const device = new Command(run);
			const [, port] = await device.find(/Open http:\/\/[\d.]+:(\d+)\//);
			const [, password] = /password: "(.*?)"/.exec(snippet("ts", "new WHEPSignaling")) ?? [];
			await assertPicture(`http://localhost:${port}/`, password);
			await device.stop();
		},
	],
	[
		"a board gets the configuration that DTLS-SRTP needs",
		async () => {
			const { platforms } = JSON.parse(snippet("json", '"modules"'));
			const [, board = ""] = /mcconfig -m -p (esp32\/\w+)/.exec(readme) ?? [];
			const manifest = path.resolve(project, platforms.esp32.include);
			const boards = JSON.parse(fs.readFileSync(manifest, "utf8")).platforms;
			const own = path.resolve(path.dirname(manifest), boards[board].include);
			const { build } = JSON.parse(fs.readFileSync(own, "utf8"));
			const defaults = path.resolve(path.dirname(own), build.SDKCONFIGPATH, "sdkconfig.defaults");
			assert.match(fs.readFileSync(defaults, "utf8"), /^CONFIG_MBEDTLS_SSL_DTLS_SRTP=y$/m);
		},
	],
	[
		"npm run's scripts and the linked files exist",
		async () => {
			const { scripts } = JSON.parse(fs.readFileSync(path.join(clone, "package.json"), "utf8"));
			for (const [, name = ""] of readme.matchAll(/\bnpm run ([\w-]+)/g))
				assert(scripts[name], `npm run ${name}`);
			for (const [, target = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g))
				assert(fs.existsSync(path.join(clone, target)), target);
		},
	],
	[
		"npm ci takes the lock file, npm install leaves it as it is, and nothing here has changed the clone",
		async () => {
			const { status, output } = spawnSync("npm", ["ci", "--dry-run", "--ignore-scripts"], {
				cwd: clone,
				encoding: "utf8",
			});
			assert.equal(status, 0, output?.join(""));
			execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit"], {
				cwd: clone,
				stdio: "pipe",
			});
			assert.equal(execFileSync("git", ["status", "--porcelain"], { cwd: clone, encoding: "utf8" }), "");
		},
	],
];

execFileSync("git", ["clone", "-q", root, clone], { stdio: "inherit" });
const words = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const [name, test] of tests) {
	if (!words.every((word) => name.includes(word))) continue;
	const begin = Date.now();
	try {
		await test();
		passed++;
		console.log(`ok ${name} (${((Date.now() - begin) / 1000).toFixed(0)} s)`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
	}
	for (const { pid } of running) if (pid) process.kill(-pid, "SIGKILL");
}
browser?.process()?.kill("SIGKILL");
fs.rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
