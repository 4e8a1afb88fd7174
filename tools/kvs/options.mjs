// SPDX-License-Identifier: Apache-2.0
// The command line of the local service.
// @ts-check
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Name, value's name ("" for a switch), default, what it is. */
const table = /** @type {[string, string, string | boolean | string[], string][]} */ ([
	["port", "N", "8443", "first of six ports: control, data, master, viewer, storage, IoT; 0: any"],
	["listen", "ADDRESS", "127.0.0.1", "address to listen at"],
	["lan", "", false, "the same as --listen 0.0.0.0: devices in the network can connect"],
	["name", "NAME", [], "a further name or address for the server's certificate; may be repeated"],
	["region", "NAME", "us-west-2", "AWS region to pretend to be"],
	["tls", "", true, "--no-tls: http and ws, for clients that cannot do otherwise; no IoT endpoint then"],
	["ca", "DIR", join(root, "build", "kvs"), "where the certificate authority is kept"],
	["access-key", "ID", "AKIALOCALKVSEXAMPLE0", "access key"],
	["secret-key", "KEY", "local-kvs-secret", "its secret"],
	["credential-seconds", "N", "3600", "life of temporary credentials"],
	["role-alias", "NAME", "local-kvs", "of the IoT credentials provider"],
	["channel", "NAME", [], "create this channel at the start; may be repeated"],
	["turn", "", false, "start coturn (turnserver must be installed)"],
	["turn-port", "N", "3478", "its port; the next one is for TLS and DTLS"],
	["turn-uri", "URI", [], "hand out this TURN server; may be repeated"],
	["turn-secret", "TEXT", "", "secret of that server (coturn: static-auth-secret)"],
	["turn-seconds", "N", "300", "life of TURN credentials"],
	["strict-limits", "", false, "enforce the service's requests per second, too"],
	["max-viewers", "N", "10", "viewers per channel"],
	["connection-minutes", "N", "60", "a WebSocket is cut after this"],
	["idle-minutes", "N", "10", "a silent WebSocket is cut after this"],
	["go-away", "", true, "--no-go-away: cut without a GO_AWAY a minute before"],
	["keep-alive-seconds", "N", "60", "an empty message after each of these; 0: never"],
	["time-scale", "N", "1", "minutes of WebSockets and messages' lives pass N times faster"],
	["storage-delay", "MS", "200", "from joinStorageSession to the offer"],
	["clock-offset", "SECONDS", "0", "how far the service's clock is ahead"],
	["faults", "FILE", "", "script of faults, JSON"],
	["seed", "N", "1", "of the faults' probabilities"],
	["verbose", "", false, "say what happens"],
	["help", "", false, "this"],
]);

/**
 * @typedef {object} Options
 * @property {number} port
 * @property {string} listen
 * @property {string[]} names
 * @property {string} region
 * @property {boolean} tls
 * @property {string} ca
 * @property {string} accessKey
 * @property {string} secretKey
 * @property {number} credentialSeconds
 * @property {string} roleAlias
 * @property {string[]} channels
 * @property {boolean} turn
 * @property {number} turnPort
 * @property {string[]} turnUris
 * @property {string | undefined} turnSecret
 * @property {number} turnSeconds
 * @property {boolean} strictLimits
 * @property {number} maxViewers
 * @property {number} connectionMinutes
 * @property {number} idleMinutes
 * @property {boolean} goAway
 * @property {number} keepAliveSeconds
 * @property {number} timeScale
 * @property {number} storageDelay milliseconds
 * @property {number} clockOffset seconds
 * @property {unknown} faults
 * @property {number} seed
 * @property {boolean} verbose
 * @property {boolean} help
 * @property {string[]} command what is not an option
 */

/** A mistake of who typed the command. */
export class UsageError extends Error {}

/**
 * @param {string[]} [parameters]
 * @returns {Options}
 * @throws {UsageError}
 */
export function parseOptions(parameters = []) {
	const { values, positionals } = parse(parameters);
	const text = (/** @type {string} */ name) => String(values[name]);
	const texts = (/** @type {string} */ name) => /** @type {string[]} */ (values[name]);
	const flag = (/** @type {string} */ name) => values[name] === true;
	const number = (/** @type {string} */ name, least = 0, most = Infinity) => {
		const value = Number(text(name));
		if (text(name).trim() && value >= least && value <= most) return value;
		throw new UsageError(`--${name}: a number of at least ${least}${most === Infinity ? "" : `, at most ${most}`}`);
	};
	if (!/^[a-z0-9-]{1,32}$/.test(text("region"))) throw new UsageError("--region: such as eu-west-1");
	for (const name of texts("channel")) {
		if (!/^[a-zA-Z0-9_.-]{1,256}$/.test(name)) throw new UsageError("--channel: 1 to 256 letters, digits, _ . -");
	}
	return {
		...{ port: number("port", 0, 65_530), listen: flag("lan") ? "0.0.0.0" : text("listen"), names: texts("name") },
		...{ region: text("region"), tls: flag("tls"), ca: text("ca"), roleAlias: text("role-alias") },
		...{
			accessKey: text("access-key"),
			secretKey: text("secret-key"),
			credentialSeconds: number("credential-seconds", 1),
		},
		...{ channels: texts("channel"), turn: flag("turn"), turnPort: number("turn-port", 1, 65_534) },
		...{ turnUris: texts("turn-uri"), turnSecret: text("turn-secret") || undefined },
		...{ turnSeconds: number("turn-seconds", 1, 86_400) },
		...{ strictLimits: flag("strict-limits"), maxViewers: number("max-viewers"), goAway: flag("go-away") },
		...{ connectionMinutes: number("connection-minutes", 0.001), idleMinutes: number("idle-minutes", 0.001) },
		...{ keepAliveSeconds: number("keep-alive-seconds"), timeScale: number("time-scale", 0.001) },
		...{
			storageDelay: number("storage-delay"),
			clockOffset: number("clock-offset", -Infinity),
			seed: number("seed"),
		},
		...{ faults: readFaults(text("faults")), verbose: flag("verbose"), help: flag("help"), command: positionals },
	};
}

/** @param {string[]} parameters */
function parse(parameters) {
	const options = Object.fromEntries(
		table.map(([name, value, fallback]) => [
			name,
			{
				type: /** @type {"string" | "boolean"} */ (value ? "string" : "boolean"),
				default: fallback,
				multiple: Array.isArray(fallback),
			},
		]),
	);
	try {
		return parseArgs({ args: parameters, options, allowPositionals: true, allowNegative: true });
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error));
	}
}

/** @param {string} file @returns {unknown} */
function readFaults(file) {
	if (!file) return [];
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new UsageError(`--faults: ${error instanceof Error ? error.message : error}`);
	}
}

/** @returns {string} */
export function help() {
	const lines = table.map(([name, value, fallback, meaning]) => {
		const shown = typeof fallback === "string" && fallback ? ` (${fallback})` : "";
		return `  ${`--${name} ${value}`.padEnd(26)}${meaning}${shown}`;
	});
	return `The local Kinesis Video Streams signaling service

  npm run kvs -- [options]                      run it
  npm run kvs -- device NAME [--ca DIR]         make a device's certificate for the IoT endpoint

${lines.join("\n")}

tools/kvs/README.md says more.
`;
}
