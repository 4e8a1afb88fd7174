// SPDX-License-Identifier: Apache-2.0
// What waits is bounded on the device, whoever sends and whoever does not read. Bytes of its C heap are measured.
// @ts-check
import assert from "node:assert/strict";
import { answer, connect, sleep } from "./session.mjs";

/** @typedef {import("./session.mjs").Scenario} Scenario */

// Of device/main.ts, and the default of docs/data-channels.md.
const sendQueue = 2_097_152;
const receiveQueue = 1_048_576;
const window = 262_144;
const perMessage = 64; // that each counts for besides
const size = 16_384;
// usrsctp holds twice its window at most (native/sctp/rtc_sctp.h), and a message is on its way from there to the queue.
const usrsctp = 2 * window + 65_536;

/** @param {number} bytes */
const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`;

/** @type {Scenario} */
const full = {
	name: "has what the device could send before its queue was full, and nothing of the rest",
	async run(session) {
		const { peer, device } = session;
		await peer.do("make", { label: "source" });
		await connect(session, false);
		await peer.do("opened", { label: "source" });
		await peer.do("echo", { label: "source", sizes: [1] });
		await peer.do("forget", { label: "source" });
		const [count, error, waits, heap] = await answer(session, "refuses", () =>
			device.command("overfill", { label: "source", size }),
		);
		assert.equal(error, "OperationError");
		const most = Math.floor(sendQueue / (size + perMessage)) + Math.ceil((2 * window) / size);
		assert(Number(count) * size > sendQueue / 2 && Number(count) <= most, `${count} messages were taken`);
		assert(Number(waits) <= most * size, `${waits} bytes wait`); // as the program has heard so far
		assert(Number(heap) <= sendQueue + usrsctp, `the heap grew by ${heap} bytes`);
		await peer.do("received", { label: "source", count: Number(count) });
		await sleep(200);
		assert.equal(await peer.do("received", { label: "source", count: Number(count) }), Number(count));
		assert(await peer.do("numbered", { label: "source", size }), "they are in order, and as they were");
		device.command("flood", { label: "source", count: 1, size: 4 }); // all goes on
		await peer.do("received", { label: "source", count: Number(count) + 1 });
		return `${count} messages of 16 KB, then OperationError; ${kilobytes(Number(heap))} of heap`;
	},
};

/** @type {Scenario} */
const unread = {
	name: "waits while the device does not read",
	async run(session) {
		const { peer, device } = session;
		const count = 500; // 8 MB: libwebrtc itself takes 16 MB
		await peer.do("make", { label: "sink" });
		await connect(session, false);
		await peer.do("opened", { label: "sink" });
		await answer(session, "sunk", () => device.command("sunk", { count: 1 }));
		const sunk = async () => (await answer(session, "sunk", () => device.command("sunk"))).map(Number);
		const before = (await sunk())[2] ?? 0;
		device.command("pause");
		await sunk(); // it has been heard
		await peer.do("number", { label: "sink", count, size });
		let [waits, heap, since] = [-1, 0, Date.now()];
		while (Date.now() - since < 1500) {
			const now = await peer.do("waiting", { label: "sink" });
			if (now !== waits) since = Date.now();
			waits = now;
			heap = Math.max(heap, ((await sunk())[2] ?? 0) - before);
			await sleep(50);
		}
		const gone = count * size - waits;
		assert.equal((await sunk())[0], 0);
		assert(gone <= (count * size) / 2, `${gone} bytes have left the peer`); // some into its own SCTP, which does not count
		assert(heap <= receiveQueue + usrsctp, `the heap grew by ${heap} bytes`);
		device.command("resume");
		for (let i = 0; i < 1000 && ((await sunk())[0] ?? 0) < count; i++) await sleep(20);
		const [came, isInOrder] = await answer(session, "sunk", () => device.command("sunk"));
		assert.deepEqual([came, isInOrder], [String(count), "true"]);
		return `${kilobytes(gone)} of 8,000 KB left it, ${kilobytes(heap)} of heap; then all came`;
	},
};

/** As large as the device takes: one after the other, and more than waits at once. @type {Scenario} */
const large = {
	name: "sends messages of 256 KB",
	async run(session) {
		const { peer, device } = session;
		const count = 12;
		await peer.do("make", { label: "sink" });
		await connect(session, false);
		await peer.do("opened", { label: "sink" });
		await answer(session, "sunk", () => device.command("sunk", { count: 1 }));
		const start = Date.now();
		await peer.do("number", { label: "sink", count, size: 262_144 });
		/** @type {string[]} */
		let sunk = [];
		while (Number(sunk[0] ?? 0) < count && Date.now() < start + 60_000) {
			await sleep(50);
			sunk = await answer(session, "sunk", () => device.command("sunk"));
		}
		assert.deepEqual(sunk.slice(0, 2), [String(count), "true"]);
		return `${count} in ${Date.now() - start} ms`;
	},
};

export const bounds = [full, unread, large];
