// SPDX-License-Identifier: Apache-2.0
// The cost of a sent packet: against a bare loop over the same libsrtp, and against other stacks.
// @ts-check
import { fork, spawn } from "node:child_process";
import { join } from "node:path";
import { execute, median, program, root } from "./measure.mjs";

const runs = 3;
const count = 100_000;
const rate = 2100; // packets a second of 1160 bytes: 20 Mbit/s
const seconds = 10;
const rtpSize = 1150; // before protection; RTP_SIZE of send.c
const frames = 70; // packets of an access unit at 20 Mbit/s and 30 fps
const burst = 10; // packets that are due each 5 ms at that rate

const largestRatio = 1.15;
const largestRelayed = 1.1; // times the instructions of what is sent directly
const peers = ["node-datachannel", "werift"];

/** @param {string} send the program @returns {Promise<{ port: string, stop(): void }>} a process that receives */
function drain(send) {
	const child = spawn(send, ["drain"], { stdio: ["ignore", "pipe", "inherit"] });
	return new Promise((resolve) => {
		child.stdout.once("data", (port) => resolve({ port: String(port).trim(), stop: () => void child.kill() }));
	});
}

/** @param {string} send @param {(string | number)[]} parameters @returns {Promise<number>} user-space instructions */
async function instructions(send, parameters) {
	const tool = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"];
	const { stderr } = await execute("valgrind", [
		...tool,
		"--toggle-collect=measured",
		send,
		...parameters.map(String),
	]);
	const found = /Collected : (\d+)/.exec(stderr);
	if (!found) throw new Error(`callgrind: no count in\n${stderr}`);
	return Number(found[1]);
}

/** @param {string} send @param {(string | number)[]} parameters */
async function cpu(send, parameters) {
	const values = [];
	for (let i = 0; i < runs; i++) values.push(Number((await execute(send, parameters.map(String))).stdout));
	return median(values);
}

