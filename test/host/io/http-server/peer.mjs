// SPDX-License-Identifier: Apache-2.0
// @ts-check
import http from "node:http";
import net from "node:net";

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A connection whose end is of no interest. @param {number} port @param {(socket: net.Socket) => void} onConnect */
function open(port, onConnect) {
	const socket = net.connect(port, "localhost", () => onConnect(socket));
	return socket.on("error", () => {});
}

/** @param {number} port */
function makeClient(port) {
	/** @param {string} path @param {RequestInit & { duplex?: "half" }} [options] */
	const get = (path, options) => fetch(`http://localhost:${port}${path}`, options);

	/** Sends bytes as they are, and returns what comes until the server closes or `ms` have passed.
	 * @param {string | string[]} parts sent one by one @param {number} [ms] @param {number} [pause] @returns {Promise<string>} */
	const raw = (parts, ms = 500, pause = 20) =>
		new Promise((resolve) => {
			let answer = "";
			const socket = net.connect(port, "localhost", async () => {
				for (const part of [parts].flat()) {
					if (socket.destroyed) break;
					socket.write(part);
					await sleep(pause);
				}
			});
			const finish = () => {
				socket.destroy();
				resolve(answer);
			};
			socket.on("data", (data) => (answer += data)).on("error", () => {});
			socket.on("close", finish);
			setTimeout(finish, ms).unref();
		});
	return { port, get, raw };
}

/** @typedef {ReturnType<typeof makeClient>} Client */
/** @typedef {import("../run.mjs").Context["check"]} Check */

const statusOf = (/** @type {string} */ answer) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

/** @param {Client} client @param {Check} check */
async function browserLike({ get }, check) {
	const page = await get("/");
	check(page.status === 200 && page.headers.get("content-type") === "text/html", "page");
	check((await page.text()) === "<p>page</p>", "page's text");
	check((await (await get("/large")).text()).length === 30_000, "30 KB");
	for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
		const body = method === "OPTIONS" ? undefined : "x".repeat(20_000);
		const text = await (await get("/echo", { method, ...(body ? { body } : {}) })).text();
		check(text === `${method}:${body ?? ""}`, `${method} ${text.slice(0, 20)} ${text.length}`);
	}
	const stream = new Blob(["a".repeat(5000), "b".repeat(5000)]).stream();
	const chunked = await (await get("/echo", { method: "POST", body: stream, duplex: "half" })).text();
	check(chunked === `POST:${"a".repeat(5000)}${"b".repeat(5000)}`, "chunked request");
	const head = await get("/large", { method: "HEAD" });
	check(head.headers.get("content-length") === "30000" && (await head.text()) === "", "HEAD");
	check((await get("/nowhere")).status === 404, "404");
	check((await get("/later")).status === 204, "an answer that comes later");
	check((await (await get("/until-close")).text()) === "some text", "a body without length");
	const empty = await get("/empty");
	check(empty.status === 200 && empty.headers.get("content-length") === "0", "no handlers");
	const ignored = await get("/empty", { method: "POST", body: "nobody reads this" });
	check(ignored.status === 200, "a body that nobody reads");
}

/** @param {Client} client @param {Check} check */
async function persistent({ port, raw }, check) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const ports = new Set();
	for (let i = 0; i < 20; i++)
		await new Promise((resolve) =>
			http.get({ port, path: i % 2 ? "/" : "/echo", agent }, (response) => {
				ports.add(response.socket.localPort);
				response.resume().on("end", resolve);
			}),
		);
	check(ports.size === 1, `20 requests on one connection, not ${ports.size}`);
	agent.destroy();
	const request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
	const post = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
	const pipelined = await raw(request + post + request, 300);
	check((pipelined.match(/HTTP\/1\.1 200/g) ?? []).length === 3, "pipelined requests");
	check(pipelined.indexOf("POST:") < pipelined.lastIndexOf("<p>page"), "in order");
	const last = await raw("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 3000);
	check(/connection: close/.test(last) && last.endsWith("</p>"), "connection: close");
	const upgraded = await raw(["GET /detach HTTP/1.1\r\nhost: a\r\n\r\n", "hello"], 300, 50);
	check(statusOf(upgraded) === 101 && upgraded.endsWith("hello"), `detached: ${upgraded}`);
	const expecting = "POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
	check(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/.test(await raw([expecting, "ok"], 300, 50)), "100-continue");
}

