// SPDX-License-Identifier: Apache-2.0
// What rows.mjs excuses, of a library with itself and without us. A row fails when that is no longer so: then the excuse has to go.
// @ts-check
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sleep } from "./session.mjs";

/** @typedef {import("../run.mjs").Row & { of: string }} Fault */
/** @typedef {{ send(message: object): void, onSdp(take: (message: any) => void): void }} Wire */

/** The other side of a connection, in a process of its own. @param {string} part @returns {{ wire: Wire, stop: () => void }} */
function startOther(part) {
	const child = fork(fileURLToPath(import.meta.url), [part]);
	return {
		wire: {
			send: (message) => void child.send(message),
			onSdp: (take) => void child.on("message", (/** @type {any} */ message) => message.sdp && take(message)),
		},
		stop: () => void child.kill("SIGKILL"),
	};
}

/** @param {any} pc @returns {Promise<{ type: string, sdp: string }>} */
async function gathered(pc) {
	while (pc.iceGatheringState !== "complete") await sleep(5);
	const { type, sdp } = pc.localDescription;
	return { type, sdp };
}

/** @param {any} pc @param {Wire} wire */
async function offer(pc, wire) {
	wire.onSdp((answer) => pc.setRemoteDescription(answer));
	await pc.setLocalDescription(await pc.createOffer());
	wire.send(await gathered(pc));
}

/** @param {any} pc */
function answerParent(pc) {
	process.on("message", async (/** @type {any} */ message) => {
		await pc.setRemoteDescription(message);
		await pc.setLocalDescription(await pc.createAnswer());
		process.send?.(await gathered(pc));
	});
}

/** @type {Fault} */
const nothingEmpty = {
	of: "werift",
	name: "werift with itself: empty messages do not arrive",
	timeout: 60,
	async run() {
		const { RTCPeerConnection } = await import("werift");
		const { wire, stop } = startOther("echoes");
		const pc = new RTCPeerConnection({ iceServers: [] });
		try {
			const channel = pc.createDataChannel("c");
			/** @type {number[]} */
			const came = [];
			channel.onmessage = ({ data }) => came.push(data.length);
			const opened = new Promise((resolve) => (channel.onopen = resolve));
			await offer(pc, wire);
			await opened;
			for (const bytes of [1, 0, 2]) channel.send(Buffer.alloc(bytes));
			for (let i = 0; i < 60 && !came.includes(2); i++) await sleep(50);
			assert.equal(came[0], 1);
			assert(!came.includes(0), "they arrive: it is excused no longer");
			return `of messages of 1, 0 and 2 bytes come back: ${came.join(", ")}`;
		} finally {
			await pc.close();
			stop();
		}
	},
};

export const faults = [nothingEmpty];

const part = process.send ? process.argv[2] : undefined;
if (part === "echoes") {
	const { RTCPeerConnection } = await import("werift");
	const pc = new RTCPeerConnection({ iceServers: [] });
	pc.ondatachannel = ({ channel }) => {
		channel.onmessage = ({ data }) => channel.send(data);
	};
	answerParent(pc);
}
