// SPDX-License-Identifier: Apache-2.0
// Viewers of a KVS channel that send what no viewer sends: the camera goes on, for its viewer and for the next one.
// @ts-check
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application } from "../browser/camera.mjs";
import { Fixture, region } from "../kvs/harness.mjs";
import { Viewer } from "../soak/viewer.mjs";
import shapes from "./shapes/json.mjs";
import { composeOffer, randomCredentials } from "./offer.mjs";

const actions = ["SDP_OFFER", "ICE_CANDIDATE", "SDP_ANSWER"];
const state = mkdtempSync(join(tmpdir(), "strangers-"));
process.on("exit", () => rmSync(state, { recursive: true, force: true }));

/** A viewer's way by KVS. @implements {import("../soak/viewer.mjs").Signaling} */
class ByKVS {
	/** @param {import("../kvs/harness.mjs").Probe} probe */
	constructor(probe) {
		this.probe = probe;
	}

	/** @param {string} sdp */
	async exchange(sdp) {
		this.probe.client.sendSdpOffer(/** @type {RTCSessionDescription} */ ({ type: "offer", sdp }));
		const { value } = (await this.probe.hear("sdpAnswer")) ?? {};
		return value.sdp;
	}

	async end() {}
}

/** @param {Fixture} fixture @param {string} arn */
async function attack(fixture, arn) {
	const settings = {
		...{ channelName: "porch", region, endpoint: fixture.service.url("control"), ca: fixture.ca },
		...fixture.service.credentials.static,
		...{ width: 320, height: 240, framerate: 15, bitrate: 200_000 },
	};
	const camera = new Application("examples/kvs-camera", settings, ["--stats"], { XS_WEBRTC_STATE: state });
	try {
		await camera.find(/The camera is live/, 600_000);
		const viewer = new Viewer(new ByKVS(await fixture.viewer(arn, "viewer").open()));
		await viewer.open();
		await viewer.watch(5);
		for (const { name, payload } of shapes) {
			const stranger = await fixture.viewer(arn, `stranger-${name.length}`).open();
			for (let count = 0; count < 6; count++) {
				const action = actions[count % actions.length];
				const messagePayload = payload().toString("base64");
				stranger.socket.send(JSON.stringify({ action, messagePayload, recipientClientId: "" }));
			}
			await viewer.watch(3);
			assert.equal(camera.process.exitCode, null, `${name}: the machine has ended`);
			await answered(stranger, name);
			stranger.close();
		}
		await viewer.watch(5);
		viewer.vanish();
		assert.equal(await camera.stop(), 0);
		console.log(camera.output.match(/^# (slots|chunk bytes): .*$/gm)?.join("; "));
	} catch (error) {
		console.log(camera.output.slice(-3000));
		throw error;
	} finally {
		camera.process.kill();
	}
}

/** A right offer is answered, or turned down in words, after all that. @param {import("../kvs/harness.mjs").Probe} stranger @param {string} name */
async function answered(stranger, name) {
	const sdp = composeOffer({ own: randomCredentials() });
	stranger.client.sendSdpOffer(/** @type {RTCSessionDescription} */ ({ type: "offer", sdp }));
	const deadline = Date.now() + 20_000; // it waits for memory for 15 s
	while (!stranger.heard.some(({ event }) => event === "sdpAnswer")) {
		assert(Date.now() < deadline, `${name}: an offer after it is not answered: ${JSON.stringify(stranger.heard)}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

const fixture = await Fixture.start([]);
try {
	await attack(fixture, await fixture.create("porch"));
	console.log(`ok ${shapes.length} shapes of JSON from a viewer of the channel\n1 passed, 0 failed`);
} catch (error) {
	console.log("FAILED", error, "\n0 passed, 1 failed");
	process.exitCode = 1;
} finally {
	await fixture.close();
}
process.exit();
