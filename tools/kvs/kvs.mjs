// SPDX-License-Identifier: Apache-2.0
// npm run kvs: a local Amazon Kinesis Video Streams signaling service.
// @ts-check
import { createHash, X509Certificate } from "node:crypto";
import { networkInterfaces } from "node:os";
import { join, relative } from "node:path";
import Authority from "./authority.mjs";
import ServiceError from "./errors.mjs";
import { help, parseOptions, UsageError } from "./options.mjs";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./service.mjs").default} LocalKVS */

const here = (/** @type {string} */ path) => relative(process.cwd(), path) || ".";

/** @param {string} pem @returns {string} as Chromium's command line wants it */
function spkiHash(pem) {
	const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
	return createHash("sha256").update(key).digest("base64");
}

/** @param {Options} options @returns {string} by which devices reach this computer */
function reachableAddress({ listen }) {
	if (listen !== "0.0.0.0" && listen !== "::") return listen;
	const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/** @param {LocalKVS} service @param {Options} options */
function introduce(service, options) {
	const { tls, region, accessKey, secretKey, roleAlias, ca } = options;
	const hostname = reachableAddress(options);
	const url = (/** @type {import("./service.mjs").EndpointName} */ name, host = hostname) =>
		service.url(name, { hostname: host });
	const authority = here(join(ca, "ca.pem"));
	const lines = [
		"The local Kinesis Video Streams signaling service is ready. Stop it with Ctrl+C.",
		"",
		`  Control plane   ${url("control")}`,
		`  Region          ${region}`,
		`  Access key      ${accessKey}`,
		`  Secret key      ${secretKey}`,
		...(tls ? [`  CA certificate  ${authority} (ca.der for chips)`] : []),
		...(tls
			? [
					`  IoT endpoint    ${url("iot").replace("https://", "")}, role alias ${roleAlias}; npm run kvs -- device NAME`,
				]
			: []),
		`  TURN            ${service.turn.pid ? `coturn at ${hostname}:${options.turnPort}` : options.turnUris.join(", ") || "none; --turn starts coturn"}`,
		`  Viewer page     ${url("control", "localhost")}/viewer`,
		"",
		`A device: set its control plane endpoint, its region and its keys to these${tls ? ", and let it trust the CA certificate" : ""}.`,
		"All other endpoints it learns from the service.",
		...(options.listen === "127.0.0.1" ? ["For devices in the network, start with --lan."] : []),
		"",
		"The AWS command line and the AWS SDKs:",
		`  export AWS_ENDPOINT_URL_KINESIS_VIDEO=${url("control")} AWS_REGION=${region}`,
		`  export AWS_ACCESS_KEY_ID=${accessKey} AWS_SECRET_ACCESS_KEY=${secretKey}`,
		...(tls ? [`  export AWS_CA_BUNDLE=${authority} NODE_EXTRA_CA_CERTS=${authority}`] : []),
		...(tls
			? [
					"",
					"A browser must trust the CA certificate: import it, or start one that does:",
					`  ${chromium(service)}`,
				]
			: []),
		"",
	];
	console.log(lines.join("\n"));
}

/** @param {LocalKVS} service */
function chromium(service) {
	const trust = `--ignore-certificate-errors-spki-list=${spkiHash(service.authority.certificate)}`;
	return `chromium --user-data-dir=/tmp/local-kvs ${trust} ${service.url("control")}/viewer`;
}

/** @param {Options} options */
async function makeDevice({ command: [, name, ...rest], ca }) {
	if (!name || rest.length || !/^[a-zA-Z0-9:_-]{1,128}$/.test(name)) {
		throw new UsageError("device NAME: 1 to 128 letters, digits, - _ :");
	}
	const { files } = await (await Authority.open(ca)).device(name);
	console.log(
		`The certificate and the key of the thing "${name}", as PEM and as DER:\n${files.map((file) => `  ${here(file)}\n`).join("")}`,
	);
}

/** @param {Options} options */
async function run(options) {
	const { default: LocalKVS } = await import("./service.mjs"); // with much behind it, which --help can do without
	const service = await LocalKVS.start(options);
	for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
		process.once(signal, async () => {
			await service.close();
			process.exit(0);
		});
	}
	introduce(service, options);
}

try {
	const options = parseOptions(process.argv.slice(2));
	const [command] = options.command;
	if (options.help) console.log(help());
	else if (command === "device") await makeDevice(options);
	else if (command !== undefined) throw new UsageError(`There is no command "${command}"`);
	else await run(options);
} catch (error) {
	const expected = error instanceof UsageError || error instanceof ServiceError;
	console.error(
		`kvs: ${error instanceof Error ? error.message : error}${expected ? " (--help lists the options)" : ""}`,
	);
	process.exit(expected ? 2 : 1);
}
