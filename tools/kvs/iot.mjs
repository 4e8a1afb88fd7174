// SPDX-License-Identifier: Apache-2.0
// AWS IoT Core's credentials provider: a device's certificate buys temporary credentials.
// @ts-check
import ServiceError from "./errors.mjs";
import { errorResponse } from "./http.mjs";
import { requestVerbs } from "./rest.mjs";

/** @typedef {import("node:http").IncomingMessage} Incoming */

/**
 * @param {import("./service.mjs").default} service
 * @param {Incoming} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
export default async function handleIoT(service, incoming, outgoing) {
	const { clock, faults, log, count } = service;
	const socket = /** @type {import("node:tls").TLSSocket} */ (incoming.socket);
	const finish = (
		/** @type {{ status: number, headers?: Record<string, string>, body: string }} */ { status, headers, body },
	) => {
		if (outgoing.destroyed) return;
		log(`iotCredentials: ${status} ${headers?.["x-amzn-ErrorType"] ?? ""}`);
		outgoing.writeHead(status, { "content-type": "application/json", ...headers, date: clock.httpDate });
		outgoing.end(body);
	};
	try {
		incoming.resume();
		count("iotCredentials");
		if (await faults.disturb({ on: "iotCredentials" }, requestVerbs(socket, finish))) return;
		checkDevice(socket, incoming);
		checkPath(service.roleAlias, incoming);
		const { accessKeyId, secretAccessKey, sessionToken, expiration } = service.issueCredentials();
		const end = new Date(expiration).toISOString().replace(/\.\d+/, "");
		finish({
			status: 200,
			body: JSON.stringify({ credentials: { accessKeyId, secretAccessKey, sessionToken, expiration: end } }),
		});
	} catch (error) {
		finish(errorResponse(error));
	}
}

/** @param {import("node:tls").TLSSocket} socket @param {Incoming} incoming */
function checkDevice(socket, { headers }) {
	const refused = (/** @type {string} */ why) => new ServiceError("AccessDeniedException", `Access Denied: ${why}`);
	if (!socket.authorized) throw refused(`the device's certificate: ${socket.authorizationError ?? "none"}`);
	const { CN: name } = socket.getPeerCertificate().subject ?? {};
	const thing = headers["x-amzn-iot-thingname"];
	if (thing !== undefined && thing !== name)
		throw refused(`the certificate is that of ${name}, not of the thing ${thing}`);
}

/** @param {string} roleAlias @param {Incoming} incoming */
function checkPath(roleAlias, { method, url = "" }) {
	const [, alias] = /^\/role-aliases\/([^/?]+)\/credentials$/.exec(url) ?? [];
	if (method !== "GET" || !alias) throw new ServiceError("ResourceNotFoundException", "There is no such resource");
	if (![roleAlias, encodeURIComponent(roleAlias)].includes(alias))
		throw new ServiceError("ResourceNotFoundException", "Role alias not found");
}
