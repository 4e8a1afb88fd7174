// SPDX-License-Identifier: Apache-2.0
// @ts-check
import net from "node:net";
import tls from "node:tls";
import makeCertificates from "../certificates.mjs";

/** @param {import("node:net").Server} server @returns {Promise<number>} its port */
const listen = (server) =>
	new Promise((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve(/** @type {net.AddressInfo} */ (server.address()).port)),
	);

/** @param {number} size */
const pattern = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

const large = pattern(300_000); // in records of 16 KB
/** Bytes from the server after which the next connection is cut. */
let cutAfter = 0;
/** What "count" has received in all. */
let counted = 0;

/** By the first line that a client sends. @type {Record<string, (socket: tls.TLSSocket) => void>} */
const commands = {
	large: (socket) => socket.write(large),
	// The server goes first, and listens on.
	bye: (socket) => socket.end("good-bye"),
	echo: (socket) => socket.on("data", (data) => socket.write(data)),
	// It reads nothing for a while.
	count: (socket) => {
		counted = 0;
		socket.pause();
		socket.on("data", (data) => {
			counted += data.length;
			if (counted === 200_000) socket.write("all");
		});
		setTimeout(() => socket.resume(), 500);
	},
	alpn: (socket) => socket.write(String(socket.alpnProtocol)),
	reset: (socket) => {
		socket.write("x");
		setTimeout(() => /** @type {any} */ (socket)._parent?.resetAndDestroy?.() ?? socket.destroy(), 50);
	},
};

/** @param {tls.TLSSocket} socket */
function serve(socket) {
	socket.on("error", () => {});
	socket.once("data", (data) => {
		const end = data.indexOf("\n");
		commands[String(data.subarray(0, end))]?.(socket);
		if (end + 1 < data.length) socket.emit("data", data.subarray(end + 1));
	});
}

/**
 * @param {number} to the port of the server
 * @param {(client: net.Socket, server: net.Socket) => void} join
 */
const proxy = (to, join) =>
	net.createServer((client) => {
		const server = net.connect(to, "127.0.0.1");
		for (const socket of [client, server]) socket.on("error", () => {});
		client.on("close", () => server.destroy());
		join(client, server);
	});

/** A few bytes at a time. @param {net.Socket} from @param {net.Socket} to */
function trickle(from, to) {
	let waiting = Buffer.alloc(0);
	const timer = setInterval(() => {
		to.write(waiting.subarray(0, 9));
		waiting = waiting.subarray(9);
	}, 1);
	from.on("data", (data) => (waiting = Buffer.concat([waiting, data])));
	from.on("close", () => clearInterval(timer));
}

/** @param {net.Socket} client @param {net.Socket} server */
function cut(client, server) {
	let left = cutAfter;
	client.pipe(server);
	server.on("data", (data) => {
		client.write(data.subarray(0, left));
		left -= data.length;
		if (left <= 0) client.end();
	});
}

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check, folder }) {
	const { ca, server } = makeCertificates(folder);
	const options = { ...server, ALPNProtocols: ["http/1.1", "two"], allowHalfOpen: true };
	const main = tls.createServer(options, serve);
	const port = await listen(main);
	const servers = {
		main,
		slow: proxy(port, (client, end) => {
			trickle(client, end);
			trickle(end, client);
		}),
		cut: proxy(port, cut),
		silent: net.createServer((socket) => void socket.on("error", () => {})),
		old: tls.createServer({ ...server, minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }),
		control: net.createServer((socket) => {
			socket.on("data", (data) => (cutAfter = Number(data)));
			socket.on("error", () => {});
		}),
	};
	/** @type {Record<string, string | number>} */
	const config = { ca: ca.cert, main: port };
	for (const [name, each] of Object.entries(servers)) if (each !== main) config[name] = await listen(each);
	const application = await start(config);
	check((await application.exited) === 0, "exit status");
	for (const each of Object.values(servers)) each.close();
}
