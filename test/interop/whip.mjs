// SPDX-License-Identifier: Apache-2.0
// The WHIP table: our camera published to media servers whose WebRTC is others' (aiortc, werift, libdatachannel), behind
// HTTP as RFC 9725 has it, and as MediaMTX and go2rtc answer, and to Janus behind its authors' server; and our player at our
// own WHEP server and at theirs.
// @ts-check
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Application, Camera } from "../browser/camera.mjs";
import Janus from "./janus.mjs";
import { implementations } from "./peers/peer.mjs";
import { sleep, until } from "./world.mjs";

/** @typedef {import("./run.mjs").Row} Row */
/** @typedef {import("./peers/peer.mjs").Peer} Peer */

const sdpType = "application/sdp";
const fragmentType = "application/trickle-ice-sdpfrag";

/** Two ways in which servers answer. */
const kinds = /** @type {const} */ (["strict", "mediamtx"]);
/** @typedef {typeof kinds[number] | "go2rtc"} Kind one more names no session, and takes nothing but an offer */

class MediaServer {
	/** @type {string[]} */
	requests = [];
	candidates = 0;
	redirected = false;
	/** @type {Map<string, Peer>} */
	sessions = new Map();
	#server = createServer((request, response) => void this.#handle(request, response));

	/** @param {Kind} kind @param {string} implementation @param {{ token?: string, patch?: boolean, redirect?: boolean }} options */
	constructor(kind, implementation, options) {
		this.kind = kind;
		this.options = options;
		const found = implementations.find(({ name }) => name === implementation);
		assert(found);
		this.implementation = found;
	}

	async start() {
		await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
		return this;
	}

	get url() {
		const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
		return `http://localhost:${port}/porch/whip`;
	}

	async close() {
		for (const peer of this.sessions.values()) await peer.stop();
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
	async #handle(request, response) {
		let body = "";
		for await (const chunk of request.setEncoding("utf8")) body += chunk;
		const { method = "", url: path = "", headers } = request;
		this.requests.push(`${method} ${path}`);
		const end = (
			/** @type {number} */ status,
			/** @type {Record<string, string | string[]>} */ fields = {},
			text = "",
		) => response.writeHead(status, fields).end(text);
		const { token, patch = true, redirect } = this.options;
		const link = [
			'<stun:127.0.0.1:9>; rel="ice-server"',
			'<turn:127.0.0.1:9?transport=udp>; rel="ice-server"; username="u"; credential="c"; credential-type="password"',
		];
		if (method === "OPTIONS") {
			const methods = patch ? "OPTIONS, GET, POST, PATCH, DELETE" : "OPTIONS, GET, POST, DELETE";
			return end(204, { "access-control-allow-methods": methods, "access-control-allow-origin": "*", link });
		}
		if (token && headers.authorization !== `Bearer ${token}`) return end(401, { "www-authenticate": "Bearer" });
		if (method === "POST") {
			if (redirect && !path.startsWith("/elsewhere")) return end(307, { location: `/elsewhere${path}` });
			return this.#offer(path, headers, body, end, link);
		}
		const peer = this.sessions.get(path);
		if (!peer) return end(404);
		if (method === "DELETE") {
			this.sessions.delete(path);
			await peer.stop();
			return end(200);
		}
		if (method !== "PATCH" || !patch) return end(405);
		if (headers["content-type"] !== fragmentType) return end(415);
		// MediaMTX looks at no ETag.
		if (this.kind === "strict" && headers["if-match"] === undefined) return end(428);
		if (this.kind === "strict" && headers["if-match"] !== `"${path}"`) return end(412);
		this.candidates += [...body.matchAll(/^a=candidate:/gm)].length;
		return end(204);
	}

