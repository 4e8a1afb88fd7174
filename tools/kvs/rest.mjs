// SPDX-License-Identifier: Apache-2.0
// The JSON calls: find the operation, verify who calls, run it, answer.
// @ts-check
import { randomUUID } from "node:crypto";
import ServiceError from "./errors.mjs";
import { crossOrigin, errorResponse, hostOf, readBody, toRequest } from "./http.mjs";

/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {import("node:http").ServerResponse} Outgoing */
/** @typedef {import("./control.mjs").Operation} Operation */

export default class Rest {
	#service;
	/** @type {Record<string, Operation>} */
	#operations;

	/** @param {import("./service.mjs").default} service @param {Record<string, Operation>} operations by name */
	constructor(service, operations) {
		this.#service = service;
		this.#operations = operations;
	}

	/**
	 * @param {Incoming} incoming
	 * @param {Outgoing} outgoing
	 * @param {"control" | "data" | "storage"} endpoint
	 * @param {boolean} secure
	 */
	async handle(incoming, outgoing, endpoint, secure) {
		const { clock, log } = this.#service;
		const start = performance.now();
		const [name, operation] =
			Object.entries(this.#operations).find(
				([, { endpoint: at, path }]) => at === endpoint && path === incoming.url,
			) ?? [];
		const finish = (
			/** @type {{ status: number, headers?: Record<string, string>, body: string }} */ { status, headers, body },
		) => {
			if (outgoing.destroyed) return;
			log(
				`${name ?? `${incoming.method} ${incoming.url}`}: ${status} ${headers?.["x-amzn-ErrorType"] ?? ""} ${(performance.now() - start).toFixed(0)} ms`,
			);
			outgoing.writeHead(status, {
				"content-type": "application/json",
				...headers,
				...crossOrigin(incoming),
				"x-amzn-RequestId": randomUUID(),
				date: clock.httpDate,
				"content-length": Buffer.byteLength(body),
			});
			outgoing.end(body);
		};
		try {
			const body = await readBody(incoming);
			if (incoming.method === "OPTIONS") return finish({ status: 200, body: "" });
			if (!name || !operation || incoming.method !== "POST")
				throw new ServiceError("UnknownOperationException", "There is no such operation");
			const fields = parse(body);
			const verbs = requestVerbs(incoming.socket, finish);
			this.#service.count(name);
			if (await this.#service.faults.disturb({ on: name, ...this.#describe(fields) }, verbs)) return;
			await this.#service.verifier.verifyHeaders(toRequest(incoming, body));
			finish({
				status: 200,
				body: await this.#run(name, operation, fields, { hostname: hostOf(incoming), secure }),
			});
		} catch (error) {
			finish(errorResponse(error));
		}
	}

	/**
	 * @param {string} name
	 * @param {Operation} operation
	 * @param {import("./validate.mjs").Fields | undefined} fields
	 * @param {import("./control.mjs").Caller} caller
	 */
	async #run(name, operation, fields, caller) {
		if (!fields) throw new ServiceError("SerializationException", "The body is not a JSON object");
		const { rates } = this.#service;
		rates.take(name, operation.perAccount);
		const { channel } = this.#describe(fields);
		if (operation.perChannel && channel) rates.take(`${name} of ${channel}`, operation.perChannel);
		return JSON.stringify((await operation.run(fields, caller)) ?? {});
	}

	/** @param {import("./validate.mjs").Fields | undefined} fields for faults and limits: which channel is meant */
	#describe(fields = {}) {
		const { ChannelName, ChannelARN, channelArn, ResourceARN, clientId, ClientId } = fields;
		const channel = ChannelName ?? String(ChannelARN ?? channelArn ?? ResourceARN ?? "").split("/")[1];
		const client = clientId ?? ClientId;
		return {
			...(typeof channel === "string" && { channel }),
			...(typeof client === "string" && { clientId: client }),
		};
	}
}

/** @param {Buffer} body @returns {import("./validate.mjs").Fields | undefined} */
function parse(body) {
	try {
		const value = JSON.parse(body.toString() || "{}");
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

/**
 * What faults do to a request.
 * @param {import("node:stream").Duplex} socket
 * @param {(response: { status: number, headers?: Record<string, string>, body: string }) => void} respond
 * @returns {import("./faults.mjs").Verbs}
 */
export function requestVerbs(socket, respond) {
	return {
		error: ({ status = 500, type, message = "Scripted" }) =>
			respond(
				errorResponse(
					new ServiceError(
						type ?? (status === 403 ? "AccessDeniedException" : "InternalFailure"),
						message,
						status,
					),
				),
			),
		drop: () => {},
		reset: () => void socket.destroy(),
		malformed: () => respond({ status: 200, body: '{"ChannelInfo":{"ChannelARN":"arn:aws:kin' }),
	};
}
