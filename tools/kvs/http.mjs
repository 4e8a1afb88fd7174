// SPDX-License-Identifier: Apache-2.0
// What all endpoints share: reading requests, writing responses and errors.
// @ts-check
import ServiceError from "./errors.mjs";

/** @typedef {import("node:http").IncomingMessage} Incoming */

const longestBody = 256 * 1024;

/** @param {Incoming} request @returns {Promise<Buffer>} */
export async function readBody(request) {
	const chunks = [];
	let size = 0;
	for await (const chunk of request) {
		size += chunk.length;
		if (size > longestBody) throw new ServiceError("RequestEntityTooLargeException", "The body is too large", 413);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/**
 * @param {Incoming} incoming
 * @param {Buffer} [body]
 * @returns {import("./sigv4.mjs").Request}
 */
export function toRequest(incoming, body) {
	const [path, search = ""] = (incoming.url ?? "/").split("?", 2);
	/** @type {Record<string, string>} */
	const headers = {};
	for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
	return { method: incoming.method ?? "GET", path, query: parseQuery(search), headers, body };
}

/** @param {string} search @returns {Record<string, string>} */
function parseQuery(search) {
	try {
		const pairs = search
			.split("&")
			.filter(Boolean)
			.map((pair) => pair.split("=", 2).map(decodeURIComponent));
		return Object.fromEntries(pairs.map(([name, value = ""]) => [name, value]));
	} catch {
		throw new ServiceError("IncompleteSignatureException", "The query is not URL-encoded");
	}
}

/**
 * @param {Incoming} incoming
 * @returns {string} the host that it was sent to, without the port; an IPv6 address in brackets
 */
export function hostOf({ headers }) {
	return /^(\[[0-9a-fA-F:.]+\]|[^:]*)/.exec(headers.host ?? "")?.[1] || "localhost";
}

/** @param {unknown} error @returns {{ status: number, headers: Record<string, string>, body: string }} */
export function errorResponse(error) {
	const known =
		error instanceof ServiceError
			? error
			: new ServiceError("InternalFailure", error instanceof Error ? error.message : String(error));
	return {
		status: known.status,
		headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-ErrorType": known.type },
		body: JSON.stringify({ message: known.message }),
	};
}

/** Browsers' AWS clients call from another origin. @param {Incoming} incoming @returns {Record<string, string>} */
export function crossOrigin({ headers }) {
	return {
		"access-control-allow-origin": "*",
		"access-control-allow-methods": "GET, POST, OPTIONS",
		"access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
		"access-control-expose-headers": "x-amzn-RequestId, x-amzn-ErrorType, Date",
		"access-control-max-age": "300",
	};
}
