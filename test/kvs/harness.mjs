// SPDX-License-Identifier: Apache-2.0
// A local KVS for a test, and Amazon's clients for it.
// @ts-check
import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	GetSignalingChannelEndpointCommand,
	CreateSignalingChannelCommand,
	KinesisVideoClient,
} from "@aws-sdk/client-kinesis-video";
import { KinesisVideoSignalingClient } from "@aws-sdk/client-kinesis-video-signaling";
import { KinesisVideoWebRTCStorageClient } from "@aws-sdk/client-kinesis-video-webrtc-storage";
import WebSocket from "ws";
import { parseOptions } from "../../tools/kvs/options.mjs";
import LocalKVS from "../../tools/kvs/service.mjs";

const { SignalingClient } = createRequire(import.meta.url)("amazon-kinesis-video-streams-webrtc");
/** @typedef {import("amazon-kinesis-video-streams-webrtc").SignalingClient} Signaling */

export const region = "eu-west-1";
/** One authority for all tests: to make one takes time. */
const directory = mkdtempSync(join(tmpdir(), "local-kvs-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

/** @type {[string, () => Promise<void>][]} */
export const tests = [];
export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A test with a service of its own.
 * @param {string} name
 * @param {string[]} parameters of the command line
 * @param {(fixture: Fixture) => Promise<void>} run
 */
export function test(name, parameters, run) {
	tests.push([
		name,
		async () => {
			const fixture = await Fixture.start(parameters);
			try {
				await run(fixture);
			} catch (error) {
				console.log(fixture.service.events.slice(-30).join("\n"));
				throw error;
			} finally {
				await fixture.close();
			}
		},
	]);
}

/** @param {Promise<unknown>} promise @param {string} name @param {number} [status] @param {RegExp} [message] */
export async function rejects(promise, name, status, message = /./) {
	/** @type {any} */
	const error = await promise.then(
		() => assert.fail(`no ${name}`),
		(reason) => reason,
	);
	assert.equal(error.name, name, error.stack);
	if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status);
	assert.match(error.message, message);
}

export class Fixture {
	/** @type {{ destroy?: () => void, close?: () => void }[]} */
	#open = [];

	/** @param {string[]} parameters */
	static async start(parameters) {
		const options = parseOptions(["--port", "0", "--region", region, "--ca", directory, ...parameters]);
		return new Fixture(await LocalKVS.start(options), options);
	}

	/** @param {LocalKVS} service @param {import("../../tools/kvs/options.mjs").Options} options */
	constructor(service, options) {
		this.service = service;
		this.options = options;
		this.keys = { accessKeyId: options.accessKey, secretAccessKey: options.secretKey };
		this.ca = service.authority.certificate;
		const { ca } = this;
		globalThis.WebSocket = /** @type {any} */ (
			class extends WebSocket {
				/** @param {string} url */
				constructor(url) {
					super(url, { ca });
				}
			}
		);
		this.control = this.controlClient();
	}

	/** @param {object} [settings] of any SDK client */
	#settings(settings) {
		const requestHandler = { httpsAgent: new Agent({ ca: this.ca }), requestTimeout: 5000 };
		return { region, credentials: this.keys, requestHandler, maxAttempts: 1, ...settings };
	}

	/** @template {{ destroy?: () => void, close?: () => void }} T @param {T} client @returns {T} */
	#keep(client) {
		this.#open.push(client);
		return client;
	}

	/** @param {object} [settings] */
	controlClient(settings) {
		return this.#keep(
			new KinesisVideoClient({ endpoint: this.service.url("control"), ...this.#settings(settings) }),
		);
	}

	/** @param {object} [settings] */
	dataClient(settings) {
		return this.#keep(
			new KinesisVideoSignalingClient({ endpoint: this.service.url("data"), ...this.#settings(settings) }),
		);
	}

	/** @param {object} [settings] */
	storageClient(settings) {
		return this.#keep(
			new KinesisVideoWebRTCStorageClient({ endpoint: this.service.url("storage"), ...this.#settings(settings) }),
		);
	}

	/** @param {string} [name] @param {object} [more] @returns {Promise<string>} ARN */
	async create(name = "porch", more) {
		const { ChannelARN } = await this.control.send(
			new CreateSignalingChannelCommand({ ChannelName: name, ...more }),
		);
		assert(ChannelARN);
		return ChannelARN;
	}

	/** @param {string} arn @param {"MASTER" | "VIEWER"} role @returns {Promise<Record<string, string>>} by protocol */
	async endpoints(arn, role) {
		const { ResourceEndpointList = [] } = await this.control.send(
			new GetSignalingChannelEndpointCommand({
				ChannelARN: arn,
				SingleMasterChannelEndpointConfiguration: { Protocols: ["WSS", "HTTPS", "WEBRTC"], Role: role },
			}),
		);
		return Object.fromEntries(
			ResourceEndpointList.map(({ Protocol, ResourceEndpoint }) => [Protocol, ResourceEndpoint]),
		);
	}

	/** @param {string} arn @param {object} [more] */
	master(arn, more) {
		return this.#signaling({
			role: "MASTER",
			channelARN: arn,
			channelEndpoint: this.service.url("master"),
			...more,
		});
	}

	/** @param {string} arn @param {string} clientId @param {object} [more] */
	viewer(arn, clientId, more) {
		return this.#signaling({
			role: "VIEWER",
			clientId,
			channelARN: arn,
			channelEndpoint: this.service.url("viewer"),
			...more,
		});
	}

	/** @param {object} config */
	#signaling(config) {
		return this.#keep(new Probe(new SignalingClient({ region, credentials: this.keys, ...config })));
	}

	/** @param {string} path under /local @param {unknown} [body] posts it @param {string} [method] */
	async local(path, body, method = body === undefined ? "GET" : "POST") {
		const { status, text } = await this.fetch(
			`${this.service.url("control")}/local/${path}`,
			{ method },
			JSON.stringify(body),
		);
		assert.equal(status, 200, text);
		return JSON.parse(text);
	}

	/**
	 * @param {string} url
	 * @param {import("node:https").RequestOptions} [options]
	 * @param {string} [body]
	 * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, text: string }>}
	 */
	fetch(url, options = {}, body = undefined) {
		return new Promise((resolve, reject) => {
			const call = request(url, { ca: this.ca, agent: false, ...options }, async (response) => {
				let text = "";
				for await (const chunk of response) text += chunk;
				resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
			});
			call.on("error", reject);
			call.end(body);
		});
	}

	async close() {
		for (const client of this.#open) (client.destroy ?? client.close)?.call(client);
		await this.service.close();
	}
}

