// SPDX-License-Identifier: Apache-2.0
// The camera end to end, in real browsers: `node test/browser/run.mjs [words of a name]`.
// @ts-check
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { launch, names } from "./browsers.mjs";
import { build, Camera } from "./camera.mjs";
import lossTests from "./loss.mjs";
import { makeFile } from "./media.mjs";
import pageTests from "./page.mjs";
import pictureTests from "./pictures.mjs";
import { loudest, readTestCard } from "./test-card.mjs";

/** @typedef {import("puppeteer-core").Browser} Browser */
/** @typedef {import("puppeteer-core").Page} Page */

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {Map<string, Browser>} */
const browsers = new Map();
/** @type {[string, () => Promise<void>][]} */
const tests = [];
const test = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) => tests.push([name, run]);

/** @param {"chromium" | "firefox"} name @param {string} url @returns {Promise<Page>} */
async function open(name, url) {
	let browser = browsers.get(name);
	if (!browser) browsers.set(name, (browser = await launch(name, { audible: true })));
	const page = await browser.newPage();
	await page.goto(url);
	return page;
}

/** Waits for a picture, and returns what is coded in it. @param {Page} page */
async function picture(page, timeout = 20_000) {
	const end = Date.now() + timeout;
	for (;;) {
		const card = await page.evaluate(readTestCard);
		if (card) return card;
		if (Date.now() > end) throw new Error(`no picture; the page says "${await text(page, "state")}"`);
		await sleep(50);
	}
}

/** @param {Page} page @param {string} id */
const text = (page, id) => page.$eval(`#${id}`, (element) => element.textContent);

/** @param {Page} page */
const saysSoundOnly = (page) =>
	page.waitForFunction(() => document.getElementById("notice")?.textContent?.startsWith("Sound only"), {
		timeout: 20_000,
	});

/** What the camera answers to an offer of Chromium's. @param {Camera} camera */
async function answerTo(camera) {
	const page = await open("chromium", `${camera.url}plot.js`);
	const answer = await page.evaluate(async () => {
		const pc = new RTCPeerConnection();
		pc.addTransceiver("video", { direction: "recvonly" });
		const offer = await pc.createOffer();
		pc.close();
		const headers = { "content-type": "application/sdp" };
		return (await fetch("whep", { method: "POST", headers, body: offer.sdp })).text();
	});
	await page.close();
	return answer;
}

/** In the page: a viewer that can restart ICE by a PATCH (RFC 9725 section 4.3.3). @param {string} whep */
async function restartable(whep) {
	const pc = new RTCPeerConnection();
	const video = document.body.appendChild(document.createElement("video"));
	video.autoplay = video.muted = true;
	pc.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
	pc.addTransceiver("video", { direction: "recvonly" });
	const gathered = () =>
		new Promise((resolve) => {
			pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve(undefined);
			if (pc.iceGatheringState === "complete") resolve(undefined);
		});
	const find = (/** @type {string} */ sdp, /** @type {string} */ name) =>
		[...sdp.matchAll(new RegExp(`^a=${name}:.*`, "gm"))].map(([line]) => line.trimEnd());
	await pc.setLocalDescription();
	await gathered();
	const headers = { "content-type": "application/sdp" };
	const response = await fetch(whep, { method: "POST", headers, body: pc.localDescription?.sdp });
	const session = new URL(response.headers.get("location") ?? "", response.url);
	const answer = await response.text();
	await pc.setRemoteDescription({ type: "answer", sdp: answer });
	const selectedPair = async () => {
		const stats = [...(await pc.getStats()).values()];
		return (
			stats.find(({ type }) => type === "transport")?.selectedCandidatePairId ??
			stats.find((stat) => stat.selected)?.id
		);
	};
	const restart = async () => {
		Object.assign(window, { before: await selectedPair() });
		pc.restartIce();
		await pc.setLocalDescription();
		await gathered();
		const sdp = pc.localDescription?.sdp ?? "";
		const [ufrag = "", pwd = ""] = [...find(sdp, "ice-ufrag"), ...find(sdp, "ice-pwd")];
		const lines = [ufrag, pwd, "m=video 9 UDP/TLS/RTP/SAVPF 0", ...find(sdp, "mid"), ...find(sdp, "candidate"), ""];
		const patched = await fetch(session, {
			method: "PATCH",
			headers: { "content-type": "application/trickle-ice-sdpfrag", "if-match": "*" },
			body: lines.join("\r\n"),
		});
		const fragment = await patched.text();
		const renewed = answer
			.replaceAll(/^a=(ice-ufrag|ice-pwd):.*/gm, (_, name) => find(fragment, name)[0] ?? "")
			.replaceAll(/^a=candidate:.*\r\n/gm, "")
			.replace(/^a=end-of-candidates/m, `${find(fragment, "candidate").join("\r\n")}\r\na=end-of-candidates`);
		await pc.setRemoteDescription({ type: "answer", sdp: renewed });
		return { status: patched.status, ufrags: [find(answer, "ice-ufrag")[0], find(fragment, "ice-ufrag")[0]] };
	};
	Object.assign(window, { pc, restart, selectedPair });
}

