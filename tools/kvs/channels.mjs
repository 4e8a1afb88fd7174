// SPDX-License-Identifier: Apache-2.0
// The account's signaling channels, in memory.
// @ts-check
import { randomBytes } from "node:crypto";
import ServiceError, { invalid, notFound } from "./errors.mjs";

const account = "123456789012";

/** @returns {string} of the service's form: 20 letters and digits */
const newVersion = () =>
	randomBytes(30)
		.toString("base64")
		.replace(/[^a-zA-Z0-9]/g, "")
		.padEnd(20, "0")
		.slice(0, 20);

export class Channel {
	type = "SINGLE_MASTER";
	version = newVersion();
	/** @type {Map<string, string>} */
	tags = new Map();
	/** @type {{ Status: string, StreamARN?: string }} */
	storage = { Status: "DISABLED" };

	/**
	 * @param {string} name
	 * @param {string} region
	 * @param {number} created milliseconds since 1970
	 * @param {number} messageTtl seconds
	 */
	constructor(name, region, created, messageTtl) {
		this.name = name;
		this.created = created;
		this.messageTtl = messageTtl;
		const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
		this.arn = `arn:${partition}:kinesisvideo:${region}:${account}:channel/${name}/${Math.floor(created)}`;
	}

	/** As DescribeSignalingChannel gives it. */
	get info() {
		return {
			ChannelARN: this.arn,
			ChannelName: this.name,
			ChannelStatus: "ACTIVE",
			ChannelType: this.type,
			CreationTime: this.created / 1000,
			FullMeshConfiguration: null,
			SingleMasterConfiguration: { MessageTtlSeconds: this.messageTtl },
			Version: this.version,
		};
	}

	/** Something of it has changed. */
	touch() {
		this.version = newVersion();
	}
}

export default class Channels {
	/** @type {Map<string, Channel>} */
	#byName = new Map();
	#clock;
	#region;

	/** @param {import("./clock.mjs").default} clock @param {string} region */
	constructor(clock, region) {
		this.#clock = clock;
		this.#region = region;
	}

	/** All, by name. */
	get list() {
		return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	/**
	 * @param {string} name
	 * @param {number} [messageTtl] seconds
	 */
	create(name, messageTtl = 60) {
		if (this.#byName.has(name)) {
			throw new ServiceError("ResourceInUseException", `The channel ${name} already exists.`);
		}
		const channel = new Channel(name, this.#region, this.#clock.now, messageTtl);
		this.#byName.set(name, channel);
		return channel;
	}

	/** @param {string} arn @returns {Channel} @throws {ServiceError} */
	byArn(arn) {
		const channel = this.#byName.get(arn.split("/")[1] ?? "");
		if (channel?.arn !== arn) throw notFound(arn);
		return channel;
	}

	/**
	 * @param {string | undefined} name
	 * @param {string | undefined} arn
	 * @returns {Channel}
	 * @throws {ServiceError}
	 */
	find(name, arn) {
		if (arn !== undefined) return this.byArn(arn);
		if (name === undefined) throw invalid("Either ChannelName or ChannelARN must be specified");
		const channel = this.#byName.get(name);
		if (!channel) throw notFound(name);
		return channel;
	}

	/** @param {Channel} channel */
	delete(channel) {
		this.#byName.delete(channel.name);
	}
}
