// SPDX-License-Identifier: Apache-2.0
// What a start costs, as the local KVS counts it; and starts that cannot succeed.
// @ts-check
import assert from "node:assert/strict";
import { inWorld, sleep } from "./world.mjs";

/** @param {import("./world.mjs").World} world @returns {string} what was asked of the service since the last time */
function cost({ service }) {
	const { requests, connections } = service.state.counters;
	const list = Object.entries(requests).map(([name, count]) => (count === 1 ? name : `${name} × ${count}`));
	const total = Object.values(connections).reduce((sum, count) => sum + count, 0);
	service.resetCounters();
	return `${list.join(", ")}; ${total} TLS connections`;
}

/** @param {import("../browser/camera.mjs").Application} camera */
const duration = ({ output }) => `ready after ${/Ready after (\d+ ms)/.exec(output)?.[1]}`;

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	{
		name: "a cold start, then a warm one: what they ask of the service",
		timeout: 600,
		run: () =>
			inWorld([], async (world) => {
				const said = [];
				for (const expected of [
					"describeSignalingChannel, getSignalingChannelEndpoint, connectAsMaster, getIceServerConfig; 3 TLS connections",
					"connectAsMaster, getIceServerConfig; 2 TLS connections",
				]) {
					const camera = await world.camera();
					await world.requested("getIceServerConfig");
					await sleep(500); // whatever else it might do
					const asked = cost(world);
					assert.equal(asked, expected);
					said.push(`${asked}; ${duration(camera)}`);
					assert.equal(await camera.stop(), 0);
				}
				return said.join(" | ");
			}),
	},
	{
		name: "a channel that is not there is made",
		run: () =>
			inWorld([], async (world) => {
				await world.camera({ ...world.settings, channelName: "garden" });
				assert(world.service.channels.list.some(({ name }) => name === "garden"));
				return cost(world);
			}),
	},
	{
		name: "a device with a certificate gets its keys from IoT",
		run: () =>
			inWorld([], async (world) => {
				const camera = await world.camera(await world.deviceSettings());
				return `${cost(world)}; ${duration(camera)}`;
			}),
	},
	{
		name: "a server's certificate that does not verify is a clear error, and tried again",
		run: () =>
			inWorld([], async (world) => {
				const camera = world.start("examples/kvs-camera", { ...world.settings, ca: "" });
				const [said] = await camera.find(/signalingError: .*/, 600_000);
				assert.match(
					said,
					/localhost: TLS: the server's certificate is signed by nobody whom this host trusts/,
				);
				await camera.find(/signalingError: [^]*signalingError: /);
				assert.deepEqual(world.service.state.counters.requests, {});
				assert.equal(await camera.stop(), 0);
				return said;
			}),
	},
	{
		name: "wrong keys are a clear error without a secret in it",
		run: () =>
			inWorld([], async (world) => {
				const secretAccessKey = "this-key-is-wrong";
				const camera = world.start("examples/kvs-camera", { ...world.settings, secretAccessKey });
				const [said] = await camera.find(/signalingError: .*/, 600_000);
				assert.match(said, /InvalidSignatureException/);
				assert(!camera.output.includes(secretAccessKey));
				assert.equal(await camera.stop(), 0);
				return said;
			}),
	},
	{
		name: "without settings the examples say what to set, and end",
		run: () =>
			inWorld([], async (world) => {
				for (const name of ["kvs-camera", "kvs-viewer"]) {
					const example = world.start(`examples/${name}`, {});
					assert.equal(await example.exited, 2);
					assert.match(example.output, /Not set yet: channelName, region, accessKeyId, secretAccessKey/);
				}
			}),
	},
];