	/**
	 * @param {string} path
	 * @param {import("node:http").IncomingHttpHeaders} headers
	 * @param {string} body
	 * @param {(status: number, fields?: Record<string, string | string[]>, text?: string) => void} end
	 * @param {string[]} link
	 */
	async #offer(path, headers, body, end, link) {
		if (headers["content-type"] !== sdpType) return end(415);
		// MediaMTX takes no data section, nor a second track of a kind.
		if (/^m=application/m.test(body) || (body.match(/^m=video/gm)?.length ?? 0) > 1) return end(406);
		// RFC 9725 section 4.2: a publisher sends.
		if (this.kind === "strict" && /^a=recvonly/m.test(body)) return end(400);
		const peer = await this.implementation.start();
		await peer.do("open", { sections: [] });
		const answer = await peer.do("answer", { sdp: body });
		const session = `${path}/${Math.random().toString(36).slice(2)}`;
		this.sessions.set(session, peer);
		if (this.kind === "go2rtc") return end(201, { "content-type": sdpType }, answer);
		const relative = session.slice(session.lastIndexOf("whip/"));
		const location = this.kind === "strict" ? relative : session;
		const etag = this.kind === "strict" ? `"${session}"` : "*";
		end(201, { "content-type": sdpType, location, etag, link, "accept-patch": fragmentType }, answer);
	}

	/** Waits for media of both kinds, and that more comes. */
	async receives() {
		const counts = async () => {
			/** @type {Record<string, number>} */
			const all = { video: 0, audio: 0 };
			for (const peer of this.sessions.values())
				for (const { kind, count } of await peer.do("received")) all[kind] += count;
			return all;
		};
		await until("video and audio", async () => Object.values(await counts()).every((count) => count > 20), 30_000);
		const before = await counts();
		await sleep(500);
		const after = await counts();
		assert(after.video > before.video && after.audio > before.audio, "it goes on");
		return `${after.video} of video, ${after.audio} of audio`;
	}
}

/**
 * @param {MediaServer} server
 * @param {Record<string, string | number>} settings
 * @param {(camera: Application) => Promise<string | void>} use
 */
async function publish(server, settings, use) {
	await server.start();
	const camera = new Application("examples/whip-camera", { url: server.url, ...settings }, ["--stats"]);
	try {
		return await use(camera);
	} catch (error) {
		if (error instanceof Error) error.stack += `\n${server.requests.join("\n")}\n${camera.output}`;
		throw error;
	} finally {
		camera.process.kill("SIGKILL");
		await server.close();
	}
}

const published = /The camera is published/;
const build = 600_000; // ms that the first may take

/** @type {Row[]} */
const publishing = kinds.flatMap((kind, i) =>
	["aiortc", "werift"].flatMap((implementation, j) =>
		[true, false].map((patch) => ({
			name: `whip: to ${implementation} behind a server as ${kind}, ${patch ? "with" : "without"} trickle`,
			timeout: 600, // it may be built first
			run: () => {
				const token = i === j ? "a-token" : undefined;
				const server = new MediaServer(kind, implementation, {
					token,
					patch,
					redirect: kind === "strict" && !patch,
				});
				return publish(server, token ? { token } : {}, async (camera) => {
					await camera.find(published, build);
					const said = await server.receives();
					if (patch) await until("candidates by PATCH", () => server.candidates > 0);
					else assert(!server.requests.some((request) => request.startsWith("PATCH")));
					assert.equal(await camera.stop(), 0);
					await until("its DELETE", () => server.requests.some((request) => request.startsWith("DELETE")));
					assert.equal(server.sessions.size, 0);
					return said;
				});
			},
		})),
	),
);

/** @type {Row[]} */
const others = [
	{
		name: "whip: a wrong token is a clear error, and the end; it is in no log",
		run: () =>
			publish(new MediaServer("strict", "werift", { token: "right" }), { token: "wrong-one" }, async (camera) => {
				const [line] = /** @type {RegExpExecArray} */ (
					await camera.find(/cannot be published: .*401.*/, build)
				);
				assert.equal(await camera.exited, 1);
				assert(!camera.output.includes("wrong-one"));
				return line;
			}),
	},
	{
		name: "whip: a server that forgets the session is published to anew",
		timeout: 120,
		run: () => {
			const server = new MediaServer("mediamtx", "werift", {});
			return publish(server, {}, async (camera) => {
				await camera.find(published, build);
				await server.receives();
				for (const peer of server.sessions.values()) await peer.stop();
				server.sessions.clear();
				await until("another session", () => server.sessions.size > 0, 60_000);
				return server.receives();
			});
		},
	},
	{
		name: "whip: to werift behind a server as go2rtc, which names no session",
		run: () => {
			const server = new MediaServer("go2rtc", "werift", { patch: false });
			return publish(server, {}, async (camera) => {
				await camera.find(published, build);
				const said = await server.receives();
				assert.equal(await camera.stop(), 0);
				assert(server.requests.every((request) => /^(OPTIONS|POST)/.test(request)));
				return said;
			});
		},
	},
	{
		name: "whep: our player at our own camera",
		timeout: 600,
		run: async () => {
			const camera = await new Camera().ready();
			const viewer = new Application("examples/whep-viewer", { url: `${camera.url}whep`, report: 1 }, [
				"--stats",
			]);
			try {
				const [line] = /** @type {RegExpExecArray} */ (
					await viewer.find(/received [1-9]\d\d+ packets.*/, build)
				);
				assert.equal(await viewer.stop(), 0);
				await camera.find(/peerDisconnected|left|0 viewer/i, 10_000).catch(() => undefined);
				return line;
			} catch (error) {
				if (error instanceof Error) error.stack += `\n${viewer.output}\n${camera.output}`;
				throw error;
			} finally {
				viewer.process.kill("SIGKILL");
				camera.process.kill("SIGKILL");
			}
		},
	},
];

