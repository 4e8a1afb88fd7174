// SPDX-License-Identifier: Apache-2.0
// A coturn of a test's own: Debian's package, as an ordinary process that writes nothing outside of a temporary folder.
// @ts-check
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @returns {Promise<number>} a port that is free for TCP, and most likely for UDP */
export function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});
}

export default class Coturn {
	output = "";
	/** @type {import("node:child_process").ChildProcess | undefined} */
	process;

	/**
	 * @param {number} port
	 * @param {string[]} options beside those that make it one of a test
	 */
	constructor(port, options) {
		this.port = port;
		this.options = options;
		this.directory = mkdtempSync(join(tmpdir(), "coturn-"));
	}

	/**
	 * @param {object} [settings]
	 * @param {string} [settings.user] "name:password"
	 * @param {string} [settings.listen]
	 * @param {string[]} [settings.options]
	 * @param {number} [settings.port]
	 * @param {boolean} [settings.tls] whether it has a certificate of `authority`, by which it speaks TLS, too
	 */
	static async start({ user = "user:secret", listen = "127.0.0.1", options = [], port, tls = false } = {}) {
		const coturn = new Coturn(port ?? (await freePort()), [
			...[`--listening-ip=${listen}`, `--user=${user}`],
			...(options.some((option) => option.startsWith("--relay-ip")) ? [] : [`--relay-ip=${listen}`]),
			...options,
		]);
		if (tls) await coturn.certify(listen);
		await coturn.start();
		return coturn;
	}

	async start() {
		const { port, directory } = this;
		const low = 49152 + Math.floor(Math.random() * 12000);
		const fixed = [
			"-n",
			"--no-cli",
			"--realm=test",
			"--lt-cred-mech",
			"--allow-loopback-peers",
			"--log-file=stdout",
		];
		const ports = [`--listening-port=${port}`, `--min-port=${low}`, `--max-port=${low + 400}`, "--relay-threads=1"];
		const files = [`-b`, join(directory, "turndb"), `--pidfile=${join(directory, "pid")}`];
		const secure = this.options.some((option) => option.startsWith("--cert")) ? [] : ["--no-tls", "--no-dtls"];
		const child = spawn("turnserver", [...fixed, ...ports, ...files, ...secure, ...this.options], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.process = child;
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (this.output += chunk));
		for (let i = 0; !(await accepts(port, this.host)); i++) {
			if (i > 100 || child.exitCode !== null) throw new Error(`coturn did not start:\n${this.output}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	/** The file of the authority that signed its certificate. */
	get authority() {
		return join(this.directory, "ca.pem");
	}

	/** @param {string} address */
	async certify(address) {
		const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
		const make = (/** @type {string[]} */ ...parameters) =>
			execFileSync("openssl", parameters, { cwd: this.directory, stdio: "pipe" });
		make("req", "-x509", ...key, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem", "-days", "9");
		make("req", "-new", ...key, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr");
		writeFileSync(join(this.directory, "names"), `subjectAltName=IP:${address},DNS:localhost\n`);
		const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "9"];
		make("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
		const at = (/** @type {string} */ name) => join(this.directory, name);
		const port = await freePort();
		this.options.push(`--cert=${at("server.pem")}`, `--pkey=${at("server.key")}`, `--tls-listening-port=${port}`);
	}

	get host() {
		const option = this.options.find((one) => one.startsWith("--listening-ip="));
		return option?.slice("--listening-ip=".length) ?? "127.0.0.1";
	}

	/** @param {string} [query] @param {string} [scheme] */
	url(query = "", scheme = "turn") {
		const host = this.host.includes(":") ? `[${this.host}]` : this.host;
		return `${scheme}:${host}:${this.port}${query}`;
	}

	/** Ends it at once, as a failure does. */
	async kill() {
		const child = this.process;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const ended = new Promise((resolve) => child.once("close", resolve));
		child.kill("SIGKILL");
		await ended;
	}

	async stop() {
		await this.kill();
		rmSync(this.directory, { recursive: true, force: true });
	}
}

/** @param {number} port @param {string} host @returns {Promise<boolean>} */
function accepts(port, host) {
	return new Promise((resolve) => {
		const socket = connect(port, host, () => (socket.destroy(), resolve(true)));
		socket.on("error", () => resolve(false));
	});
}
