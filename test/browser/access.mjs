// SPDX-License-Identifier: Apache-2.0
// Who may watch, in real browsers: pages of other origins and names, links, passwords, and a proxy in between.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, names } from "./browsers.mjs";
import { Camera } from "./camera.mjs";
import { readTestCard } from "./test-card.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const small = { width: 320, height: 240, bitrate: 200_000 };
const stranger = "evil.example";

/** A page of another origin that tries all it can to see the camera. Says what it got. @param {string} camera */
const spy = (camera) => `<!doctype html><video id="video" autoplay muted playsinline></video><script>
	window.see = async (headers = {}) => {
		const pc = new RTCPeerConnection();
		pc.ontrack = ({ streams: [stream], track }) => (video.srcObject = stream ?? new MediaStream([track]));
		pc.addTransceiver("video", { direction: "recvonly" });
		await pc.setLocalDescription();
		await new Promise((resolve) => pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve());
		try {
			const type = { "content-type": "application/sdp" };
			const body = pc.localDescription.sdp;
			const response = await fetch("${camera}whep", { method: "POST", headers: { ...type, ...headers }, body });
			if (response.status !== 201) return String(response.status);
			await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
			return new URL(response.headers.get("location"), response.url).pathname.startsWith("/whep/") ? "answer" : "lost";
		} catch (error) {
			return error.name;
		}
	};
	window.read = () => fetch("${camera}access").then((response) => response.text(), (error) => error.name);
	window.show = (address) => new Promise((resolve) => {
		const image = document.body.appendChild(new Image());
		image.onload = () => resolve("shown");
		image.onerror = () => resolve("broken");
		image.src = address;
	});
	window.blind = () => fetch("${camera}whep", { method: "POST", mode: "no-cors", body: "v=0" }).then((r) => r.type, (error) => error.name);
</script>`;

/** @param {string} text @returns {Promise<{ url: string, origin: string, close(): void }>} */
async function serve(text) {
	const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(text));
	await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
	const origin = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
	return { url: `${origin}/`, origin, close: () => server.close().closeAllConnections() };
}

