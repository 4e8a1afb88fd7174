// SPDX-License-Identifier: Apache-2.0
// npm run apprtc: a local AppRTC service.
// @ts-check
import { networkInterfaces } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import Authority from "../kvs/authority.mjs";
import LocalAppRTC from "./service.mjs";

const usage = `npm run apprtc -- [options]

  --port N           of HTTP and WebSockets (8080)
  --lan              for devices in the network, too; default: this computer alone
  --tls              with a certificate of an authority of its own
  --ca FOLDER        where that authority is kept (build/apprtc)
  --ice JSON         ICE servers for all, as W3C has them: '[{"urls":"stun:host"}]'
  --log              prints what happens`;

/** @param {unknown} error @returns {never} */
function stop(error) {
	console.error(`apprtc: ${error instanceof Error ? error.message : error}\n\n${usage}`);
	process.exit(2);
}

function readOptions() {
	try {
		const { values } = parseArgs({
			options: {
				port: { type: "string", default: "8080" },
				lan: { type: "boolean" },
				tls: { type: "boolean" },
				ca: { type: "string", default: "build/apprtc" },
				ice: { type: "string", default: "[]" },
				log: { type: "boolean" },
				help: { type: "boolean" },
			},
		});
		const port = Number(values.port);
		if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError("--port: 0 to 65535");
		const iceServers = JSON.parse(values.ice);
		if (!Array.isArray(iceServers)) throw new TypeError("--ice: a list");
		return { ...values, port, iceServers };
	} catch (error) {
		return stop(error);
	}
}

function addressOfNetwork() {
	const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

const options = readOptions();
if (options.help) {
	console.log(usage);
	process.exit(0);
}
const host = options.lan ? addressOfNetwork() : "localhost";
const authority = options.tls ? await Authority.open(options.ca) : undefined;
const service = await LocalAppRTC.start({
	port: options.port,
	host,
	listen: options.lan ? "0.0.0.0" : "127.0.0.1",
	tls: authority && (await authority.server()),
	iceServers: options.iceServers,
	log: options.log ? console.log : undefined,
}).catch(stop);
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
	process.once(signal, () => void service.close().then(() => process.exit(0)));
const trust = options.tls ? ` --ca ${relative(process.cwd(), join(options.ca, "ca.pem"))}` : "";
console.log(`The local AppRTC service is ready. Stop it with Ctrl+C.

  Service   ${service.origin}
  Page      ${service.origin}/r/porch

A device: npm start -- --example apprtc-camera --server ${service.origin} --room porch${trust}
Then open the page. Browsers give a camera to pages of localhost and of https only; to watch, the page needs none.`);
