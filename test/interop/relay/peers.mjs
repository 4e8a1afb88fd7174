// SPDX-License-Identifier: Apache-2.0
// The camera with other people's peers: who offers, and over what. The camera has a relay as its only way, and the peer is told
// to have no other; each row says what the pair in use was made of.
// @ts-check
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import Coturn from "../coturn.mjs";
import { Devices } from "../peers/device.mjs";
import { implementations } from "../peers/peer.mjs";
import { Scene } from "../peers/scene.mjs";
import { janusRows } from "./janus.mjs";

/** @typedef {"udp" | "tcp" | "tls"} Transport of each side to the server */

/** Of this machine: who is told nothing but a loopback address uses it for loopback addresses alone. */
const own = Object.values(networkInterfaces())
	.flatMap((addresses) => addresses ?? [])
	.find(({ family, internal }) => family === "IPv4" && !internal)?.address;

const account = Object.freeze({ username: "user", credential: "secret" });

/** One server for all rows, and for each transport a camera that knows no other way. */
class Stage {
	/** @type {Promise<Coturn> | undefined} */
	#coturn;
	/** @type {Map<Transport, Devices>} */
	#devices = new Map();

	get coturn() {
		return (this.#coturn ??= Coturn.start({
			tls: true,
			options: own ? [`--listening-ip=${own}`, `--relay-ip=${own}`] : [],
		}));
	}

	/** @param {Transport} transport */
	async url(transport) {
		const coturn = await this.coturn;
		// By name: Firefox verifies no address. Without "udp", which GStreamer 1.22 takes for nothing.
		if (transport === "tls") return coturn.url("", "turns").replace("127.0.0.1", "localhost");
		return coturn.url(transport === "tcp" ? "?transport=tcp" : "");
	}

	/** @param {Transport} transport */
	async devices(transport) {
		const { authority } = await this.coturn;
		const relay = await this.url(transport);
		const found = this.#devices.get(transport) ?? new Devices({ relay, ...account }, { SSL_CERT_FILE: authority });
		this.#devices.set(transport, found);
		return found;
	}

	/** So that browsers take the server's certificate: its authority is of the test's. */
	async launching() {
		const { directory } = await this.coturn;
		const { publicKey } = new X509Certificate(readFileSync(join(directory, "server.pem")));
		const hash = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" }));
		const args = [`--ignore-certificate-errors-spki-list=${hash.digest("base64")}`];
		return { args, insecure: true, loopback: true };
	}

	/** @param {Transport} transport */
	async server(transport) {
		const { port, authority } = await this.coturn;
		assert(own, "this machine has no address but loopback ones");
		return { host: own, url: await this.url(transport), port, authority, ...account };
	}

	async stop() {
		for (const devices of this.#devices.values()) await devices.stop();
		if (this.#coturn) await (await this.#coturn).stop();
		this.#devices.clear();
		this.#coturn = undefined;
	}
}

const stage = new Stage();

/** Ends the server and the cameras of these rows. */
export const finish = () => stage.stop();

/**
 * @param {import("../peers/peer.mjs").Implementation} implementation
 * @param {Transport} transport
 * @param {boolean} offers whether the peer does
 */
async function play({ name, start, policies, lacks = {} }, transport, offers) {
	const looksUp = name !== "gstreamer"; // a server's name, over TLS, too

	const peer = await start(await stage.launching());
	/** @type {Scene | undefined} */
	let scene;
	try {
		const kinds = /** @type {("video" | "audio")[]} */ ("video" in lacks ? ["audio"] : ["video", "audio"]);
		scene = await Scene.begin(peer, kinds.length > 1 ? "both" : "audio", await stage.devices(transport));
		const url = await stage.url(transport);
		const relay = { urls: [looksUp ? url : url.replace("localhost", "127.0.0.1")], ...account };
		await peer.do("open", { sections: offers ? kinds : [], bundle: policies?.at(-1), relay });
		if (offers) await scene.peerOffers();
		else await scene.deviceOffers();
		await scene.arrives(...kinds);
		scene.device.command("pair");
		const { local, remote } = await scene.device.message("pair");
		const received = await peer.do("received");
		scene.end();
		assert.equal(local, "relay");
		const counts = received.map((/** @type {any} */ { kind, count }) => `${count} of ${kind}`);
		return `${counts.join(", ")}; ${local}, ${remote}`;
	} finally {
		scene?.device.close();
		await peer.do("close").catch(() => undefined);
		await peer.stop();
	}
}

/** What of the table a peer cannot do, and why. @type {Record<string, Partial<Record<Transport, string>>>} */
const impossible = {
	"node-datachannel": {
		tcp: "its libjuice speaks TURN over UDP alone",
		tls: "its libjuice speaks TURN over UDP alone",
	},
	werift: { tls: "it does not know the scheme turns" },
	wrtc: { tls: "it trusts the authorities that are built in, and no other" },
};

/** @type {Transport[]} */
const transports = ["udp", "tcp", "tls"];

/** @returns {import("../run.mjs").Row[]} */
export const rows = () => [
	...implementations.filter(({ name }) => name !== "aiortc").flatMap(rowsOf),
	...transports.flatMap((transport) => janusRows(transport, () => stage.server(transport))),
];

/** @param {import("../peers/peer.mjs").Implementation} implementation */
function rowsOf(implementation) {
	const { name } = implementation;
	return transports.flatMap((transport) =>
		[true, false].map((offers) => {
			const title = `${name} ${offers ? "offers" : "answers"}, by TURN over ${transport.toUpperCase()}`;
			const why = impossible[name]?.[transport];
			if (why) return { name: title, impossible: why };
			return { name: title, timeout: 600, run: () => play(implementation, transport, offers) };
		}),
	);
}
