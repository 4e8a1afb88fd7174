// SPDX-License-Identifier: Apache-2.0
// The end of channels, of the association and of the connection, with data under way.
// @ts-check
import assert from "node:assert/strict";
import { answer, connect, sleep } from "./session.mjs";

/** @typedef {import("./session.mjs").Scenario} Scenario */

/** @param {boolean} byDevice @returns {Scenario} */
function closing(byDevice) {
	const [count, size] = [60, 16384];
	return {
		name: `${byDevice ? "hears of" : "asks for"} a channel's end while data is under way, ten times over`,
		short: byDevice,
		async run(session) {
			const { peer, device, forgets, pause } = session;
			await peer.do("make", { label: "stays" });
			await connect(session, false);
			await peer.do("opened", { label: "stays" });
			for (let i = 0; i < 10; i++) {
				const label = `c${i}`;
				await peer.do("make", { label });
				await peer.do("opened", { label });
				if (byDevice) {
					await peer.do("echo", { label, sizes: [1] }); // the device knows it
					device.command("flood", { label, count, size });
					device.command("close", { label });
					const { count: came } = await peer.do("closed", { label });
					assert(came <= count && (came === count || forgets), `${label}: ${came} messages before the end`);
				} else {
					await peer.do("flood", { label, count, size });
					await peer.do("close", { label });
					await peer.do("closed", { label });
					await new Promise((resolve) => setTimeout(resolve, pause));
				}
			}
			const messages = await peer.do("echo", { label: "stays", sizes: [1, 16384] });
			return `${messages} messages on the one that stays`;
		},
	};
}

/** The device ends the association (SHUTDOWN): all that it has sent comes, and both hear of no error. @type {Scenario} */
const inOrder = {
	name: "has all that was sent when the device ends the association",
	async run(session) {
		const { peer, device, forgets } = session;
		const [count, size] = [60, 16384];
		await peer.do("make", { label: "last" });
		await connect(session, false);
		await peer.do("opened", { label: "last" });
		await peer.do("echo", { label: "last", sizes: [1] });
		device.command("flood", { label: "last", count, size });
		const [state] = await answer(session, "association", () => device.command("shutdown"), 60);
		assert.equal(state, "closed");
		const { count: came, events } = await peer.do("closed", { label: "last" });
		assert(came <= count && (came === count || forgets), `${came} messages before the end`);
		assert.deepEqual(events, ["close"]);
		assert(!device.told.some((line) => line.startsWith("channel-error")), "the device hears of no error");
		return `${came} messages, then ${events.join(", ")}`;
	},
};

/** The peer ends the connection. @type {Scenario} */
const ofTheConnection = {
	name: "ends the connection while data is under way in both directions",
	async run(session) {
		const { peer, device } = session;
		await peer.do("make", { label: "flooded" });
		await connect(session, false);
		await peer.do("opened", { label: "flooded" });
		await peer.do("echo", { label: "flooded", sizes: [1] });
		device.command("flood", { label: "flooded", count: 60, size: 16384 });
		await peer.do("flood", { label: "flooded", count: 60, size: 16384 });
		const start = Date.now();
		await answer(session, "channel-over", () => void peer.do("end").catch(() => undefined), 60); // some just go
		const waited = Date.now() - start;
		await sleep(100);
		const isError = device.told.some((line) => line.startsWith("channel-error flooded"));
		return `the device hears of ${isError ? "an error and " : ""}its channel's end after ${waited} ms`;
	},
};

export const ends = [closing(false), closing(true), inOrder, ofTheConnection];
