// SPDX-License-Identifier: Apache-2.0
// The camera's side of the table: the program in device/, and a line to it for each session.
// @ts-check
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { Application } from "../../browser/camera.mjs";

/** @typedef {"video" | "audio" | "both" | "tcp"} Sends what a device has; "tcp": both, also by TCP */

/** The devices, which start with the first session and again when they have ended. */
export class Devices {
	/** @type {Promise<Application> | undefined} */
	#starting;
	#configuration;
	#environment;

	/** @param {Record<string, string>} [configuration] @param {Record<string, string>} [environment] */
	constructor(configuration = {}, environment = {}) {
		this.#configuration = configuration;
		this.#environment = environment;
	}

	/** @param {Sends} sends @returns {Promise<number>} its port */
	async port(sends) {
		this.#starting ??= this.#start();
		const { output } = await this.#starting;
		return Number(new RegExp(`^${sends} at (\\d+)`, "m").exec(output)?.[1]);
	}

	/** What they have printed. */
	async output() {
		return (await this.#starting)?.output ?? "";
	}

	/** @returns {Promise<number>} the exit status */
	async stop() {
		const application = await this.#starting;
		this.#starting = undefined;
		return application ? application.stop() : 0;
	}

	async #start() {
		const application = new Application("test/interop/peers/device", this.#configuration, [], this.#environment);
		await application.find(/the devices are live/, 600_000);
		void application.exited.then(() => (this.#starting = undefined));
		return application;
	}
}

export const devices = new Devices();

/** A session with a device: it sends and takes what its signaling carries. */
export class DeviceSession {
	/** @type {string[]} what the device told, for a report */
	told = [];
	/** @type {any[]} */
	#messages = [];
	#wake = () => {};

	/** @param {import("node:net").Socket} socket */
	constructor(socket) {
		this.socket = socket;
		createInterface({ input: socket }).on("line", (line) => this.#take(JSON.parse(line)));
		const end = () => this.#take({ type: "bye" });
		socket.on("close", end).on("error", end);
	}

	/** @param {Sends} sends @param {Devices} [of] */
	static async open(sends, of = devices) {
		const socket = createConnection({ port: await of.port(sends), host: "127.0.0.1", noDelay: true });
		await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
		return new DeviceSession(socket);
	}

	/** @param {object} message */
	send(message) {
		this.socket.write(`${JSON.stringify(message)}\n`);
	}

	/** @param {string} verb of device/commands.ts @param {object} [parameters] */
	command(verb, parameters = {}) {
		this.send({ type: "command", verb, ...parameters });
	}

	/** The description that the device sends next. @param {"offer" | "answer"} type @returns {Promise<string>} */
	async description(type) {
		const message = await this.#next(10_000);
		if (message.type === type) return message.sdp;
		const reason = message.rejection ? `: ${message.rejection.reason}, ${message.rejection.message}` : "";
		throw new Error(`the device sent "${message.type}" in place of its ${type}${reason}`);
	}

	/**
	 * What the device tells next, of a type that is not signaling's. An offer may come before it: of a device that looks for another
	 * path, because nothing was heard for a while.
	 * @param {string} type
	 * @returns {Promise<any>}
	 */
	async message(type) {
		let message = await this.#next(10_000);
		while (message.type === "offer") message = await this.#next(10_000);
		if (message.type !== type) throw new Error(`the device sent "${message.type}" in place of "${type}"`);
		return message;
	}

	close() {
		this.socket.destroy();
	}

	/** @param {any} message */
	#take(message) {
		if (message.type === "event") this.told.push(`${message.name} ${message.message ?? ""}`.trim());
		else this.#messages.push(message);
		if (message.type !== "event" || message.name === "refused") this.#wake();
	}

	/** @param {number} timeout ms @returns {Promise<any>} */
	async #next(timeout) {
		const deadline = Date.now() + timeout;
		while (!this.#messages.length) {
			const refused = this.told.find((line) => line.startsWith("refused"));
			if (refused) throw new Error(`the device: ${refused}`);
			if (Date.now() > deadline) throw new Error("the device said nothing");
			await new Promise((resolve) => {
				const timer = setTimeout(() => resolve(undefined), Math.max(1, deadline - Date.now()));
				this.#wake = () => (clearTimeout(timer), resolve(undefined));
			});
		}
		return this.#messages.shift();
	}
}
