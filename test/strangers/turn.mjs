// SPDX-License-Identifier: Apache-2.0
// Whatever a TURN server does, or does not, the camera serves on by the other ways, and in the end holds what it held before.
// `node test/strangers/turn.mjs [TEXT …]` takes only the behaviours whose names contain one of the texts.
// @ts-check
import assert from "node:assert/strict";
import { checkGrowth, withPictures } from "../soak/growth.mjs";
import { Viewer } from "../soak/viewer.mjs";
import { WatchedCamera } from "../soak/watched.mjs";
import { fragment } from "./shapes/fragment.mjs";
import { candidate, times } from "./offer.mjs";
import { Stranger } from "./stranger.mjs";
import { behaviours } from "./turn/behaviours.mjs";
import { method, Server } from "./turn/server.mjs";

const size = Object.freeze({ width: 320, height: 240 });
const growth = Object.freeze({ heap: 64 * 1024, slots: 128, chunks: 4096, descriptors: 0, threads: 0 });
const mostPermissions = 64; // of an allocation: modules/ice/turn.ts

const texts = process.argv.slice(2);
const wanted = behaviours.filter(([name]) => !texts.length || texts.some((text) => name.includes(text)));
const servers = [await Server.start(), await Server.start()];
const urls = servers.flatMap(({ port }) => [`turn:127.0.0.1:${port}`, `turn:127.0.0.1:${port}?transport=tcp`]);
const iceServers = { iceServers: urls.join(","), iceUsername: "user", iceCredential: "secret" };
const camera = await new WatchedCamera({ ...size, framerate: 15, bitrate: 200_000, ...iceServers }, [
	"--stats",
]).ready();
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
let passed = 0;
let failed = 0;

/** @param {string} name @param {() => Promise<unknown>} run */
async function row(name, run) {
	const start = Date.now();
	try {
		await run();
		passed++;
		console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
	} catch (error) {
		failed++;
		console.log(`FAILED ${name}`, error, camera.output.replace(/^report: .*\n/gm, "").slice(-3000));
	}
}

/** A viewer comes, sees and goes, while the servers do as they are told. @param {(viewer: Viewer) => Promise<void>} [use] */
async function session(use) {
	const viewer = new Viewer(camera.url);
	try {
		await viewer.open();
		await viewer.watch(5);
		await use?.(viewer);
		await viewer.watch(5);
		await viewer.close();
	} finally {
		viewer.vanish();
	}
}

/** The last viewer's encoder and connections are gone, too. */
async function rest() {
	for (let count = 0; count < 3; count++) await camera.sample(0);
	return camera.sample(0);
}

/** Both servers do this, or each something else. @param {readonly import("./turn/server.mjs").Behaviour[]} all */
function behave(...all) {
	for (const [index, server] of servers.entries()) {
		server.behaviour = all[index % all.length] ?? {};
		server.requests = {};
	}
}

const right = {
	request: (/** @type {import("./turn/server.mjs").Client} */ client, /** @type {Buffer} */ message) =>
		client.serve(message),
};

/** @type {import("../soak/watched.mjs").Sample | undefined} */
let before;
await row("servers that do what is right", async () => {
	behave(right);
	for (let count = 0; count < 3; count++) await session();
	assert((servers[0]?.requests[method.allocate] ?? 0) >= 2, "it was not asked");
	before = await rest();
});
for (let at = 0; at < wanted.length; at += 2) {
	const pair = wanted.slice(at, at + 2);
	await row(pair.map(([name]) => name).join("; "), async () => {
		behave(...pair.map(([, behaviour]) => behaviour));
		await session(() => sleep(700));
	});
}
await row("500 candidates of a stranger, each of which might be asked a permission for", async () => {
	behave(right);
	const stranger = new Stranger({ host: "127.0.0.1", port: Number(new URL(camera.url).port) }, "127.0.0.2");
	const its = await stranger.enter();
	assert(its);
	await session(async () => {
		for (let group = 0; group < 10; group++)
			await stranger.trickle(
				its,
				fragment(
					its,
					times(50, (i) => candidate(50 * group + i)),
				),
			);
		await sleep(700);
	});
	await stranger.leave();
	for (const { requests } of servers)
		assert((requests[method.permission] ?? 0) <= 2 * mostPermissions, `${requests[method.permission]} permissions`);
});
await row("heaps, threads and descriptors are as they were", async () => {
	behave(right);
	await session();
	const after = await rest();
	console.log(`before: ${JSON.stringify(before)}\nafter: ${JSON.stringify(after)}`);
	assert(before);
	checkGrowth(withPictures(before, after, size), after, growth);
	assert(
		servers.every(({ connections }) => connections.size === 0),
		"connections are open still",
	);
});
await row("ends as it should", async () => assert.equal(await camera.stop(), 0));
camera.process.kill();
for (const server of servers) server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