/** CPU seconds of another implementation for as many packets. @param {string} library */
async function peerCpu(library) {
	const path = join(root, "test/bench/send/peer.mjs");
	const parameters = [library, "sender", String(rate * seconds), String(rate), String(rtpSize)];
	const sender = fork(path, parameters);
	const receiver = fork(path, [library, "receiver"]);
	try {
		return await new Promise((resolve, reject) => {
			let cpu = 0;
			sender.on("message", (/** @type {any} */ message) => {
				if (message.sdp) return receiver.send(message);
				cpu = message.cpu;
				setTimeout(() => receiver.send({}), 200);
			});
			receiver.on("message", (/** @type {any} */ message) => {
				if (message.sdp) return sender.send(message);
				const lost = 1 - message.received / (rate * seconds);
				if (lost > 0.01) reject(new Error(`${library}: ${(lost * 100).toFixed(1)} % of the packets were lost`));
				else resolve(cpu);
			});
			for (const child of [sender, receiver])
				child.on("exit", (code) => reject(new Error(`${library}: exited with ${code}`)));
			setTimeout(() => reject(new Error(`${library}: no result in time`)), (seconds + 20) * 1000).unref();
		});
	} finally {
		sender.kill();
		receiver.kill();
	}
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function floor() {
	const send = await program("send");
	const { port, stop } = await drain(send);
	const rows = [];
	const failures = [];
	/** @type {[string, number, string[]][]} */
	const cases = [
		["frames of 70 packets", frames, []],
		["the same, without UDP segmentation", frames, ["nogso"]],
		["bursts of 10 packets", burst, []],
		["single packets", 1, []],
		["frames of 70 packets, AES-GCM", frames, ["gcm"]],
		["bursts of 10 packets, AES-GCM", burst, ["gcm"]],
	];
	for (const [name, unit, extra] of cases) {
		const bareOptions = extra.filter((word) => word !== "nogso");
		const bareInstructions = await instructions(send, ["bare", port, 2100, unit, ...bareOptions]);
		const ourInstructions = await instructions(send, ["ours", port, 2100, unit, ...extra]);
		const bareCpu = await cpu(send, ["bare", port, count, unit, ...bareOptions]);
		const ourCpu = await cpu(send, ["ours", port, count, unit, ...extra]);
		const ratio = ourInstructions / bareInstructions;
		const each = [bareInstructions, ourInstructions].map((value) => Math.round(value / 2100));
		rows.push([name, ...each, ratio.toFixed(3), bareCpu.toFixed(2), ourCpu.toFixed(2)]);
		if (ratio > largestRatio) failures.push(`${name}: ${ratio.toFixed(3)} times the instructions of the bare loop`);
	}
	stop();
	return {
		title: "Sending: our RTP sender, SRTP and path next to a bare `srtp_protect` + `sendto` loop",
		head: ["", "bare, instructions", "ours, instructions", "ratio", "bare, CPU s", "ours, CPU s"],
		rows,
		note: "Instructions per packet in user space (callgrind); CPU seconds, user and system, per 100,000 packets of 1,160 bytes, sent as fast as it goes.",
		failures,
	};
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function paced() {
	const send = await program("send");
	const { port, stop } = await drain(send);
	const scale = 100_000 / (rate * seconds);
	const pace = `rate=${rate}`;
	const measure = async (/** @type {string} */ kind, /** @type {number} */ unit) =>
		scale * (await cpu(send, [kind, port, rate * seconds, unit, pace]));
	const bare = await measure("bare", burst);
	const ours = await measure("ours", burst);
	const byFrames = await measure("ours", frames);
	stop();
	/** @type {(string | number)[][]} */
	const rows = [
		["bare loop", bare.toFixed(2)],
		["ours", ours.toFixed(2)],
		["ours, frame by frame (30 a second)", byFrames.toFixed(2)],
	];
	const failures = [];
	for (const peer of peers) {
		try {
			const value = scale * (await peerCpu(peer));
			rows.push([peer, value.toFixed(2)]);
			if (value <= ours) failures.push(`${peer} sends at less cost`);
		} catch (error) {
			rows.push([peer, "–"]);
			failures.push(String(error));
		}
	}
	return {
		title: "Sending at 20 Mbit/s for 10 s, ten packets each 5 ms",
		head: ["sender", "CPU s per 100,000 packets"],
		rows,
		note: "The sender's process only; packets of 1,160 bytes with AES128_CM_SHA1_80.",
		failures,
	};
}

/** @returns {Promise<import("./measure.mjs").Result>} */
async function relayed() {
	const send = await program("send");
	const { port, stop } = await drain(send);
	const rows = [];
	const failures = [];
	for (const [name, unit, extra] of /** @type {[string, number, string[]][]} */ ([
		["frames of 70 packets", frames, []],
		["bursts of 10 packets", burst, []],
		["single packets", 1, []],
		["frames of 70 packets, AES-GCM", frames, ["gcm"]],
		["single packets, AES-GCM", 1, ["gcm"]],
	])) {
		const cost = async (/** @type {string[]} */ ...relay) =>
			Math.round((await instructions(send, ["ours", port, 2100, unit, ...extra, ...relay])) / 2100);
		const direct = await cost();
		const row = [name, direct];
		for (const how of ["channel", "indication", "tcp"]) {
			const ratio = (await cost(`relay=${how}`)) / direct;
			row.push(Number(ratio.toFixed(3)));
			if (ratio > largestRelayed) failures.push(`${name}, ${how}: ${ratio.toFixed(3)} times the direct way`);
		}
		rows.push(row);
	}
	stop();
	return {
		title: "Sending by way of a relay, next to the direct way",
		head: ["", "direct, instructions", "ChannelData", "Send indications", "ChannelData over TCP"],
		rows,
		note: "Instructions per packet in user space (callgrind), and how many times as many they are by a relay.",
		failures,
	};
}

export default async () => [await floor(), await paced(), await relayed()];