/**
 * From lens to page, by the clock of the camera, where the browser tells when a picture was captured: no more than what the clock
 * that is coded in the picture tells, and not much less, for drawing it takes the page its time.
 * @param {Page} page
 */
async function delayIsTrue(page) {
	const seen = [];
	for (let i = 0; i < 10; i++) {
		const { latency } = await picture(page);
		const delay = Number(/^(\d+) ms$/.exec((await text(page, "delay")) ?? "")?.[1]);
		seen.push([delay, Math.round(latency)]);
		if (delay <= latency + 10 && delay > latency - 150) return;
		await sleep(300);
	}
	assert.fail(`the page's delay is not that of its picture: ${JSON.stringify(seen)}`);
}

/** @param {Page} page */
const isMuted = (page) => page.$eval("video", (video) => video.muted);

/**
 * Runs a camera for the length of a test.
 * @param {Record<string, string | number>} options
 * @param {(camera: Camera) => Promise<void>} use
 */
async function withCamera(options, use) {
	const camera = await new Camera(options).ready();
	try {
		await use(camera);
	} catch (error) {
		console.log(camera.output);
		throw error;
	} finally {
		camera.process.kill("SIGKILL");
	}
}

for (const name of names) {
	test(`${name}: picture, sound, state and plots`, () =>
		withCamera({}, async (camera) => {
			const page = await open(name, camera.url);
			const first = await picture(page);
			await sleep(1000);
			const second = await picture(page);
			assert(second.counter > first.counter + 10, `the picture moves: ${first.counter}, ${second.counter}`);
			assert(second.latency < 2000, `latency ${second.latency} ms`);
			assert.equal(await text(page, "state"), "Connected");
			assert.equal(await page.evaluate(loudest, 2500, "played"), 0, "muted at first");
			await page.click("#sound");
			assert.equal(await text(page, "sound"), "Mute");
			assert.equal(await isMuted(page), false);
			// The tone is a beep of 100 ms each second at -12 dBFS.
			assert((await page.evaluate(loudest, 2500, "played")) > 0.05, "sound after unmuting");
			await page.click("#sound");
			assert.equal(await isMuted(page), true);
			await sleep(500); // what is on its way
			assert.equal(await page.evaluate(loudest, 2500, "played"), 0, "muted again");
			assert.match((await text(page, "bitrate")) ?? "", /^[0-9.]+ Mbit\/s$/);
			assert.match((await text(page, "details")) ?? "", /^1280 × 720 H264$/);
			// What the camera says of the way: its encoder has what it wants, and the way carries as much at least.
			const rate = async (/** @type {string} */ id) => Number.parseFloat((await text(page, id)) ?? "");
			await page.waitForFunction(() => /Mbit/.test(document.getElementById("available")?.textContent ?? ""));
			assert((await rate("available")) >= (await rate("target")) && (await rate("target")) > 0.5);
			if (name === "chromium") await delayIsTrue(page);
			await page.close();
			await camera.find(/peerDisconnected/);
			assert.equal(await camera.stop(), 0);
		}));
}

