// SPDX-License-Identifier: Apache-2.0
// Browsers that find the device by a name of the local network (RFC 8828): it hears of none of their candidates, so that the
// first check is theirs, and goes to where the name leads.
// @ts-check
import assert from "node:assert/strict";
import { withoutCandidates } from "./dtls/tap.mjs";
import { startPage } from "./peers/browser.mjs";
import { Devices, DeviceSession } from "./peers/device.mjs";
import { Scene } from "./peers/scene.mjs";
import { describe } from "./peers/sdp.mjs";

/** @typedef {import("./run.mjs").Row} Row */

const devices = new Devices({ names: "yes" });

/** @param {string} sdp */
function assertNamed(sdp) {
	const hosts = sdp.split("\r\n").filter((line) => /^a=candidate:.* typ host/.test(line));
	assert.ok(hosts.length > 0);
	for (const line of hosts) assert.match(line, / [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local /);
}

/** @param {"chromium" | "firefox"} name @param {"browser" | "device"} offers */
async function play(name, offers) {
	const peer = await startPage(name, {});
	const device = await DeviceSession.open("both", devices);
	try {
		const scene = new Scene(peer, device);
		await peer.do("open", { sections: offers === "browser" ? ["video", "audio"] : [] });
		if (offers === "browser") {
			scene.offer = await peer.do("offer");
			device.send({ type: "offer", sdp: withoutCandidates(scene.offer) });
			scene.answer = await device.description("answer");
			scene.sections = describe(scene.answer);
			assertNamed(scene.answer);
			await peer.do("accept", { sdp: scene.answer });
		} else {
			device.command("offer");
			scene.offer = await device.description("offer");
			scene.sections = describe(scene.offer);
			assertNamed(scene.offer);
			scene.answer = await peer.do("answer", { sdp: scene.offer });
			device.send({ type: "answer", sdp: withoutCandidates(scene.answer) });
		}
		await scene.arrives("video", "audio");
		scene.end();
	} finally {
		device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** Builds and starts the device: the first time takes a minute, which is no row's. */
export const prepare = () => devices.port("both");

/** Ends the device. */
export const finish = () => devices.stop();

/** @type {Row[]} */
export const rows = /** @type {const} */ (["chromium", "firefox"]).flatMap((name) =>
	/** @type {const} */ (["browser", "device"]).map((offers) => ({
		name: `${name} looks the device up, the ${offers} offers`,
		run: () => play(name, offers),
	})),
);
