// SPDX-License-Identifier: Apache-2.0
// Peers that reach the device by TCP alone (RFC 6544), or that it reaches: no UDP comes through, or none is told of.
// @ts-check
import assert from "node:assert/strict";
import { withoutCandidates } from "./dtls/tap.mjs";
import { startPage } from "./peers/browser.mjs";
import { devices, DeviceSession } from "./peers/device.mjs";
import { implementations } from "./peers/peer.mjs";
import { Scene } from "./peers/scene.mjs";
import { describe } from "./peers/sdp.mjs";

/** @typedef {import("./run.mjs").Row} Row */

/** @param {string} sdp */
const withoutUdp = (sdp) =>
	sdp
		.split("\r\n")
		.filter((line) => !/^a=candidate:\S+ 1 udp /i.test(line))
		.join("\r\n");

/** @param {string} sdp */
const same = (sdp) => sdp;

/**
 * @param {"chromium" | "firefox"} name
 * @param {NonNullable<Parameters<typeof startPage>[1]>} options
 * @param {"browser" | "device"} offers
 * @param {boolean} hidesUdp whether neither side hears of the other's candidates of UDP; else the browser may not use it
 */
async function play(name, options, offers, hidesUdp) {
	const peer = await startPage(name, options);
	const device = await DeviceSession.open("tcp");
	const [toBrowser, toDevice] = hidesUdp ? [withoutUdp, withoutCandidates] : [same, same];
	try {
		const scene = new Scene(peer, device);
		await peer.do("open", { sections: offers === "browser" ? ["video", "audio"] : [] });
		if (offers === "browser") {
			scene.offer = await peer.do("offer");
			device.send({ type: "offer", sdp: toDevice(scene.offer) });
			scene.answer = await device.description("answer");
			scene.sections = describe(scene.answer);
			await peer.do("accept", { sdp: toBrowser(scene.answer) });
		} else {
			device.command("offer");
			scene.offer = await device.description("offer");
			scene.sections = describe(scene.offer);
			scene.answer = await peer.do("answer", { sdp: toBrowser(scene.offer) });
			device.send({ type: "answer", sdp: toDevice(scene.answer) });
		}
		await scene.arrives("video", "audio");
		assert.equal(await peer.do("way"), "tcp");
		await new Promise((resolve) => setTimeout(resolve, 3000));
		await scene.arrives("video", "audio");
		scene.end();
	} finally {
		device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** Of all candidates, those of who waits for, or begins, a connection. @param {string} sdp @param {"active" | "passive"} tcpType */
const only = (sdp, tcpType) =>
	sdp
		.split("\r\n")
		.filter((line) => !line.startsWith("a=candidate:") || line.includes(` tcptype ${tcpType}`))
		.join("\r\n");

/**
 * GStreamer's agent (libnice) waits for connections, which browsers never do; and the device connects.
 * @param {"gstreamer" | "device"} offers
 */
async function connect(offers) {
	const gstreamer = implementations.find(({ name }) => name === "gstreamer");
	assert.ok(gstreamer);
	const peer = await gstreamer.start();
	const device = await DeviceSession.open("tcp");
	try {
		const scene = new Scene(peer, device);
		await peer.do("open", { sections: offers === "gstreamer" ? ["video", "audio"] : [], bundle: "max-bundle" });
		if (offers === "gstreamer") {
			scene.offer = await peer.do("offer");
			device.send({ type: "offer", sdp: only(scene.offer, "passive") });
			scene.answer = await device.description("answer");
			scene.sections = describe(scene.answer);
			await peer.do("accept", { sdp: only(scene.answer, "active") });
		} else {
			device.command("offer");
			scene.offer = await device.description("offer");
			scene.sections = describe(scene.offer);
			scene.answer = await peer.do("answer", { sdp: only(scene.offer, "active") });
			device.send({ type: "answer", sdp: only(scene.answer, "passive") });
		}
		await scene.arrives("video", "audio");
		device.command("pair");
		assert.equal((await device.message("pair")).tcpType, "active");
		await new Promise((resolve) => setTimeout(resolve, 8000)); // consent
		await scene.arrives("video", "audio");
		scene.end();
	} finally {
		device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** Builds and starts the device: the first time takes a minute, which is no row's. */
export const prepare = () => devices.port("tcp");

const tcp = { preferences: { "media.peerconnection.ice.tcp": true } }; // not by default

/** @type {Row[]} */
const browsers = /** @type {const} */ (["browser", "device"]).flatMap((offers) => [
	{
		name: `chromium hears of TCP alone, the ${offers} offers`,
		run: () => play("chromium", {}, offers, true),
	},
	{
		name: `chromium may use no UDP, the ${offers} offers`,
		run: () => play("chromium", { args: ["--webrtc-ip-handling-policy=disable_non_proxied_udp"] }, offers, false),
	},
	{
		name: `firefox hears of TCP alone, the ${offers} offers`,
		run: () => play("firefox", tcp, offers, true),
	},
]);

/** @type {Row[]} */
export const rows = [
	...browsers,
	.../** @type {const} */ (["gstreamer", "device"]).map((offers) => ({
		name: `gstreamer waits, and the device connects by TCP, the ${offers} offers`,
		run: () => connect(offers),
	})),
];
