// SPDX-License-Identifier: Apache-2.0
// A Mosquitto of a test's own: Debian's package, as an ordinary process.
// @ts-check
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import unpack from "./debian.mjs";
import { freePort, until } from "./world.mjs";

export default class Mosquitto {
	output = "";
	/** @type {import("node:child_process").ChildProcess | undefined} */
	#process;
	#directory = mkdtempSync(join(tmpdir(), "mosquitto-"));
	#settings;

	/** @param {{ port: number, webPort: number, user?: { name: string, password: string } }} settings */
	constructor(settings) {
		this.#settings = settings;
	}

	/** @param {{ user?: { name: string, password: string } }} [options] */
	static async start(options = {}) {
		const broker = new Mosquitto({ port: await freePort(), webPort: await freePort(), ...options });
		await broker.start();
		return broker;
	}

	/** For devices. */
	get port() {
		return this.#settings.port;
	}

	/** For pages. */
	get url() {
		return `ws://127.0.0.1:${this.#settings.webPort}`;
	}

	async start() {
		const { path, env } = unpack("mosquitto", ["mosquitto"]);
		const { port, webPort, user } = this.#settings;
		const passwords = join(this.#directory, "passwords");
		const configuration = join(this.#directory, "mosquitto.conf");
		const lines = [
			"user root", // for who is: else it would become somebody who cannot read this folder
			"per_listener_settings true",
			`listener ${port} 127.0.0.1`,
			`allow_anonymous ${!user}`,
			...(user ? [`password_file ${passwords}`] : []),
			`listener ${webPort} 127.0.0.1`,
			"protocol websockets",
			"allow_anonymous true",
		];
		if (user) {
			writeFileSync(passwords, `${user.name}:${user.password}\n`);
			const hash = spawn(path("usr/bin/mosquitto_passwd"), ["-U", passwords], { env, stdio: "ignore" });
			await new Promise((resolve) => hash.once("close", resolve));
		}
		writeFileSync(configuration, `${lines.join("\n")}\n`);
		const process = spawn(path("usr/sbin/mosquitto"), ["-v", "-c", configuration], {
			env,
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.#process = process;
		const from = this.output.length;
		for (const stream of [process.stdout, process.stderr]) stream.on("data", (chunk) => (this.output += chunk));
		await until("Mosquitto runs", () => {
			if (process.exitCode !== null) throw new Error(`mosquitto: ${this.output}`);
			return / running/.test(this.output.slice(from));
		});
	}

	/** Ends it as a crash does. */
	async stop() {
		const process = this.#process;
		if (!process || process.exitCode !== null || process.signalCode !== null) return;
		const closed = new Promise((resolve) => process.once("close", resolve));
		process.kill("SIGKILL");
		await closed;
	}

	async close() {
		await this.stop();
		rmSync(this.#directory, { recursive: true, force: true });
	}
}
