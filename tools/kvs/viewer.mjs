// SPDX-License-Identifier: Apache-2.0
// Serves the viewer page. Amazon's packages are bundled for browsers when it is first asked for.
// @ts-check
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isLocal } from "./local.mjs";

const directory = join(dirname(fileURLToPath(import.meta.url)), "viewer");
const types = /** @type {Record<string, string>} */ ({
	"index.html": "text/html; charset=utf-8",
	"style.css": "text/css; charset=utf-8",
	"page.js": "text/javascript; charset=utf-8",
	"kvs-webrtc.js": "text/javascript; charset=utf-8",
	"config.json": "application/json",
});
const resolve = createRequire(import.meta.url).resolve;
/** @type {Promise<Uint8Array> | undefined} */
let bundled;

async function bundle() {
	const { build } = await import("esbuild");
	const { outputFiles } = await build({
		entryPoints: [join(directory, "page.mjs")],
		bundle: true,
		write: false,
		format: "esm",
		platform: "browser",
		target: "es2022",
		minify: true,
		define: { global: "globalThis" },
		logLevel: "error",
	});
	return outputFiles[0].contents;
}

/**
 * @param {import("./service.mjs").default} service
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
export default async function handleViewer(service, incoming, outgoing) {
	const path = (incoming.url ?? "").split("?")[0];
	if (path === "/viewer" || path === "/") {
		const search = (incoming.url ?? "").slice(path.length);
		return outgoing.writeHead(302, { location: `/viewer/${search}` }).end();
	}
	const name = path.slice("/viewer/".length) || "index.html";
	if (!Object.hasOwn(types, name)) return outgoing.writeHead(404).end();
	try {
		const body = await contents(service, incoming, name);
		outgoing.writeHead(200, { "content-type": types[name], "cache-control": "no-store" }).end(body);
	} catch (error) {
		bundled = undefined;
		outgoing.writeHead(500).end(error instanceof Error ? error.message : String(error));
	}
}

/**
 * @param {import("./service.mjs").default} service
 * @param {import("node:http").IncomingMessage} incoming
 * @param {string} name
 */
function contents(service, incoming, name) {
	if (name === "page.js") return (bundled ??= bundle());
	// The package's build for browsers, as it is.
	if (name === "kvs-webrtc.js")
		return readFile(resolve("amazon-kinesis-video-streams-webrtc/dist/kvs-webrtc.min.js"));
	if (name !== "config.json") return readFile(join(directory, name));
	const { region, credentials, channels } = service;
	// Keys are for who sits here; others type them.
	const keys = isLocal(incoming) ? credentials.static : {};
	return JSON.stringify({ region, channels: channels.list.map((channel) => channel.name), ...keys });
}
