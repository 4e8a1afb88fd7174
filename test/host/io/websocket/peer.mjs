// SPDX-License-Identifier: Apache-2.0
// @ts-check
import crypto from "node:crypto";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { WebSocketServer } from "ws";
import makeCertificates from "../certificates.mjs";

/** @param {import("node:net").Server} server @returns {Promise<number>} its port */
const listen = (server) =>
	new Promise((resolve) =>
		server.listen(0, "localhost", () => resolve(/** @type {net.AddressInfo} */ (server.address()).port)),
	);

let lastClose = 0;

/** As `pattern` in cases.ts. @param {number} size */
const pattern = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

/** @type {Record<string, (socket: import("ws").WebSocket) => void>} */
const commands = {
	"fragmented please": (socket) => {
		socket.send("a ", { fin: false });
		setTimeout(() => socket.send("b ", { fin: false }), 5);
		setTimeout(() => socket.send("c", { fin: true }), 10);
	},
	"large please": (socket) => socket.send(pattern(20_000)),
	"ping please": (socket) => {
		socket.once("pong", (data) => socket.send(`pong: ${data}`));
		socket.ping("are you there");
	},
	"close please": (socket) => socket.close(4001, "as you wish"),
	"cut please": (socket) => socket.terminate(),
};

/** @param {import("ws").WebSocket} socket @param {http.IncomingMessage} request */
function serve(socket, request) {
	if (request.url === "/last-close") return socket.send(String(lastClose));
	if (request.url?.startsWith("/request"))
		return socket.send(`${request.url} ${request.headers["x-test"]} ${request.headers["sec-websocket-protocol"]}`);
	socket.on("close", (code) => (lastClose = code));
	socket.on("error", () => {});
	socket.on("message", (data, isBinary) => {
		const command = isBinary ? undefined : commands[String(data)];
		if (command) command(socket);
		else socket.send(data, { binary: isBinary });
	});
}

/** Bytes after the handshake that break the protocol (RFC 6455 section 5). @type {Record<string, number[]>} */
const faults = {
	"/masked": [0x81, 0x81, 1, 2, 3, 4, 5],
	"/reserved": [0xc1, 0x01, 0x41],
	"/opcode": [0x83, 0x00],
	"/continuation": [0x80, 0x00],
	"/long-ping": [0x89, 126, 0, 126],
	"/huge": [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255],
};

/** @param {http.IncomingMessage} request @param {import("node:stream").Duplex} socket */
function serveFault(request, socket) {
	const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
	const accept = crypto.createHash("sha1").update(key).digest("base64");
	const shown = request.url === "/wrong-key" ? "AAAA" : accept;
	socket.on("error", () => {});
	socket.write(
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" +
			`Sec-WebSocket-Accept: ${shown}\r\n\r\n`,
	);
	socket.write(Buffer.from(faults[request.url ?? ""] ?? []));
}

/** @param {http.Server | https.Server} server */
function addWebSockets(server) {
	const sockets = new WebSocketServer({ noServer: true });
	sockets.on("connection", serve);
	server.on("upgrade", (request, socket, head) => {
		const url = request.url ?? "";
		if (url === "/403") socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
		else if (url === "/ok") socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
		else if (url === "/wrong-key" || url in faults) serveFault(request, socket);
		else sockets.handleUpgrade(request, socket, head, (each) => sockets.emit("connection", each, request));
	});
	return server;
}

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check, folder, leakEnvironment }) {
	const { ca, server } = makeCertificates(folder);
	const closed = net.createServer();
	const config = { ca: ca.cert, closed: await listen(closed) };
	closed.close();
	for (const secure of [0, 1]) {
		const each = addWebSockets(secure ? https.createServer(server) : http.createServer());
		const application = await start({ ...config, secure, port: await listen(each) }, leakEnvironment);
		check((await application.exited) === 0, `exit status, ${secure ? "wss" : "ws"}`);
		each.close();
	}
}