const events = ["open", "close", "error", "sdpOffer", "sdpAnswer", "iceCandidate", "statusResponse"];

/** A SignalingClient of Amazon's, and what it has said. */
export class Probe {
	/** @type {{ event: string, value: any, from?: string }[]} */
	heard = [];
	/** @type {() => void} */
	#wake = () => {};

	/** @param {Signaling} client */
	constructor(client) {
		this.client = client;
		for (const event of events) {
			client.on(event, (value, from) => {
				this.heard.push({ event, value, from });
				this.#wake();
			});
		}
	}

	/** The WebSocket beneath. @returns {WebSocket} */
	get socket() {
		return /** @type {any} */ (this.client).websocket;
	}

	async open() {
		this.client.open();
		await this.hear("open");
		return this;
	}

	/**
	 * Waits for an event, and takes it.
	 * @param {string} event
	 * @param {number} [timeout]
	 */
	async hear(event, timeout = 10_000) {
		const end = Date.now() + timeout;
		for (;;) {
			const index = this.heard.findIndex((heard) => heard.event === event);
			if (index >= 0) return this.heard.splice(index, 1)[0];
			const left = end - Date.now();
			if (left <= 0) assert.fail(`no "${event}"; heard ${JSON.stringify(this.heard)}`);
			await Promise.race([new Promise((resolve) => (this.#wake = () => resolve(undefined))), sleep(left)]);
		}
	}

	/** The next message as it is. @returns {Promise<any>} */
	raw() {
		return new Promise((resolve) =>
			this.socket.addEventListener("message", ({ data }) => resolve(data), { once: true }),
		);
	}

	/** The close to come. @returns {Promise<{ code: number, reason: string }>} */
	closing() {
		return new Promise((resolve) =>
			this.socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason })),
		);
	}

	close() {
		this.client.close();
	}
}

/** @param {unknown} value @returns {string} as a message's payload */
export const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64");
export const offer = /** @type {RTCSessionDescription} */ ({ type: "offer", sdp: "v=0\r\n" });
export const answer = /** @type {RTCSessionDescription} */ ({ type: "answer", sdp: "v=0\r\n" });
export const candidate = /** @type {RTCIceCandidate} */ ({
	candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
	sdpMid: "0",
});
