// SPDX-License-Identifier: Apache-2.0
// What the peer asks for. It exits when told to.
import Listener from "embedded:io/socket/listener";
import HTTPServer, { type HTTPConnectionHandlers } from "embedded:network/http/server";
import WebPage from "embedded:network/http/server/options/webpage";
import Timer from "timer";

let requests = 0;
let errors = 0;

/** Answers with `compose`'s text. */
function answering(status: number, compose: () => string): HTTPConnectionHandlers {
	return {
		onResponse(response) {
			this.body = ArrayBuffer.fromString(compose());
			response.status = status;
			response.headers.set("content-length", this.body.byteLength);
			this.respond(response);
		},
		onWritable(count) {
			const part = this.body.slice(0, count);
			this.body = this.body.slice(count);
			this.write(part);
		},
	};
}

/** Sends back what comes: the method, then the body, in chunks. */
const echo: HTTPConnectionHandlers = {
	onRequest({ method }) {
		this.parts = [ArrayBuffer.fromString(`${method}:`)];
	},
	onReadable() {
		this.parts.push(this.read(1000));
	},
	onResponse(response) {
		response.headers.set("transfer-encoding", "chunked");
		this.respond(response);
	},
	onWritable(count) {
		const [part] = this.parts;
		if (!part) return void this.write();
		this.write(part.slice(0, count));
		if (part.byteLength > count) this.parts[0] = part.slice(count);
		else this.parts.shift();
	},
};

const later: HTTPConnectionHandlers = {
	onResponse(response) {
		response.status = 204;
		Timer.set(() => this.respond(response), 50);
	},
};

const routes: Record<string, HTTPConnectionHandlers> = {
	"/": { ...WebPage, data: "<p>page</p>" } as HTTPConnectionHandlers,
	"/large": {
		...WebPage,
		data: new Uint8Array(30_000).fill(120),
		contentType: "text/plain",
	} as HTTPConnectionHandlers,
	"/echo": echo,
	"/later": later,
	"/until-close": {
		onWritable() {
			this.write(ArrayBuffer.fromString("some text"));
			this.write();
		},
	},
	"/empty": {},
	"/throw-request": {
		onRequest() {
			throw new Error("a fault of the application");
		},
	},
	"/throw-writable": {
		onResponse(response) {
			response.headers.set("content-length", 10);
			this.respond(response);
		},
		onWritable() {
			throw new Error("a fault of the application");
		},
	},
	"/bad-header": {
		onResponse(response) {
			response.headers.set("x", "a\r\nb: c");
			this.respond(response);
		},
	},
	"/early": {
		onRequest() {
			this.respond({ status: 403, headers: new Map() });
		},
	},
	"/drop": {
		onRequest() {
			this.close();
		},
	},
	"/detach": {
		onResponse(response) {
			response.status = 101;
			response.headers.set("connection", "upgrade");
			response.headers.set("upgrade", "echo");
			this.respond(response);
		},
		onDone() {
			const socket = this.detach();
			const TCPClass = socket.constructor as typeof import("embedded:io/socket/tcp").default;
			new TCPClass({
				from: socket,
				onReadable() {
					this.write(this.read() as ArrayBuffer);
				},
				onError() {
					this.close();
				},
			});
		},
	},
	"/statistics": answering(200, () => JSON.stringify({ requests, errors })),
	"/exit": {
		onDone() {
			Timer.set(() => {
				server.close();
				server.close();
				globalThis.simulator!.exit(0);
			}, 100);
		},
	},
};
const notFound = answering(404, () => "not found");

const server = new HTTPServer({
	io: Listener,
	port: 0,
	timeout: 2,
	maximumConnections: 12,
	maximumBody: 100_000,
	onConnect(connection) {
		connection.accept({
			onRequest({ path }) {
				requests++;
				this.route = routes[path] ?? notFound;
			},
			onError() {
				errors++;
			},
		});
	},
});
trace(`port ${server.port}\n`);
