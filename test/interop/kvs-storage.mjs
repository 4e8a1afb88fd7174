// SPDX-License-Identifier: Apache-2.0
// Storage sessions: the local KVS is a peer of another maker's (werift), which offers to record H.264 and Opus.
// @ts-check
import assert from "node:assert/strict";
import { inWorld, until } from "./world.mjs";

/** @typedef {import("./world.mjs").World} World */

const stream = "arn:aws:kinesisvideo:eu-west-1:123456789012:stream/porch/1700000000000";
const joins = (/** @type {World} */ { service }) => service.state.counters.requests.joinStorageSession ?? 0;

/**
 * Waits for so many more packets of each kind.
 * @param {World} world
 * @param {string} when
 */
async function records({ service }, when, more = 30) {
	const packets = () => service.storage.state.find(({ status }) => status === "connected")?.packets;
	const { video, audio } = { ...(await until(`a storage session ${when}`, packets)) };
	await until(`packets of both kinds ${when}`, () => {
		const now = packets();
		return now && now.video > video + more && now.audio > audio + more;
	});
}

/** @type {import("./run.mjs").Row[]} */
export const rows = [
	{
		name: "a storage session: our master joins through faults, and sends what is recorded, over a cut and in a session that follows",
		run: () =>
			inWorld([], async (world) => {
				const { service } = world;
				service.channels.list[0].storage = { Status: "ENABLED", StreamARN: stream };
				// On the way there, each step goes wrong; at last the offer is lost with the WebSocket.
				service.faults.add([
					{ on: "describeMediaStorageConfiguration", do: "error", status: 503 },
					{ on: "joinStorageSession", do: "error", status: 500 },
					{ on: "deliver", role: "MASTER", action: "SDP_OFFER", do: "reset" },
				]);
				const camera = await world.camera({
					...world.settings,
					useMediaStorage: "true",
					width: 640,
					height: 360,
				});
				await records(world, "after the faults");
				assert(
					service.faults.list.every(({ done }) => done === 1),
					JSON.stringify(service.faults.list),
				);
				assert.equal(joins(world), 3);

				const before = world.master;
				before?.do("reset");
				await world.reconnected(before);
				await records(world, "through a cut");
				assert.equal(joins(world), 3, "it was in a session");
				assert(!camera.output.includes("peerDisconnected"));

				// The service begins anew, and the camera does not know yet that the session before has ended.
				service.storage.join(service.channels.list[0], undefined);
				await until(
					"another session",
					() => !service.storage.state.some(({ status }) => status === "connected"),
				);
				await records(world, "in another session");
				assert.equal(joins(world), 3);
				const [{ packets }] = service.storage.state;
				assert.equal(await camera.stop(), 0);
				return `${packets.video} packets of video, ${packets.audio} of audio in the last session`;
			}),
	},
];