test("the picture and its buttons are seen at once on phones and desktops, and do not overlap", () =>
	withCamera({}, async (camera) => {
		const page = await open("chromium", camera.url);
		await picture(page);
		for (const [width, height] of /** @type {const} */ ([
			[320, 640],
			[390, 844],
			[844, 390],
			[1280, 800],
		])) {
			await page.setViewport({ width, height });
			const { overflow, boxes } = await page.evaluate(() => {
				const all = [...document.querySelectorAll(".stage, #sound, #full, figure")];
				const inside = (/** @type {Element} */ element) => element.getBoundingClientRect().toJSON();
				return { overflow: document.documentElement.scrollWidth - innerWidth, boxes: all.map(inside) };
			});
			const where = `${width} × ${height}`;
			assert.equal(overflow, 0, where);
			for (const { left, right } of boxes) assert(left >= 8 && right <= width - 8, `${where}: it has a margin`);
			const seen = boxes.slice(0, 3);
			for (const { top, bottom } of seen) assert(top >= 0 && bottom <= height, `${where}: it is seen at once`);
			for (const [i, one] of boxes.entries()) {
				for (const other of boxes.slice(i + 1)) {
					const beside = one.right <= other.left || other.right <= one.left;
					assert(beside || one.bottom <= other.top || other.bottom <= one.top, `${where}: nothing overlaps`);
				}
			}
		}
		await page.close();
	}));

test("five viewers in both browsers, and the sixth is told so", () =>
	withCamera({ width: 640, height: 360, framerate: 15, bitrate: 500_000 }, async (camera) => {
		const pages = [];
		for (const name of /** @type {const} */ (["chromium", "firefox", "chromium", "firefox", "chromium"])) {
			pages.push(await open(name, camera.url));
		}
		for (const page of pages) await picture(page);
		const sixth = await open("firefox", camera.url);
		await sixth.waitForFunction(() => document.getElementById("notice")?.textContent !== "");
		assert.match((await text(sixth, "notice")) ?? "", /All 5 places are taken/);
		for (const page of pages) {
			const before = await picture(page);
			await sleep(400);
			assert((await picture(page)).counter > before.counter, "the others go on");
		}
		await pages[0]?.close();
		// The page tries again by itself.
		await picture(sixth, 40_000);
		for (const page of [...pages.slice(1), sixth]) await page.close();
		assert.equal(await camera.stop(), 0);
	}));

test("viewers of G.711 and of Opus hear the same microphone", () =>
	withCamera({ microphone: "lavfi:sine=frequency=1000,arealtime" }, async (camera) => {
		const page = await open("chromium", camera.url);
		await picture(page);
		const other = await open("chromium", `${camera.url}plot.js`);
		const [codec, level] = await other.evaluate(async () => {
			const pc = new RTCPeerConnection();
			const transceiver = pc.addTransceiver("audio", { direction: "recvonly" });
			pc.addTransceiver("video", { direction: "recvonly" });
			const { codecs = [] } = RTCRtpReceiver.getCapabilities("audio") ?? {};
			transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === "audio/PCMU"));
			const player = new Audio(); // else nothing is decoded
			player.autoplay = true;
			pc.ontrack = ({ track }) => {
				if (track.kind === "audio") player.srcObject = new MediaStream([track]);
			};
			await pc.setLocalDescription();
			const headers = { "content-type": "application/sdp" };
			const response = await fetch("whep", { method: "POST", headers, body: pc.localDescription?.sdp });
			await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
			await new Promise((resolve) => setTimeout(resolve, 3000));
			const stats = await pc.getStats();
			const inbound = [...stats.values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
			return [stats.get(inbound?.codecId)?.mimeType, inbound?.audioLevel];
		});
		assert.equal(codec, "audio/PCMU");
		// FFmpeg's sine is at -18 dBFS.
		assert(level > 0.1 && level < 0.15, `level ${level}`);
		assert((await page.evaluate(loudest, 1000)) > 0.1, "Opus is heard, too");
		await other.close();
		await page.close();
	}));