/** @param {Client} client @param {Check} check */
async function concurrent({ get }, check) {
	const answers = await Promise.all(
		Array.from({ length: 60 }, async (_, i) => {
			const body = `${i}:`.repeat(500);
			// The server has room for 12; fetch asks again when a kept connection was closed under it.
			for (let attempt = 0; attempt < 50; attempt++) {
				try {
					return (await (await get("/echo", { method: "POST", body })).text()) === `POST:${body}`;
				} catch {
					await sleep(20);
				}
			}
			return false;
		}),
	);
	check(answers.every(Boolean), `60 at once: ${answers.filter((good) => !good).length} failed`);
}

/** @param {Client} client @param {Check} check */
async function malformed({ raw }, check) {
	const host = "host: a\r\n";
	/** @type {[string, string, number][]} */
	const cases = [
		["no request", "\r\n\r\nhello\r\n\r\n", 400],
		["two words", `GET /\r\n${host}\r\n`, 400],
		["four words", `GET / / HTTP/1.1\r\n${host}\r\n`, 400],
		["another protocol", `GET / SPDY/3\r\n${host}\r\n`, 400],
		["HTTP/1.0", `GET / HTTP/1.0\r\n${host}\r\n`, 505],
		["a bad method", `G\x01T / HTTP/1.1\r\n${host}\r\n`, 400],
		["no host", "GET / HTTP/1.1\r\n\r\n", 400],
		["no colon", `GET / HTTP/1.1\r\n${host}nonsense\r\n\r\n`, 400],
		["a space before the colon", `GET / HTTP/1.1\r\n${host}a : b\r\n\r\n`, 400],
		["a folded line", `GET / HTTP/1.1\r\n${host}a: b\r\n c\r\n\r\n`, 400],
		["a NUL", `GET / HTTP/1.1\r\n${host}a: b\0c\r\n\r\n`, 400],
		["a negative length", `POST / HTTP/1.1\r\n${host}content-length: -1\r\n\r\n`, 400],
		["a length of letters", `POST / HTTP/1.1\r\n${host}content-length: abc\r\n\r\n`, 400],
		["a huge length", `POST / HTTP/1.1\r\n${host}content-length: 99999999999999999999\r\n\r\n`, 400],
		["two lengths", `POST / HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 400],
		["length and chunks", `POST / HTTP/1.1\r\n${host}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`, 400],
		["an unknown coding", `POST / HTTP/1.1\r\n${host}transfer-encoding: gzip\r\n\r\n`, 501],
		["a bad chunk size", `POST /echo HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\nxyz\r\n`, 400],
		["a chunk too long", `POST /echo HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n`, 400],
		["too large", `POST /echo HTTP/1.1\r\n${host}content-length: 100001\r\n\r\n`, 413],
		["a long line", `GET /${"a".repeat(9000)} HTTP/1.1\r\n${host}\r\n`, 431],
		["a long header", `GET / HTTP/1.1\r\n${host}a: ${"b".repeat(9000)}\r\n\r\n`, 431],
		[
			"many headers",
			`GET / HTTP/1.1\r\n${host}${Array.from({ length: 70 }, (_, i) => `h${i}: x\r\n`).join("")}\r\n`,
			431,
		],
		["a fault in onRequest", `GET /throw-request HTTP/1.1\r\n${host}\r\n`, 500],
		["a bad response header", `GET /bad-header HTTP/1.1\r\n${host}\r\n`, 500],
		["an answer before the body", `POST /early HTTP/1.1\r\n${host}content-length: 50000\r\n\r\nx`, 403],
	];
	await Promise.all(
		cases.map(async ([what, text, status], i) => {
			await sleep(Math.floor(i / 8) * 400);
			const answer = await raw(text, 350);
			check(statusOf(answer) === status, `${what}: ${answer.slice(0, 40)}`);
		}),
	);
	const large = `POST /echo HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n${`1000\r\n${"x".repeat(4096)}\r\n`.repeat(30)}`;
	check(statusOf(await raw(large, 1000)) === 413, "too many chunks");
	check((await raw("GET /throw-writable HTTP/1.1\r\nhost: a\r\n\r\n")).includes("200"), "a fault in onWritable");
	check((await raw("GET /drop HTTP/1.1\r\nhost: a\r\n\r\n")) === "", "dropped by the application");
	const bytewise = [..."GET / HTTP/1.1\r\nhost: a\r\n\r\n"];
	check(statusOf(await raw(bytewise, 1500, 1)) === 200, "byte by byte");
	const random = Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(Math.random() * 256))).toString(
		"latin1",
	);
	await raw(random, 300);
}

/** @param {Client} client @param {Check} check */
async function slow({ port, get, raw }, check) {
	const start = Date.now();
	// Each byte comes in time, the head never.
	const loris = await raw(["GET / HTTP/1.1\r\n", ..."x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"], 8000, 200);
	check(statusOf(loris) === 408 && Date.now() - start < 4500, `slow head: ${loris.slice(0, 30)}`);
	const body = await raw(["POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n", "abc"], 8000, 10);
	check(statusOf(body) === 408, `slow body: ${body.slice(0, 30)}`);
	check((await raw("", 8000)) === "", "silence is dropped");
	// All places taken by clients that have begun a request: others are turned away, and heard again afterwards.
	const crowd = Array.from({ length: 12 }, () => open(port, (socket) => void socket.write("GET / HT")));
	let isRefused = false;
	for (let i = 0; i < 15 && !isRefused; i++) {
		await sleep(100);
		isRefused = await get("/").then(
			() => false,
			() => true,
		);
	}
	check(isRefused, "no place for one more");
	await sleep(4000);
	check((await get("/")).status === 200, "a place again");
	for (const socket of crowd) socket.destroy();
	// Many large heads that never end cannot fill the heap.
	const heads = Array.from({ length: 11 }, () => raw(`GET / HTTP/1.1\r\nx: ${"y".repeat(7500)}\r\n`, 1000));
	check((await Promise.all(heads)).map(statusOf).includes(503), "heads beyond the budget");
	// A reader that stops reading.
	const reader = open(port, (socket) => {
		socket.pause().write("GET /large HTTP/1.1\r\nhost: a\r\n\r\n".repeat(400));
	});
	await sleep(5000);
	check((await get("/")).status === 200, "others are served beside a stuck reader");
	reader.destroy();
	for (let i = 0; i < 50; i++)
		open(port, (socket) => {
			socket.write("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc");
			setTimeout(() => socket.resetAndDestroy(), 5);
		});
	await sleep(300);
	check((await get("/")).status === 200, "after 50 resets");
}

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check }) {
	const application = await start({});
	const [, port] = await application.line(/^port (\d+)$/m);
	const client = makeClient(Number(port));
	await browserLike(client, check);
	await persistent(client, check);
	await concurrent(client, check);
	await malformed(client, check);
	await slow(client, check);
	const { requests, errors } = JSON.parse(await (await client.get("/statistics")).text());
	check(requests > 150 && errors > 20, `${requests} requests, ${errors} errors told`);
	await client.get("/exit");
	check((await application.exited) === 0, "exit status");
	check((application.output().match(/a fault of the application/g) ?? []).length === 2, "faults are reported");
}