/**
 * Runs an example at the Janus of a row.
 * @param {import("./janus.mjs").JanusOptions} options
 * @param {(janus: Janus, start: (example: string, settings: Record<string, string | number>) => Application) => Promise<string | void>} use
 */
async function atJanus(options, use) {
	const janus = await Janus.start(options);
	/** @type {Application[]} */
	const applications = [];
	const start = (/** @type {string} */ example, /** @type {Record<string, string | number>} */ settings) => {
		const application = new Application(`examples/${example}`, settings, ["--stats"]);
		applications.push(application);
		return application;
	};
	try {
		return await use(janus, start);
	} catch (error) {
		const said = applications.map(({ output }) => output).join("\n");
		if (error instanceof Error) error.stack += `\n${janus.output.slice(-6000)}\n${said}`;
		throw error;
	} finally {
		for (const application of applications) application.process.kill("SIGKILL");
		await janus.stop();
	}
}

/** @param {Application} camera */
async function stops(camera) {
	assert.equal(await camera.stop(), 0);
}

/** @type {Row[]} */
const janusRows = [
	...[true, false].map((trickle) => ({
		name: `whip: to Janus behind its authors' server, ${trickle ? "with" : "without"} trickle, by a token`,
		run: () =>
			atJanus({ token: "a-token", iceServers: [{ uri: "stun:127.0.0.1:9" }] }, async (janus, start) => {
				const camera = start("whip-camera", { url: janus.url, token: "a-token", trickle: String(trickle) });
				await camera.find(published, build);
				const said = await janus.receives();
				await stops(camera);
				await until("its end", () =>
					/Terminating WHIP session|PeerConnection detected as closed/.test(janus.output),
				);
				return said;
			}),
	})),
	{
		name: "whip: to Janus with a wrong token",
		run: () =>
			atJanus({ token: "a-token" }, async (janus, start) => {
				const camera = start("whip-camera", { url: janus.url, token: "wrong-one" });
				const found = await camera.find(/cannot be published: .*403: Unauthorized.*/, build);
				assert.equal(await camera.exited, 1);
				assert(!camera.output.includes("wrong-one"));
				return found[0];
			}),
	},
	{
		name: "whip: ICE is restarted at Janus, whose server is strict about ETags",
		run: () =>
			atJanus({ strictETags: true }, async (janus, start) => {
				const camera = start("whip-camera", { url: janus.url, restartIce: 3 });
				await camera.find(published, build);
				await janus.receives();
				await until("a restart", () => janus.output.includes("Performing ICE restart"));
				await sleep(3000);
				const said = await janus.receives();
				assert(!/signalingError|peerDisconnected/.test(camera.output), "the session goes on");
				return said;
			}),
	},
	...[true, false].map((trickle) => ({
		name: `whep: our player at Janus behind its authors' server, which makes the offer, ${trickle ? "with" : "without"} trickle`,
		run: () =>
			atJanus({}, async (janus, start) => {
				const camera = start("whip-camera", { url: janus.url });
				await camera.find(published, build);
				await janus.receives();
				const url = await janus.startWHEP({ token: "to-watch" });
				const viewer = start("whep-viewer", { url, token: "to-watch", report: 1, trickle: String(trickle) });
				const found = await viewer.find(/received [1-9]\d\d+ packets.*/, build);
				await stops(viewer);
				await until("its end", () =>
					/Terminating WHEP session|PeerConnection closed|Handle detached/.test(janus.output),
				);
				return found[0];
			}),
	})),
	{
		name: "whep: our player at Janus with a wrong token",
		run: () =>
			atJanus({}, async (janus, start) => {
				const camera = start("whip-camera", { url: janus.url });
				await camera.find(published, build);
				await janus.receives();
				const url = await janus.startWHEP({ token: "to-watch" });
				const viewer = start("whep-viewer", { url, token: "wrong-one" });
				const found = await viewer.find(/cannot be played: .*403: Unauthorized.*/, build);
				assert.equal(await viewer.exited, 1);
				return found[0];
			}),
	},
];

/** @param {{ short?: boolean }} options @returns {Row[]} */
export const rows = ({ short }) =>
	short ? [...publishing.slice(2, 3), ...others.slice(0, 1)] : [...publishing, ...others, ...janusRows];
