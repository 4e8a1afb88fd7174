// SPDX-License-Identifier: Apache-2.0
// The cost of a received packet against a bare loop over the same libsrtp, what the streams of a peer hold, and that JavaScript is
// not entered for them.
// @ts-check
import { createConnection } from "node:net";
import { Application } from "../browser/camera.mjs";
import { DeviceSession } from "../interop/peers/device.mjs";
import { startPage } from "../interop/see/senders.mjs";
import { execute, program, sleep } from "./measure.mjs";

const count = 2100; // packets
const largestRatio = 1.3;
const largestDifference = 1; // entries a second, between 10 and 30 pictures a second
const settling = 4000; // ms
const window = 8; // s

/** @param {string} receive the program @param {"ours" | "bare"} kind @param {(string | number)[]} parameters */
async function instructions(receive, kind, parameters) {
	const { stderr } = await execute("valgrind", [
		...["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"],
		`--toggle-collect=${kind === "ours" ? "rtc_receive_run" : "bareLoop"}`,
		...[receive, kind, ...parameters.map(String)],
	]);
	const found = /Collected : (\d+)/.exec(stderr);
	if (!found) throw new Error(`callgrind: no count in\n${stderr}`);
	return Number(found[1]) / count;
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function floor() {
	const receive = await program("receive");
	const failures = [];
	const rows = [];
	/** @type {[string, (string | number)[]][]} */
	const cases = [
		["pictures of 70 packets", [70]],
		["pictures of 10 packets", [10]],
		["pictures of one packet", [1]],
		["pictures of 70 packets, AES-GCM", [70, "gcm"]],
		["sound, packets of 80 bytes, to the jitter buffer", [10, "sound"]],
		["the same, each alone", [1, "sound"]],
	];
	for (const [name, parameters] of cases) {
		const bare = await instructions(receive, "bare", [count, ...parameters]);
		const ours = await instructions(receive, "ours", [count, ...parameters]);
		const ratio = ours / bare;
		rows.push([name, Math.round(bare), Math.round(ours), ratio.toFixed(3)]);
		if (ratio > largestRatio) failures.push(`${name}: ${ratio.toFixed(2)} times the instructions of the bare loop`);
	}
	return {
		title: "Receiving: our path, SRTP, session and receiver next to a bare `recvmmsg` + `srtp_unprotect` loop",
		head: ["", "bare, instructions", "ours, instructions", "ratio"],
		rows,
		note: "Instructions per packet in user space (callgrind), on the network thread: up to whole frames at their sink, with feedback on what arrives.",
		failures,
	};
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function memory() {
	const { stdout } = await execute("make", ["-s", "-C", "test/native", "receiving_memory_test.run"]);
	const [, pictures = "?", sound = "?", all = "?", most = "?"] =
		/pictures (\d+) bytes, sound (\d+) bytes, together (\d+) of (\d+)/.exec(stdout) ?? [];
	return {
		title: "What the streams of a peer hold at most, with a board's buffers",
		head: ["", "bytes"],
		rows: [
			["pictures", pictures],
			["sound, with its decoder", sound],
			["together", all],
			["limit", most],
		],
		note: "With pointers of 64 bits. `configureReception(bytes)` of webrtc/native/rtp makes it more or less.",
	};
}

/** @param {number} rate pictures a second */
async function entries(rate) {
	const device = new Application("test/interop/talk/device", { play: "none", report: 1 });
	const sender = await startPage("chromium", rate);
	try {
		const [, port] = await device.find(/listening at (\d+)/, 600_000);
		const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		const session = new DeviceSession(socket);
		session.send({ type: "offer", sdp: await sender.offer("H264") });
		await sender.answer(await session.description("answer"));
		await sleep(settling);
		const received = async () => {
			session.command("stats");
			const { stats } = await session.message("stats");
			return stats.find((/** @type {any} */ one) => one.type === "inbound-rtp");
		};
		const before = await received();
		const from = device.output.length;
		await sleep(1000 * window);
		const counts = [...device.output.slice(from).matchAll(/entries\/s ([\d.]+)/g)].map(([, value]) =>
			Number(value),
		);
		const after = await received();
		session.close();
		const sum = counts.slice(1).reduce((total, value) => total + value, 0);
		return {
			packets: (after.packetsReceived - before.packetsReceived) / window,
			frames: (after.framesDecoded - before.framesDecoded) / window,
			entries: sum / (counts.length - 1),
		};
	} finally {
		await sender.stop();
		await device.stop();
	}
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function javascript() {
	const [few, many] = [await entries(10), await entries(30)];
	const difference = many.entries - few.entries;
	const failures = [];
	if (!(Math.abs(difference) <= largestDifference))
		failures.push(`${difference.toFixed(1)} more entries a second at 30 than at 10 received pictures a second`);
	if (!(many.frames > 2 * few.frames)) failures.push(`${few.frames} and ${many.frames} pictures a second`);
	return {
		title: "Entries into JavaScript of a device that receives pictures of Chromium",
		head: ["", "packets/s", "decoded pictures/s", "entries/s"],
		rows: [few, many].map(({ packets, frames, entries }, i) => [
			`${i ? 30 : 10} pictures a second`,
			packets.toFixed(0),
			frames.toFixed(1),
			entries.toFixed(1),
		]),
		note: "All entries there are: timers, sockets, natives and promise turns, of which the report itself is one a second.",
		failures,
	};
}

export default async () => [await floor(), await memory(), await javascript()];
