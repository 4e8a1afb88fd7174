// SPDX-License-Identifier: Apache-2.0
// Who offers, how candidates come, and who is DTLS's client: each with each, with both browsers; and ClientHellos of
// browsers in parts, on a bad way. Theirs have keys that outlast quantum computers by default, and are as large as they get.
// @ts-check
import assert from "node:assert/strict";
import { names } from "../../browser/browsers.mjs";
import { startPage } from "../peers/browser.mjs";
import { Scene } from "../peers/scene.mjs";
import { describe } from "../peers/sdp.mjs";
import { devices, DeviceSession } from "../peers/device.mjs";
import { Tap, withoutCandidates } from "./tap.mjs";

/** @typedef {import("../run.mjs").Row} Row */
/**
 * @typedef {object} How
 * @property {(typeof names)[number]} browser
 * @property {"browser" | "device"} offers
 * @property {boolean} trickles the browser's candidates come one by one, after its description
 * @property {"client" | "server"} role the device's
 * @property {import("./tap.mjs").Way} [way] of the browser's ClientHello
 */

/** The offerer leaves no choice (RFC 8842 section 5.2). @param {string} sdp */
const active = (sdp) => sdp.replace(/^a=setup:actpass/gm, "a=setup:active");

/** @param {string} sdp @param {string} setup */
const says = (sdp, setup) => assert.match(sdp, new RegExp(`^a=setup:${setup}\r?$`, "m"));

/** @param {string} sdp */
const hasCandidates = (sdp) => /^a=candidate:/m.test(sdp);

/** The browser's candidates, to the last. @param {Scene} scene */
async function trickle({ peer, device }) {
	const end = Date.now() + 10_000;
	for (let isDone = false; !isDone; await new Promise((resolve) => setTimeout(resolve, 20))) {
		for (const candidate of await peer.do("candidates")) {
			isDone = !candidate.candidate;
			device.send({ type: "candidate", candidate });
		}
		assert(Date.now() < end, "the browser's gathering does not end");
	}
}

/** @param {Scene} scene @param {How} how @returns {Promise<Tap | undefined>} */
async function browserOffers(scene, { role, trickles, way }) {
	const { peer, device } = scene;
	const own = await peer.do("offer");
	if (trickles) assert(!hasCandidates(own), "the browser has not waited for its candidates");
	scene.offer = role === "server" ? active(own) : own;
	device.send({ type: "offer", sdp: way ? withoutCandidates(scene.offer) : scene.offer });
	scene.answer = await device.description("answer");
	says(scene.answer, role === "server" ? "passive" : "active");
	scene.sections = describe(scene.answer);
	const between = way && (await Tap.before(scene.answer, way));
	await peer.do("accept", { sdp: between ? between.sdp : scene.answer });
	return between?.tap;
}

/** @param {Scene} scene @param {How} how */
async function deviceOffers(scene, { role, trickles }) {
	const { peer, device } = scene;
	device.command("offer");
	scene.offer = await device.description("offer");
	says(scene.offer, "actpass");
	scene.sections = describe(scene.offer);
	scene.answer = await peer.do("answer", { sdp: role === "client" ? active(scene.offer) : scene.offer });
	if (trickles) assert(!hasCandidates(scene.answer), "the browser has not waited for its candidates");
	says(scene.answer, role === "server" ? "active" : "passive");
	device.send({ type: "answer", sdp: scene.answer });
}

/** @param {How} how */
async function play(how) {
	const peer = await startPage(how.browser);
	const device = await DeviceSession.open("both");
	/** @type {Tap | undefined} */
	let tap;
	try {
		const scene = new Scene(peer, device);
		const isOfferer = how.offers === "browser";
		await peer.do("open", { sections: isOfferer ? ["video", "audio"] : [], trickles: how.trickles });
		if (isOfferer) tap = await browserOffers(scene, how);
		else await deviceOffers(scene, how);
		if (how.trickles) await trickle(scene);
		await scene.arrives("video", "audio");
		scene.end();
		assert(!tap || tap.hello.parts.length > 1, "the ClientHello came in one part");
		return tap && `ClientHello of ${tap.hello.whole} bytes in parts of ${tap.hello.parts.join(" and ")}`;
	} finally {
		tap?.close();
		device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** Builds and starts the device: the first time takes a minute, which is no row's. */
export const prepare = () => devices.port("both");

/** @type {Row[]} */
const matrix = names.flatMap((browser) =>
	/** @type {const} */ (["browser", "device"]).flatMap((offers) =>
		[false, true].flatMap((trickles) =>
			/** @type {const} */ (["client", "server"]).map((role) => ({
				name: `${browser}: the ${offers} offers, ${trickles ? "candidates trickle" : "no trickle"}, the device is DTLS's ${role}`,
				timeout: 60,
				run: () => play({ browser, offers, trickles, role }),
			})),
		),
	),
);

const ways = /** @type {const} */ (["in order", "the last first", "the first lost", "each twice"]);
/** @type {Row[]} */
const hellos = names.flatMap((browser) =>
	ways.map((way) => ({
		name: `${browser}: its ClientHello comes in parts, ${way}`,
		timeout: 60,
		run: () => play({ browser, offers: "browser", trickles: false, role: "server", way }),
	})),
);

export const rows = [...matrix, ...hellos];