test("a media file", () =>
	withCamera({ video: makeFile() }, async (camera) => {
		const page = await open("chromium", camera.url);
		await page.waitForFunction(() => document.querySelector("video")?.videoWidth === 320, { timeout: 20_000 });
		assert((await page.evaluate(loudest, 1500)) > 0.05, "sound of the file");
		await page.close();
	}));

for (const name of names) {
	test(`${name}: a missing camera is told; the sound is served all the same, and the page says so`, () =>
		withCamera({ camera: "/dev/video99" }, async (camera) => {
			await camera.find(/error: video: .*video99.*\(media\/device-missing\)/);
			const page = await open(name, camera.url);
			await saysSoundOnly(page);
			assert.equal(await text(page, "state"), "Connected");
			assert((await page.evaluate(loudest, 2500)) > 0.05, "sound");
			assert.match((await text(page, "bitrate")) ?? "", /^0\.0[1-9] Mbit\/s$/);
			assert.match((await text(page, "roundtrip")) ?? "", /^[0-9.]+ ms$/);
			assert.match((await text(page, "loss")) ?? "", /^[0-9.]+ %$/);
			assert.equal(await text(page, "framerate"), "–");
			await page.close();
		}));
}

test("an unreadable file is told once, and so is a missing microphone", () =>
	withCamera({ video: "/nonexistent.mp4" }, async (camera) => {
		await camera.find(/error: video and audio: \/nonexistent.mp4: .*\(media\/file-unreadable\)/);
		assert.equal(camera.output.match(/nonexistent/g)?.length, 1, camera.output);
		await withCamera({ microphone: "nosuch" }, async (other) => {
			assert.equal(other.output.match(/.*nosuch.*/g)?.length, 1, other.output);
			await other.find(/error: audio: nosuch: No such file or directory \(media\/device-missing\)/);
			assert.doesNotMatch(other.output, /ALSA/);
		});
	}));

test("a picture that cannot be encoded is told, and the page shows that there is none", () =>
	withCamera({ video: makeFile("tiny.mp4", "10x10") }, async (camera) => {
		const page = await open("chromium", camera.url);
		await camera.find(/error: video: the picture is too small \(media\/unsupported\)/);
		await saysSoundOnly(page);
		await page.close();
	}));

test("1080p is announced as level 4, and seen in both browsers", () =>
	withCamera({ width: 1920, height: 1080, framerate: 10 }, async (camera) => {
		for (const name of names) {
			const page = await open(name, camera.url);
			await page.waitForFunction(() => document.querySelector("video")?.videoWidth === 1920, { timeout: 20_000 });
			const first = await picture(page);
			await sleep(1000);
			assert((await picture(page)).counter > first.counter, "the picture moves");
			await page.close();
		}
		const answer = await answerTo(camera);
		assert.match(answer, /profile-level-id=42e028/);
	}));

test("a port in use is told, and ends the program", async () => {
	const server = createServer().listen(0);
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	const camera = new Camera({ port });
	await camera.find(new RegExp(`port ${port} cannot be opened`), 60_000);
	assert.notEqual(await camera.exited, 0);
	server.close();
});

