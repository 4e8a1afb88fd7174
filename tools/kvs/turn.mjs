// SPDX-License-Identifier: Apache-2.0
// TURN credentials of the service's form, and coturn to honour them.
// @ts-check
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

export default class Turn {
	/** @type {import("node:child_process").ChildProcess | undefined} */
	#process;
	#clock;
	#options;

	/**
	 * @param {import("./clock.mjs").default} clock
	 * @param {{ port?: number, tlsPort?: number, uris?: string[], secret?: string, host: string, life: number }} options
	 * `port`: start coturn there; `uris`: use these servers, which know the secret; `life` of credentials in seconds: with the
	 * service it is always 300
	 */
	constructor(clock, options) {
		this.#clock = clock;
		this.#options = { ...options, secret: options.secret ?? randomBytes(24).toString("hex") };
	}

	/** The process id of coturn, if it was started. */
	get pid() {
		return this.#process?.pid;
	}

	/**
	 * @param {string} arn of the channel
	 * @param {string} hostname at which the caller reaches this computer
	 */
	servers(arn, hostname) {
		const { uris = [], life } = this.#options;
		const all = [...uris, ...(this.#process ? this.#ownURIs(hostname) : [])];
		if (!all.length) return [];
		const username = `${Math.floor(this.#clock.now / 1000) + life}:${Buffer.from(`v1:${arn}`).toString("base64")}`;
		// What coturn's use-auth-secret expects.
		const password = createHmac("sha1", this.#options.secret).update(username).digest("base64");
		return [{ Password: password, Ttl: life, Uris: all, Username: username }];
	}

	/** @param {string} hostname */
	#ownURIs(hostname) {
		const host = hostname === "localhost" ? "127.0.0.1" : hostname; // chips have no resolver for it
		const { port, tlsPort } = this.#options;
		const plain = `turn:${host}:${port}?transport=udp`;
		return tlsPort
			? [plain, `turns:${host}:${tlsPort}?transport=udp`, `turns:${host}:${tlsPort}?transport=tcp`]
			: [plain, `turn:${host}:${port}?transport=tcp`];
	}

	/**
	 * Starts coturn.
	 * @param {string} directory with server.pem and server-key.pem; coturn's files go there, too
	 * @returns {Promise<void>} when it runs; rejects if it is not installed, or ends at once
	 */
	start(directory) {
		const { port, tlsPort, secret, host } = this.#options;
		const at = (/** @type {string} */ name) => join(directory, name);
		const parameters = [
			...[
				"-n",
				"--use-auth-secret",
				`--static-auth-secret=${secret}`,
				"--realm=kinesisvideo.local",
				"--fingerprint",
			],
			...[
				`--listening-port=${port}`,
				...addressesOf(host).map((address) => `--listening-ip=${address}`),
				"--no-cli",
				"--no-rfc5780",
				"--allow-loopback-peers",
			],
			...(tlsPort
				? [`--tls-listening-port=${tlsPort}`, `--cert=${at("server.pem")}`, `--pkey=${at("server-key.pem")}`]
				: []),
			...(tlsPort ? [] : ["--no-tls", "--no-dtls"]),
			...["--log-file=stdout", "--simple-log", `--pidfile=${at("turnserver.pid")}`, `--userdb=${at("turndb")}`],
		];
		const child = spawn("turnserver", parameters, { stdio: ["ignore", "pipe", "pipe"] });
		this.#process = child;
		return new Promise((resolve, reject) => {
			let output = "";
			const take = (/** @type {Buffer} */ chunk) => {
				output = (output + chunk).slice(-4000);
				// The last that it says when it starts.
				if (/DB connection success/.test(output)) resolve();
			};
			child.stdout.on("data", take);
			child.stderr.on("data", take);
			child.on("error", (error) => {
				this.#process = undefined;
				const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
				reject(
					new Error(
						missing ? "--turn: turnserver is not installed (package coturn)" : `--turn: ${error.message}`,
					),
				);
			});
			child.on("exit", (code) => {
				this.#process = undefined;
				reject(new Error(`--turn: turnserver ended with code ${code}: ${output.trim().split("\n").pop()}`));
			});
		});
	}

	close() {
		this.#process?.kill();
	}
}

/** @param {string} host coturn leaves out loopback if it is told nothing @returns {string[]} */
function addressesOf(host) {
	if (host !== "0.0.0.0" && host !== "::") return [host];
	const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return all.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}
