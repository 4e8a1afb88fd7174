// SPDX-License-Identifier: Apache-2.0
// @ts-check
import http from "node:http";
import https from "node:https";
import net from "node:net";
import makeCertificates from "../certificates.mjs";

/** @param {import("node:net").Server} server @returns {Promise<number>} its port */
const listen = (server) =>
	new Promise((resolve) =>
		server.listen(0, "localhost", () => resolve(/** @type {net.AddressInfo} */ (server.address()).port)),
	);

let connections = 0;

/** @type {Record<string, (request: http.IncomingMessage, response: http.ServerResponse) => void>} */
const routes = {
	"/chunked": (_request, response) => {
		response.write("one ");
		setTimeout(() => response.write("two "), 10);
		setTimeout(() => response.end("three"), 20);
	},
	"/500": (_request, response) => response.writeHead(500).end("sorry"),
	"/204": (_request, response) => response.writeHead(204).end(),
	"/304": (_request, response) => response.writeHead(304, { "content-length": "10" }).end(),
	"/large": (_request, response) => response.end(Buffer.alloc(1 << 20, "x")),
	"/slow": (_request, response) => void setTimeout(() => response.end(), 200),
	"/interim": (_request, response) => {
		response.writeEarlyHints({ link: "</style.css>" });
		response.end("done");
	},
	"/who": (request, response) => {
		const socket = /** @type {import("node:tls").TLSSocket} */ (request.socket);
		response.end(socket.getPeerCertificate?.().subject?.CN ?? "nobody");
	},
	"/echo": (request, response) => {
		/** @type {Buffer[]} */
		const chunks = [];
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			const body = Buffer.concat(chunks);
			body.write(`${request.method}:`);
			response.setHeader("x-framing", request.headers["transfer-encoding"] ?? "length");
			response.end(body);
		});
	},
};

/** @type {http.RequestListener} */
function answer(request, response) {
	const socket = /** @type {net.Socket & { number?: number }} */ (request.socket);
	response.setHeader("x-connection", (socket.number ??= ++connections));
	response.setHeader("content-type", "text/plain");
	const route = routes[request.url ?? ""];
	if (route) route(request, response);
	else response.end(request.url);
}

/** What no HTTP library would send. @type {Record<string, (socket: net.Socket) => void>} */
const scripts = {
	"/until-close": (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nto the end"),
	"/reset": (socket) => {
		socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf");
		setTimeout(() => socket.resetAndDestroy(), 30);
	},
	"/short": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf"),
	"/nothing": (socket) => socket.end(),
	"/garbage": (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
	"/bad-chunk": (socket) => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"),
	"/crumbs": (socket) =>
		socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(24_000)}0\r\n\r\n`),
	"/endless": (socket) => socket.write(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(4000)}`),
	"/early": (socket) => socket.write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno"),
};

function rawServer() {
	return net.createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", (data) => scripts[String(data).split(" ")[1] ?? ""]?.(socket));
	});
}

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check, folder }) {
	const { ca, server, client, stranger } = makeCertificates(folder);
	const servers = {
		http: http.createServer(answer),
		raw: rawServer(),
		closed: net.createServer(),
		https: https.createServer(server, answer),
		stranger: https.createServer(stranger, answer),
		mutual: https.createServer({ ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true }, answer),
	};
	/** @type {Record<string, string | number>} */
	const config = { ca: ca.cert, clientCertificate: client.cert, clientKey: client.key };
	for (const [name, each] of Object.entries(servers)) config[name] = await listen(each);
	servers.closed.close();
	const application = await start(config);
	check((await application.exited) === 0, "exit status");
	for (const each of Object.values(servers)) each.close();
}
