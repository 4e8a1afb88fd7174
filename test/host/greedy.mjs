// SPDX-License-Identifier: Apache-2.0
// With a board's heap, whoever can reach the device's port fills it with all that it takes: the largest offers of as many
// viewers as there are places, unfinished bodies, unfinished heads. The viewers' pictures go on, and nothing ends.
// @ts-check
import assert from "node:assert/strict";
import { connect } from "node:net";
import { Camera } from "../browser/camera.mjs";
import { Viewer } from "../soak/viewer.mjs";

const viewers = Number(process.argv[2] ?? 5); // the most that lan-camera takes
const largestOffer = 12_288; // bytes; see modules/signaling/whep/endpoint.ts
const host = "host: a\r\n";

/** @param {string} sdp */
const padded = (sdp) => {
	const line = (/** @type {number} */ number) => `a=fingerprint:sha-256 ${`${number + 16}:`.repeat(31)}AA\r\n`;
	const count = Math.floor((largestOffer - sdp.length) / line(0).length);
	const lines = Array.from({ length: count }, (_, number) => line(number)).join("");
	return sdp.replace(/(?<=\r\n)m=/, `${lines}m=`);
};

/** Sends a beginning and then nothing. @param {number} port @param {string} text */
function begin(port, text) {
	const socket = connect(port, "127.0.0.1", () => socket.write(text));
	socket.on("error", () => {});
	return socket;
}

const camera = await new Camera({ viewers, width: 320, height: 240, bitrate: 200_000 }, ["--stats"]).ready();
const port = Number(new URL(camera.url).port);
/** @type {Viewer[]} */
const watching = [];
/** @type {import("node:net").Socket[]} */
const idle = [];
const longest = `POST /whep HTTP/1.1\r\n${host}content-type: application/sdp\r\ncontent-length: ${largestOffer}\r\n\r\n`;
const attacks = {
	bodies: () => `${longest}${"v=0\r\n".repeat(2400)}`,
	heads: () => `GET / HTTP/1.1\r\n${host}${`x-greedy: ${"z".repeat(1000)}\r\n`.repeat(3)}x-more: ${"z".repeat(800)}`,
	chunks: () => `POST /whep HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n2000\r\n${"c".repeat(8000)}`,
};

async function alive() {
	await Promise.all(watching.map((viewer) => viewer.watch(5)));
	assert.equal(camera.process.exitCode, null, camera.output);
}

/** Another viewer, with the largest offer there is. @returns {Promise<number>} the status of its answer */
async function another() {
	const headers = { "content-type": "application/sdp" };
	const body = `v=0\r\n${`a=x-greedy:${"y".repeat(100)}\r\n`.repeat(105)}`;
	return (await fetch(`${camera.url}whep`, { method: "POST", headers, body })).status;
}

/** The page is served as soon as the device has seen that the others have gone. */
async function page() {
	const end = Date.now() + 5000;
	for (;;) {
		const status = await fetch(camera.url)
			.then((response) => response.status)
			.catch(() => 0);
		if (status || Date.now() > end) return status;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

try {
	for (let i = 0; i < viewers; i++) {
		const viewer = new Viewer(camera.url);
		watching.push(viewer);
		await viewer.open({ offer: padded });
	}
	await alive();
	const ninth = new Viewer(camera.url);
	await assert.rejects(ninth.open({ offer: padded }), /503 All \d+ places are taken/);
	ninth.vanish();
	for (const [name, text] of Object.entries(attacks)) {
		for (let round = 0; round < 3; round++) {
			for (let i = 0; i < 20; i++) idle.push(begin(port, text()));
			const statuses = await Promise.allSettled([another(), another(), another()]);
			for (const answer of statuses)
				if (answer.status === "fulfilled")
					assert([400, 503].includes(answer.value), `${name}: ${answer.value}`);
			await alive();
			for (const socket of idle.splice(0)) socket.destroy();
		}
		console.log(`${name}: all ${viewers} pictures go on`);
	}
	assert.equal(await page(), 200);
	for (const viewer of watching) await viewer.close();
	const next = new Viewer(camera.url);
	await next.open({ offer: padded });
	await next.watch(5);
	await next.close();
	assert.equal(await camera.stop(), 0, camera.output);
	console.log(/XS Chunks Peak.*|.*eak.*/.exec(camera.output)?.[0] ?? "");
	console.log("1 passed, 0 failed");
	process.exit(0);
} catch (error) {
	console.log(error instanceof Error ? error.stack : error, camera.output.slice(-3000));
	console.log("0 passed, 1 failed");
	camera.process.kill();
	process.exit(1);
}