test("bad requests get their status, and the viewer goes on", () =>
	withCamera({}, async (camera) => {
		const page = await open("chromium", camera.url);
		await picture(page);
		const url = `${camera.url}whep`;
		const status = async (/** @type {RequestInit} */ init, path = "") => (await fetch(url + path, init)).status;
		const sdp = { "content-type": "application/sdp" };
		const offer = await page.evaluate(async () => {
			const pc = new RTCPeerConnection();
			pc.addTransceiver("video", { direction: "recvonly" });
			return (await pc.createOffer()).sdp ?? "";
		});
		assert.equal(await status({ method: "POST", body: "x", headers: { "content-type": "text/plain" } }), 415);
		assert.equal(await status({ method: "POST", body: "x", headers: sdp }), 400);
		assert.equal(await status({ method: "POST", body: offer.slice(0, 20), headers: sdp }), 400);
		assert.equal(await status({ method: "POST", body: offer.slice(0, 300), headers: sdp }), 406); // before its codecs
		assert.equal(await status({ method: "POST", body: offer.replace(/H264|H265|VP8/g, "VP9"), headers: sdp }), 406);
		assert.equal(await status({ method: "POST", body: "v=0".padEnd(20_000), headers: sdp }), 413);
		assert.equal(await status({ method: "DELETE" }, "/unknown"), 404);
		assert.equal(await status({ method: "PUT", body: "x" }), 405);
		const before = await picture(page);
		await sleep(500);
		assert((await picture(page)).counter > before.counter);
		await page.close();
	}));

for (const name of names) {
	test(`${name}: ICE is restarted by a PATCH, and the picture goes on`, () =>
		withCamera({}, async (camera) => {
			const page = await open(name, `${camera.url}plot.js`);
			await page.evaluate(restartable, `${camera.url}whep`);
			const before = await picture(page);
			const { status, ufrags } = await page.evaluate("restart()");
			assert.equal(status, 200);
			assert.notEqual(ufrags[0], ufrags[1]);
			await page.waitForFunction("selectedPair().then((pair) => pair && pair !== before)", { timeout: 20_000 });
			await sleep(8000); // longer than the consent of the path before
			const after = await picture(page);
			await sleep(500);
			assert((await picture(page)).counter > after.counter && after.counter > before.counter, "it moves");
			assert.equal(await page.evaluate("pc.connectionState"), "connected");
			await page.close();
			assert.equal(await camera.stop(), 0);
		}));
}

test("a wrong fingerprint ends that session only", () =>
	withCamera({}, async (camera) => {
		const page = await open("chromium", camera.url);
		await picture(page);
		const other = await open("chromium", "about:blank");
		await other.goto(`${camera.url}plot.js`);
		await other.evaluate(async (whep) => {
			const pc = new RTCPeerConnection();
			pc.addTransceiver("video", { direction: "recvonly" });
			await pc.setLocalDescription();
			const sdp = /** @type {RTCSessionDescription} */ (pc.localDescription).sdp;
			const forged = sdp.replace(
				/(a=fingerprint:sha-256 )(..)/g,
				(_, name, byte) => name + (byte === "00" ? "01" : "00"),
			);
			const response = await fetch(whep, {
				method: "POST",
				headers: { "content-type": "application/sdp" },
				body: forged,
			});
			await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
		}, `${camera.url}whep`);
		await camera.find(/peerConnectionFailed .*\(dtls\/fingerprint-mismatch\)/);
		const before = await picture(page);
		await sleep(500);
		assert((await picture(page)).counter > before.counter);
		await other.close();
		await page.close();
	}));

test("a viewer that vanishes is noticed and its place freed", () =>
	withCamera({ viewers: 1 }, async (camera) => {
		const browser = await launch("chromium");
		const page = await browser.newPage();
		await page.goto(camera.url);
		await picture(page);
		browser.process()?.kill("SIGKILL");
		await camera.find(/peerConnectionFailed .*\(ice\/consent-expired\)/, 50_000);
		const next = await open("chromium", camera.url);
		await picture(next);
		await next.close();
	}));

lossTests({ test, withCamera, open, picture });
pageTests({ test, withCamera, open, picture });
pictureTests({ test, open });

/** @template T @param {number} duration @param {Promise<T>} promise */
async function within(duration, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not done in ${duration / 1000} s`)), duration);
	});
	try {
		await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

// What is built now does not count as a test's time.
await build("examples/lan-camera");

const words = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const [name, run] of tests) {
	if (!words.every((word) => name.includes(word))) continue;
	const start = Date.now();
	try {
		await within(120_000, run());
		passed++;
		console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
	}
}
for (const browser of browsers.values()) browser.process()?.kill("SIGKILL");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