/** @returns {Promise<number>} a port that is free now */
async function freePort() {
	const server = createTcpServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** nginx as a reverse proxy under a path, as its manual shows it. @param {number} port @param {string} upstream */
async function startProxy(port, upstream) {
	const folder = mkdtempSync(join(tmpdir(), "nginx-"));
	const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`);
	const config = `daemon off; pid ${folder}/pid; error_log stderr;
		events {} http { access_log off; ${paths.join(" ")}
		server { listen 127.0.0.1:${port}; location /porch/ { proxy_pass ${upstream}; } } }`;
	writeFileSync(join(folder, "nginx.conf"), config);
	const nginx = spawn("/usr/sbin/nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")]);
	nginx.stderr.on("data", (text) => process.stderr.write(text));
	const url = `http://127.0.0.1:${port}/porch/`;
	for (let i = 0; i < 100 && !(await fetch(url).catch(() => undefined)); i++)
		await new Promise((resolve) => setTimeout(resolve, 50));
	const close = () => {
		nginx.kill();
		rmSync(folder, { recursive: true });
	};
	return { url, close };
}

/** Whether a picture comes. @param {Page} page */
async function sees(page, timeout = 20_000) {
	for (const end = Date.now() + timeout; Date.now() < end;) {
		if (await page.evaluate(readTestCard)) return true;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return false;
}

/** @param {Page} page @param {string} id */
const textOf = (page, id) => page.$eval(`#${id}`, (element) => element.textContent);
/** @param {Page} page @param {string} text */
const says = (page, text) =>
	page.waitForFunction(
		(part) => document.getElementById("notice")?.textContent?.includes(part),
		{ timeout: 20_000 },
		text,
	);
/** @param {Page} page @param {string} text */
async function type(page, text) {
	await page.waitForSelector("#secret:not([hidden])");
	await page.type("#typed", text);
	await page.click("#secret button");
}

/** @type {[string, () => Promise<void>][]} */
const tests = [];
const test = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) => tests.push([name, run]);

/** @param {Record<string, string | number>} options @param {(camera: Camera) => Promise<void>} use */
async function withCamera(options, use) {
	const camera = await new Camera({ ...small, ...options }).ready();
	try {
		await use(camera);
	} catch (error) {
		console.log(camera.output);
		throw error;
	} finally {
		camera.process.kill("SIGKILL");
	}
}

/** @param {"chromium" | "firefox"} name @param {(page: Page) => Promise<void>} use @param {string[]} [args] */
async function withPage(name, use, args = []) {
	const browser = await launch(name, { args });
	try {
		await use(await browser.newPage());
	} finally {
		await browser.close();
	}
}

for (const name of names) {
	test(`${name}: an open camera says that it is open; a page of another origin sees nothing of it`, () =>
		withCamera({}, async (camera) => {
			await camera.find(/Everybody in its network can watch/);
			const other = await serve(spy(camera.url));
			await withPage(name, async (page) => {
				await page.goto(camera.url);
				assert(await sees(page), "its own page sees it");
				assert.match((await textOf(page, "open")) ?? "", /^Open: everybody/);
				assert.equal(
					await page.$eval("#open", (element) => /** @type {HTMLElement} */ (element).hidden),
					false,
				);
				await page.goto(other.url);
				assert.equal(await page.evaluate("see()"), "TypeError", "no answer");
				assert.equal(await page.evaluate("see({ authorization: 'Bearer x' })"), "TypeError");
				assert.equal(await page.evaluate("read()"), "TypeError");
				assert.equal(await page.evaluate("blind()"), "TypeError");
				assert.equal(await page.evaluate(`show("${camera.url}snapshot.jpg")`), "broken");
				assert.equal(await sees(page, 2000), false, "no picture");
			});
			assert.equal(camera.output.match(/peerConnected/g)?.length, 1, camera.output);
			other.close();
		}));
}

test("a page of an origin that may watch sees the picture", async () => {
	const other = await serve("");
	await withCamera({ origins: `https://example.org,${other.origin}` }, async (camera) => {
		other.close();
		const friend = createServer((_, response) =>
			response.setHeader("content-type", "text/html").end(spy(camera.url)),
		);
		await new Promise((resolve) =>
			friend.listen(Number(new URL(other.url).port), "127.0.0.1", () => resolve(undefined)),
		);
		await withPage("chromium", async (page) => {
			await page.goto(other.url);
			assert.equal(await page.evaluate("see()"), "answer");
			assert(await sees(page), "the picture's pixels");
		});
		friend.close().closeAllConnections();
	});
});

test("a name that leads to the device by DNS rebinding is refused; one that the owner knows is not", () =>
	withCamera({ hosts: "camera.example" }, (camera) => {
		const { port } = new URL(camera.url);
		const rules = `MAP ${stranger} 127.0.0.1, MAP camera.example 127.0.0.1`;
		return withPage(
			"chromium",
			async (page) => {
				const response = await page.goto(`http://${stranger}:${port}/`);
				assert.equal(response?.status(), 421);
				await page.goto(`http://camera.example:${port}/`);
				assert(await sees(page), "by its own name");
			},
			[`--host-resolver-rules=${rules}`],
		);
	}));

for (const name of names) {
	test(`${name}: with a password the page asks, also after a wrong one, and remembers it`, () =>
		withCamera({ password: "grüße an alle" }, (camera) =>
			withPage(name, async (page) => {
				await page.goto(camera.url);
				await says(page, "asks for its secret");
				assert.equal(await textOf(page, "state"), "Locked");
				await type(page, "falsch und lang");
				await says(page, "The secret is wrong.");
				await type(page, "grüße an alle");
				assert(await sees(page), "after the right one");
				assert.equal(await page.$eval("#open", (element) => /** @type {HTMLElement} */ (element).hidden), true);
				await page.reload();
				assert(await sees(page), "after a reload");
				assert.doesNotMatch(camera.output, /grüße|Everybody/);
			}),
		));
}

test("a link carries its secret, which nobody else has; it is the same at the next start", async () => {
	let secret = "";
	for (let start = 0; start < 2; start++) {
		await withCamera({ link: "true" }, async (camera) => {
			const found = await camera.find(/^ {2}http:\/\/[\d.]+:\d+\/#([0-9a-f]{32})$/m);
			if (start) assert.equal(found[1], secret);
			secret = found[1];
			await withPage("chromium", async (page) => {
				/** @type {string[]} */
				const urls = [];
				page.on("request", (request) => urls.push(request.url()));
				await page.goto(`${camera.url}#${secret}`);
				assert(await sees(page), "by the link");
				assert(urls.filter((url) => new URL(url).hash === "").length > 4, "requests were seen");
				await page.goto("about:blank");
				await page.goto(camera.url);
				await says(page, "asks for its secret");
				await type(page, secret);
				assert(await sees(page), "after it was typed");
			});
			const lines = camera.output.split("\n").filter((line) => line.includes(secret));
			assert(lines.length > 0 && lines.every((line) => /^ {2}http:/.test(line)), camera.output);
		});
	}
});

test("guessing is slowed down, and the page says for how long", () =>
	withCamera({ token: "0123456789abcdef" }, (camera) =>
		withPage("chromium", async (page) => {
			await page.goto(camera.url);
			for (let guess = 0; guess < 5; guess++) {
				await type(page, "wrong wrong wrong");
				await says(page, "The secret is wrong.");
			}
			await type(page, "0123456789abcdef");
			await says(page, "Too many wrong secrets. Wait for 1");
		}),
	));

test("behind nginx as it comes, under a path, the page and its stream work", async () => {
	const port = await freePort();
	await withCamera({ origins: `http://127.0.0.1:${port}` }, async (camera) => {
		const proxy = await startProxy(port, camera.url);
		try {
			await withPage("chromium", async (page) => {
				await page.goto(proxy.url);
				assert(await sees(page), "the picture");
				await page.goto("about:blank");
				await camera.find(/peerDisconnected/); // the DELETE found its way
			});
			const headers = { "content-type": "application/sdp" };
			const refused = await fetch(`${proxy.url}whep`, { method: "POST", headers, body: "v=0\r\n" });
			assert.equal(refused.status, 400);
			const large = await fetch(`${proxy.url}whep`, {
				method: "POST",
				headers,
				body: `v=0${"x".repeat(13_000)}`,
			});
			assert.equal(large.status, 413);
		} finally {
			proxy.close();
		}
	});
});

const words = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const [name, run] of tests.filter(([name]) => words.every((word) => name.includes(word)))) {
	try {
		await run();
		passed++;
		console.log(`ok ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}: ${error instanceof Error ? error.stack : error}`);
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
