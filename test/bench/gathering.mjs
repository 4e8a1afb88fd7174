// SPDX-License-Identifier: Apache-2.0
// How soon each kind of candidate is known, by one coturn, and with a STUN server before it that never answers.
// @ts-check
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Application, build } from "../browser/camera.mjs";
import Coturn from "../interop/coturn.mjs";
import { quantile, root } from "./measure.mjs";

const runs = 5;
const patience = 60_000; // ms
const script = join(root, "test/bench/gathering/peer.mjs");
const manifest = "test/bench/gathering/gatherer";

/** This host's own: libwebrtc asks no server at loopback. */
function hostAddress() {
	const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/**
 * The times until a line of this kind, of each kind that came.
 * @param {import("node:child_process").ChildProcess} child @param {string} last
 * @returns {Promise<Map<string, number>>}
 */
function timesOf(child, last) {
	/** @type {Map<string, number>} */
	const times = new Map();
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			child.kill("SIGKILL");
			resolve(times);
		};
		const timer = setTimeout(end, patience);
		createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) }).on("line", (line) => {
			const [, kind, time] = /^(\w+) (\d+)$/.exec(line) ?? [];
			if (!kind) return;
			if (!times.has(kind)) times.set(kind, Number(time));
			if (kind === last) end();
		});
		child.on("exit", end);
	});
}

/** @returns {Promise<import("./measure.mjs").Result[]>} */
export default async function gathering() {
	await build(manifest);
	const listen = hostAddress();
	const coturn = await Coturn.start({ listen });
	const dead = createSocket("udp4");
	await new Promise((resolve) => dead.bind(0, listen, () => resolve(undefined)));
	const servers = [`stun:${listen}:${dead.address().port}`, coturn.url(), "user", "secret"];
	const [stun = "", turn = "", username = "", credential = ""] = servers;
	const start = (/** @type {string} */ library) =>
		library
			? spawn("node", [script, library, ...servers], { stdio: ["ignore", "pipe", "ignore"] })
			: new Application(manifest, { stun, turn, username, credential }).process;
	/** @type {(string | number)[][]} */
	const rows = [];
	try {
		for (const library of ["", "node-datachannel", "@roamhq/wrtc"]) {
			/** @type {Map<string, number>[]} */
			const all = [];
			for (let i = 0; i < runs; i++) all.push(await timesOf(start(library), "relay"));
			const whole = await timesOf(start(library), "complete");
			const median = (/** @type {string} */ kind) => {
				const found = all.flatMap((times) => times.get(kind) ?? []);
				return found.length ? quantile(found, 0.5) : "–";
			};
			rows.push([library || "ours", median("host"), median("relay"), whole.get("complete") ?? "–"]);
		}
	} finally {
		dead.close();
		await coturn.stop();
	}
	return [
		{
			title: `Gathering, with a STUN server that never answers before the TURN server: ms, median of ${runs}`,
			head: ["", "first host", "first relay", "complete"],
			rows,
			note: "From setLocalDescription; between processes of one host, where there is no NAT to be seen by a STUN server.",
		},
	];
}
