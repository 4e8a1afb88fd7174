// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends text, closes this half where `half`, and returns what comes until the server closes.
 * @param {number} port @param {string} text @param {boolean} half @returns {Promise<string>} */
const raw = (port, text, half = false) =>
	new Promise((resolve) => {
		let answer = "";
		const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => {
			if (half) socket.end(text);
			else socket.write(text);
		});
		socket.on("data", (data) => (answer += data)).on("error", () => {});
		socket.on("end", () => socket.destroy()).on("close", () => resolve(answer));
		setTimeout(() => socket.destroy(), 10_000).unref();
	});

/** @typedef {import("../run.mjs").Context["check"]} Check */

/** @param {number} port @param {Check} check */
async function serves(port, check) {
	const url = `http://127.0.0.1:${port}`;
	const body = "ä".repeat(6000);
	const echo = await fetch(`${url}/echo`, { method: "POST", body });
	check((await echo.text()) === `POST:${body}`, "a body comes back");
	check(echo.headers.get("x-address") === "127.0.0.1", `the client's address: ${echo.headers.get("x-address")}`);
	const stream = new Blob(["a".repeat(5000), "b".repeat(5000)]).stream();
	const chunked = await fetch(`${url}/echo`, { method: "POST", body: stream, ...{ duplex: "half" } });
	check((await chunked.text()) === `POST:${"a".repeat(5000)}${"b".repeat(5000)}`, "a body in chunks comes back");
	check((await (await fetch(`${url}/large`)).text()).length === 60_000, "60 KB");
	check((await fetch(`${url}/echo`, { method: "POST", body: "x".repeat(12_289) })).status === 413, "413");
	check((await fetch(`${url}/throw`)).status === 500, "500");
	check(
		(await (await fetch(`http://[::1]:${port}/later`)).text()) === "later",
		"an answer that comes later, by IPv6",
	);
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const ports = new Set();
	for (let i = 0; i < 20; i++)
		await new Promise((resolve) =>
			http.get({ host: "127.0.0.1", port, path: "/echo", agent }, (response) => {
				ports.add(response.socket.localPort);
				response.resume().on("end", resolve);
			}),
		);
	agent.destroy();
	check(ports.size === 1, `20 requests on one connection: ${ports.size}`);
}

/** @param {number} port @param {Check} check */
async function halfClosed(port, check) {
	const head = `HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`;
	check(/later$/.test(await raw(port, `GET /later ${head}`, true)), "a half-closed client gets its answer");
	const large = await raw(port, `GET /large ${head}`, true);
	check(large.length > 60_000, `a half-closed client gets a long one: ${large.length}`);
	check(/^HTTP\/1.1 200 .*later$/s.test(await raw(port, `GET /later HTTP/1.0\r\n\r\n`)), "HTTP/1.0");
	check((await raw(port, "GET /lat", true)) === "", "half a request is none");
}

/** @param {number} port @param {Check} check */
async function slow(port, check) {
	const sockets = Array.from({ length: 40 }, () => {
		const socket = net.connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nx: "));
		return socket.on("error", () => {}).resume();
	});
	await sleep(200);
	const answer = await fetch(`http://127.0.0.1:${port}/echo`).then(
		(response) => response.status,
		(/** @type {Error} */ error) => error.message,
	);
	check(answer === 200, `slow connections shut out nobody: ${answer}`);
	await sleep(9000);
	check(sockets.every(({ destroyed }) => destroyed) === true, "slow connections are ended");
	for (const socket of sockets) socket.destroy();
}

/** Slots for each of some connections that have sent this, with as many fields as there may be. @param {number} port @param {string} line @param {string} end */
async function slotsFor(port, line, end) {
	const room = async () => Number(await (await fetch(`http://127.0.0.1:${port}/room`)).text());
	const fields = Array.from({ length: 46 }, (_, number) => `x-${number}: ${"y".repeat(40)}\r\n`).join("");
	const before = await room();
	const sockets = Array.from({ length: 10 }, () => {
		const socket = net.connect(port, "127.0.0.1", () => socket.write(`${line}host: a\r\n${fields}${end}`));
		return socket.on("error", () => {}).resume();
	});
	await sleep(150);
	const slots = (before - (await room())) / sockets.length;
	for (const socket of sockets) socket.destroy();
	await sleep(400);
	return slots;
}

/** What anybody can make it hold by requests that do not go on. @param {number} port @param {Check} check */
async function small(port, check) {
	const half = await slotsFor(port, "GET / HTTP/1.1\r\n", "");
	check(half > 50 && half < 150, `an unfinished request takes ${half} slots`);
	const waiting = await slotsFor(port, "GET /later HTTP/1.1\r\n", "\r\n");
	check(waiting > 50 && waiting < 200, `one that waits for its answer takes ${waiting} slots`);
}

/** User and system time, seconds. @param {number} pid */
function cpuTime(pid) {
	const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} pid @param {number} port @param {Check} check */
async function withoutDescriptors(pid, port, check) {
	const used = new Set(fs.readdirSync(`/proc/${pid}/fd`));
	let free = 0;
	while (used.has(String(free))) free++;
	const limit = /open files\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1];
	execFileSync("prlimit", ["--pid", String(pid), `--nofile=${free}:${limit}`]);
	const socket = net.connect(port, "127.0.0.1").on("error", () => {});
	await sleep(300);
	const before = cpuTime(pid);
	await sleep(2000);
	const seconds = cpuTime(pid) - before;
	check(seconds < 0.1, `without descriptors it does not spin: ${seconds.toFixed(2)} s of 2`);
	execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:${limit}`]);
	socket.destroy();
	check((await fetch(`http://127.0.0.1:${port}/echo`)).status === 200, "with descriptors it serves again");
}

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check }) {
	const application = await start({});
	const port = Number((await application.line(/^port (\d+)$/m))[1]);
	await serves(port, check);
	await halfClosed(port, check);
	await small(port, check);
	await slow(port, check);
	await withoutDescriptors(application.pid, port, check);
	await fetch(`http://127.0.0.1:${port}/exit`);
	check((await application.exited) === 0, "it ends in good order");
	check(/^error: a fault of the application$/m.test(application.output()), "it is told of the fault");
}
