// SPDX-License-Identifier: Apache-2.0
// Janus (Debian's package) with the WHIP server of its authors before it (Debian's) and their WHEP server (npm's), all of a
// row's own: nothing of ours is in the middle.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { cpSync, mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import unpack, { npmPackage } from "./debian.mjs";
import { freePort, sleep, until } from "./world.mjs";

const room = 1234;
// What comes with the packages' dependencies, and no server needs: the tools that they were built with.
const unused =
	/^(node-(babel|istanbul|tape|assert|n3|chalk|core-js|yargs)|fonts-|libjs-(bootstrap|bootbox|bootswatch|jquery|toastr)|perl|python)/;

/** @typedef {{ uri: string, username?: string, credential?: string }} IceServer */
/** @typedef {{ strictETags?: boolean, token?: string, iceServers?: IceServer[], nat?: string }} JanusOptions `nat`: of its configuration */

export default class Janus {
	output = "";
	/** @type {import("node:child_process").ChildProcess[]} */
	#processes = [];
	#directory = mkdtempSync(join(tmpdir(), "janus-"));
	#port = 0;
	#whipPort = 0;
	/** RTP that Janus has received from the endpoint's publisher, and passed on. */
	packets = { audio: 0, video: 0 };
	/** @type {import("node:dgram").Socket[]} */
	#sockets = [];

	/** @param {JanusOptions} [options] */
	static async start(options = {}) {
		const janus = new Janus();
		try {
			await janus.#startJanus(options);
			await janus.#startWHIP(options);
		} catch (error) {
			await janus.stop();
			if (error instanceof Error) error.message += `\n${janus.output}`;
			throw error;
		}
		return janus;
	}

	get url() {
		return `http://127.0.0.1:${this.#whipPort}/whip/endpoint/porch`;
	}

