// SPDX-License-Identifier: Apache-2.0
// ConnectAsMaster and ConnectAsViewer: the WebSocket handshakes.
// @ts-check
import { STATUS_CODES } from "node:http";
import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";
import { errorResponse, toRequest } from "./http.mjs";
import { requestVerbs } from "./rest.mjs";
import { required } from "./validate.mjs";

const longestMessage = 128 * 1024;

export default class Sockets {
	#service;
	#server = new WebSocketServer({ noServer: true, maxPayload: longestMessage, perMessageDeflate: false });

	/** @param {import("./service.mjs").default} service */
	constructor(service) {
		this.#service = service;
	}

	/**
	 * @param {import("node:http").IncomingMessage} incoming
	 * @param {import("node:stream").Duplex} socket
	 * @param {Buffer} head
	 * @param {"MASTER" | "VIEWER"} role of the endpoint
	 */
	async upgrade(incoming, socket, head, role) {
		const { faults, log, count, verifier, channels, hub } = this.#service;
		const on = role === "MASTER" ? "connectAsMaster" : "connectAsViewer";
		const refuse = (/** @type {{ status: number, headers?: Record<string, string>, body: string }} */ response) => {
			log(`${on}: ${response.status} ${response.headers?.["x-amzn-ErrorType"] ?? ""}`);
			this.#refuse(socket, response);
		};
		socket.on("error", () => socket.destroy());
		try {
			const request = toRequest(incoming);
			const { "X-Amz-ChannelARN": arn = "", "X-Amz-ClientId": id } = request.query;
			count(on);
			const event = { on, role, channel: arn.split("/")[1], clientId: id };
			if (await faults.disturb(event, requestVerbs(socket, refuse))) return;
			const channelArn = required(request.query, "X-Amz-ChannelARN", "channelArn");
			const clientId = role === "VIEWER" ? required(request.query, "X-Amz-ClientId", "clientId") : undefined;
			await verifier.verifyQuery(request);
			const channel = channels.byArn(channelArn);
			hub.checkLimits(channel, clientId);
			this.#server.handleUpgrade(incoming, socket, head, (client) => hub.connect(client, channel, clientId));
		} catch (error) {
			refuse(errorResponse(error));
		}
	}

	/**
	 * @param {import("node:stream").Duplex} socket
	 * @param {{ status: number, headers?: Record<string, string>, body: string }} response
	 */
	#refuse(socket, { status, headers, body }) {
		const lines = Object.entries({
			"content-type": "application/json",
			...headers,
			"content-length": String(Buffer.byteLength(body)),
			"x-amzn-RequestId": randomUUID(),
			date: this.#service.clock.httpDate,
			connection: "close",
		}).map(([name, value]) => `${name}: ${value}\r\n`);
		socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
	}
}
