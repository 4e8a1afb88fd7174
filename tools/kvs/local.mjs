// SPDX-License-Identifier: Apache-2.0
// The local service's own control API, under /local: to see what happens in it, and to make things happen.
// It answers this computer only.
// @ts-check
import { isIPv4 } from "node:net";
import ServiceError, { invalid } from "./errors.mjs";
import { errorResponse, hostOf, readBody } from "./http.mjs";

/** @typedef {import("node:http").IncomingMessage} Incoming */
/** @typedef {Record<string, any>} Body */

/** @param {Incoming} incoming */
export function isLocal(incoming) {
	const { remoteAddress = "" } = incoming.socket;
	const address = remoteAddress.replace(/^::ffff:/, "");
	const fromHere = address === "::1" || (isIPv4(address) && address.startsWith("127."));
	// Not a page of elsewhere either, be it by another origin or by a name that leads here.
	const host = hostOf(incoming);
	const { origin } = incoming.headers;
	const named = ["localhost", "127.0.0.1", "[::1]"].includes(host);
	return fromHere && named && (origin === undefined || origin.replace(/^https?:\/\//, "") === incoming.headers.host);
}

/**
 * @param {import("./service.mjs").default} service
 * @returns {Record<string, (body: Body) => unknown>}
 */
function operations(service) {
	const { faults, clock, credentials, rates, limits, hub } = service;
	return {
		"GET /local/state": () => service.state,
		"GET /local/log": () => service.events,
		"GET /local/faults": () => faults.list,
		"POST /local/faults": (body) => faults.add(body),
		"DELETE /local/faults": () => faults.clear(),
		"POST /local/clock": ({ seconds }) => {
			if (!Number.isFinite(seconds)) throw invalid("seconds: how far the service's clock is to be ahead");
			clock.offset = seconds * 1000;
		},
		"POST /local/limits": ({ maxViewers = limits.maxViewers, strict = rates.enforced }) => {
			if (!Number.isInteger(maxViewers) || typeof strict !== "boolean")
				throw invalid("{maxViewers: integer, strict: boolean}");
			limits.maxViewers = maxViewers;
			rates.enforced = strict;
		},
		"POST /local/credentials": ({ seconds }) => service.issueCredentials(seconds),
		"DELETE /local/credentials": () => credentials.expire(),
		"POST /local/counters": () => service.resetCounters(),
		"POST /local/connections": (body) => {
			const { do: verb, code, text, ...wanted } = body;
			const found = hub.connections.filter((connection) => matches(connection.state, wanted));
			for (const connection of found) {
				if (!connection.do(String(verb), { code, text }))
					throw invalid(`do: there is no "${verb}"; README.md lists them`);
			}
			return { connections: found.length };
		},
	};
}

/** @param {Record<string, unknown>} state @param {Body} wanted */
const matches = (state, wanted) => Object.entries(wanted).every(([key, value]) => state[key] === value);

/**
 * @param {import("./service.mjs").default} service
 * @param {Incoming} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
export default async function handleLocal(service, incoming, outgoing) {
	const finish = (/** @type {{ status: number, body: string }} */ { status, body }) => {
		outgoing.writeHead(status, { "content-type": "application/json" });
		outgoing.end(body);
	};
	try {
		if (!isLocal(incoming)) throw new ServiceError("AccessDeniedException", "/local is for this computer only");
		const all = operations(service);
		const name = `${incoming.method} ${incoming.url}`;
		if (!Object.hasOwn(all, name)) {
			throw new ServiceError("UnknownOperationException", `There are: ${Object.keys(all).join(", ")}`);
		}
		const result = all[name](parse(await readBody(incoming)));
		finish({ status: 200, body: `${JSON.stringify(result ?? {}, null, "\t")}\n` });
	} catch (error) {
		finish(errorResponse(error));
	}
}

/** @param {Buffer} body @returns {Body} */
function parse(body) {
	try {
		const value = JSON.parse(body.toString() || "{}");
		if (typeof value === "object" && value !== null) return value;
	} catch {
		// Said below.
	}
	throw invalid("The body is not JSON");
}
