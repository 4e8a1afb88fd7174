// SPDX-License-Identifier: Apache-2.0
// A stand-in for OpenAI's realtime API, as its description has it: keys for a while, and calls. It understands nothing.
// @ts-check
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Call from "./call.mjs";

/**
 * @typedef {object} Options
 * @property {number} port 0: any
 * @property {string} [listen] default "127.0.0.1"
 * @property {string} [accountKey] which makes the others. Default "sk-local"
 * @property {number} [lifetime] seconds of a key. Default 600
 * @property {string} [keyToken] what GET /key wants. Default: nothing
 * @property {(text: string) => void} [log]
 */

const longestBody = 64 * 1024;
const most = 8; // calls at once

/** @param {import("node:http").IncomingMessage} request */
async function readBody(request) {
	let text = "";
	for await (const chunk of request.setEncoding("utf8")) {
		text += chunk;
		if (text.length > longestBody) throw new Error("too long");
	}
	return text;
}

export default class LocalAssistant {
	/** Those that are there. @type {Set<Call>} */
	calls = new Set();
	/** Calls that were taken so far. */
	taken = 0;
	/** What the next calls are answered with instead; "silence" is no answer. @type {("silence" | { status: number, headers?: Record<string, string> })[]} */
	faults = [];
	/** Until when each key is good. @type {Map<string, number>} */
	#keys = new Map();
	#options;
	#server = createServer((request, response) => {
		this.#handle(request, response).catch((error) => {
			this.#options.log?.(`${request.method} ${request.url}: ${error}`);
			response.destroy();
		});
	});

	/** @param {Options} options @returns {Promise<LocalAssistant>} */
	static async start(options) {
		const service = new LocalAssistant(options);
		await new Promise((resolve, reject) => {
			service.#server.once("error", reject);
			service.#server.listen(options.port, options.listen ?? "127.0.0.1", () => resolve(undefined));
		});
		return service;
	}

	/** @param {Options} options */
	constructor(options) {
		this.#options = options;
	}

	get origin() {
		const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
		return `http://localhost:${port}`;
	}

	get url() {
		return `${this.origin}/v1/realtime/calls`;
	}

	/** A key for a while. */
	makeKey() {
		const value = `ek_${randomUUID().replaceAll("-", "")}`;
		const expires_at = Math.floor(Date.now() / 1000) + (this.#options.lifetime ?? 600);
		this.#keys.set(value, expires_at);
		return { value, expires_at };
	}

	/** Ends all calls, as the service does after an hour. */
	hangUp() {
		for (const call of this.calls) call.close();
		this.calls.clear();
	}

	async close() {
		this.hangUp();
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
	async #handle(request, response) {
		const { method, url = "/", headers } = request;
		const body = await readBody(request);
		const key = headers.authorization?.replace(/^Bearer /, "") ?? "";
		const json = (
			/** @type {number} */ status,
			/** @type {object} */ value,
			/** @type {Record<string, string>} */ fields = {},
		) =>
			void response
				.writeHead(status, { "content-type": "application/json", ...fields })
				.end(JSON.stringify(value, null, 2));
		const fail = (
			/** @type {number} */ status,
			/** @type {string} */ code,
			/** @type {string} */ message,
			/** @type {Record<string, string>} */ fields = {},
		) => json(status, { error: { message, type: "invalid_request_error", param: null, code } }, fields);
		const { accountKey = "sk-local", keyToken, log } = this.#options;
		log?.(`${method} ${url}`);
		// What a server of one's own would do, which alone holds the account's key.
		if (method === "GET" && url === "/key")
			return keyToken !== undefined && key !== keyToken
				? fail(401, "unauthorized", "Who are you?")
				: json(200, this.makeKey());
		if (method !== "POST") return fail(404, "not_found", "There is no such thing.");
		if (url === "/v1/realtime/client_secrets")
			return key === accountKey
				? json(200, this.makeKey())
				: fail(401, "invalid_api_key", `Incorrect API key provided: ${key}.`);
		if (url !== "/v1/realtime/calls") return fail(404, "not_found", "There is no such thing.");
		const fault = this.faults.shift();
		if (fault === "silence") return;
		if (fault)
			return fail(
				fault.status,
				"rate_limit_exceeded",
				"Rate limit reached. Please try again later.",
				fault.headers,
			);
		if ((this.#keys.get(key) ?? 0) * 1000 < Date.now())
			return fail(401, "invalid_api_key", `Incorrect API key provided: ${key}.`);
		if (headers["content-type"] !== "application/sdp")
			return fail(400, "invalid_content_type", "An offer is wanted.");
		if (this.calls.size >= most) return fail(429, "rate_limit_exceeded", "Too many calls.", { "retry-after": "5" });
		const call = new Call(() => {
			if (this.calls.delete(call)) call.close();
		});
		this.calls.add(call);
		try {
			const answer = await call.answer(body);
			this.taken++;
			response
				.writeHead(201, { "content-type": "application/sdp", location: `/v1/realtime/calls/${call.id}` })
				.end(answer);
		} catch (error) {
			this.calls.delete(call);
			call.close();
			fail(400, "invalid_offer", error instanceof Error ? error.message : "");
		}
	}
}