	/** @param {string} command @param {string[]} parameters @param {import("node:child_process").SpawnOptions} options */
	#spawn(command, parameters, options) {
		const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"], ...options });
		for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (this.output += chunk));
		child.on("error", (error) => (this.output += `${command}: ${error.message}\n`));
		this.#processes.push(child);
		return child;
	}

	/** @param {JanusOptions} options */
	async #startJanus({ nat = "" }) {
		const files = unpack("janus", ["janus"]);
		const part = (/** @type {string} */ name) => join(files.lib, "janus", name);
		this.#port = await freePort();
		const directory = this.#directory;
		const write = (/** @type {string} */ name, /** @type {string} */ text) =>
			writeFileSync(join(directory, name), text);
		const folders = ["plugins", "transports", "events", "loggers"];
		const paths = folders.map((name) => `${name}_folder = "${part(name)}"`);
		const plugins = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail";
		const transports = "http mqtt nanomsg pfunix rabbitmq";
		const list = (/** @type {string} */ names) =>
			names
				.split(" ")
				.map((name) => `libjanus_${name}.so`)
				.join(",");
		write(
			"janus.jcfg",
			`general: { configs_folder = "${directory}"\n${paths.join("\n")}\ndebug_level = 4 debug_colors = false }
			media: { }
			nat: { ice_enforce_list = "127.0.0.1" ignore_mdns = true ${nat} }
			plugins: { disable = "${list(plugins)}" }
			transports: { disable = "${list(transports)}" }
			events: { broadcast = false }
			loggers: { disable = "libjanus_jsonlog.so" }`,
		);
		write("janus.transport.websockets.jcfg", `general: { ws = true ws_port = ${this.#port} ws_ip = "127.0.0.1" }`);
		write(
			"janus.plugin.videoroom.jcfg",
			`room-${room}: { description = "porch" publishers = 6 videocodec = "h264" audiocodec = "opus" bitrate = 2000000 }`,
		);
		const parameters = ["-F", directory, "-C", join(directory, "janus.jcfg")];
		this.#spawn(files.path("usr/bin/janus"), parameters, { env: files.env });
		await until("Janus listens", () => accepts(this.#port), 30_000);
	}

	/** @param {JanusOptions} options */
	async #startWHIP({ strictETags = false, token, iceServers = [] }) {
		const files = unpack("simple-whip", ["simple-whip-server"], unused);
		this.#whipPort = await freePort();
		const folder = join(this.#directory, "whip");
		mkdirSync(folder);
		cpSync(files.path("usr/share/simple-whip-server/src"), folder, { recursive: true, verbatimSymlinks: true });
		unlinkSync(join(folder, "config.js"));
		const address = `ws://127.0.0.1:${this.#port}`;
		const config = { janus: { address }, port: this.#whipPort, rest: "/whip", strictETags, iceServers };
		writeFileSync(join(folder, "config.js"), `module.exports = ${JSON.stringify(config)};`);
		const env = { ...files.env, DEBUG: "whip:*" };
		this.#spawn(process.execPath, [join(folder, "server.js")], { cwd: folder, env });
		await until("the WHIP server listens", () => accepts(this.#whipPort), 30_000);
		const [audioPort, videoPort] = [await this.#count("audio"), await this.#count("video")];
		const recipient = { host: "127.0.0.1", audioPort, videoPort };
		await until("an endpoint", async () => {
			const response = await fetch(`http://127.0.0.1:${this.#whipPort}/whip/create`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ id: "porch", room, token, recipient }),
			});
			return response.ok;
		});
	}

	/** @param {"audio" | "video"} kind @returns {Promise<number>} the port where Janus's packets of that kind are counted */
	async #count(kind) {
		const socket = createSocket("udp4", () => this.packets[kind]++);
		this.#sockets.push(socket);
		await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(undefined)));
		return socket.address().port;
	}

	/** The id of who publishes, by Janus's own protocol. @returns {Promise<number>} */
	async #publisher() {
		const socket = new WebSocket(`ws://127.0.0.1:${this.#port}`, "janus-protocol");
		await once(socket, "open");
		const ask = async (/** @type {object} */ request) => {
			const transaction = String(Math.random());
			socket.send(JSON.stringify({ ...request, transaction }));
			for (;;) {
				const [data] = await once(socket, "message");
				const reply = JSON.parse(String(data));
				if (reply.transaction === transaction) return reply;
			}
		};
		const { id: session_id } = (await ask({ janus: "create" })).data;
		const plugin = "janus.plugin.videoroom";
		const { id: handle_id } = (await ask({ janus: "attach", session_id, plugin })).data;
		const body = { request: "listparticipants", room };
		const { plugindata } = await ask({ janus: "message", session_id, handle_id, body });
		socket.close();
		return plugindata.data.participants[0].id;
	}

	/** Starts their WHEP server, for who publishes in the room. @param {JanusOptions} [options] @returns {Promise<string>} its URL */
	async startWHEP({ token, iceServers = [] } = {}) {
		const module = npmPackage("janus-whep-server@1.1.0");
		// Its way to a Janus on the same machine is a native of its own, which we neither build nor need.
		writeFileSync(join(module, "../unix-dgram/lib/unix_dgram.js"), "exports.createSocket = undefined;\n");
		const port = await freePort();
		const options = {
			janus: { address: `ws://127.0.0.1:${this.#port}` },
			rest: { port, basePath: "/whep" },
			iceServers,
		};
		const feed = await this.#publisher();
		writeFileSync(
			join(this.#directory, "whep.mjs"),
			`import { JanusWhepServer } from ${JSON.stringify(join(module, "src/whep.js"))};
			const server = new JanusWhepServer(${JSON.stringify(options)});
			await server.start();
			server.createEndpoint(${JSON.stringify({ id: "porch", plugin: "videoroom", room, feed, token })});`,
		);
		this.#spawn(process.execPath, [join(this.#directory, "whep.mjs")], {});
		await until("the WHEP server listens", () => accepts(port), 30_000);
		return `http://127.0.0.1:${port}/whep/endpoint/porch`;
	}

	/** Waits for media of both kinds, and that more comes. */
	async receives() {
		await until("video and audio", () => this.packets.video > 20 && this.packets.audio > 20, 30_000);
		const before = { ...this.packets };
		await sleep(500);
		const { video, audio } = this.packets;
		assert(video > before.video && audio > before.audio, "it goes on");
		return `${video} packets of video, ${audio} of audio`;
	}

	async stop() {
		for (const child of this.#processes.reverse()) {
			if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
			const ended = new Promise((resolve) => child.once("close", resolve));
			child.kill("SIGKILL");
			await ended;
		}
		for (const socket of this.#sockets) socket.close();
		rmSync(this.#directory, { recursive: true, force: true });
	}
}

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
		socket.on("error", () => resolve(false));
	});
}
