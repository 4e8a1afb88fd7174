// SPDX-License-Identifier: Apache-2.0
// Signature Version 4 by node:crypto alone: to sign what no client of Amazon's would.
// @ts-check
import { createHash, createHmac } from "node:crypto";

const sha256 = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");
const hmac = (/** @type {string | Buffer} */ key, /** @type {string} */ text) =>
	createHmac("sha256", key).update(text).digest();
const encode = (/** @type {string} */ text) =>
	encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const basic = (/** @type {Date} */ date) => date.toISOString().replace(/[-:]|\.\d+/g, "");

/** @typedef {{ accessKeyId: string, secretAccessKey: string, sessionToken?: string }} Keys */

/** @param {Keys} keys @param {string} scope @param {string} date @param {string} canonical */
function signature({ secretAccessKey }, scope, date, canonical) {
	const key = scope
		.split("/")
		.reduce((/** @type {string | Buffer} */ previous, part) => hmac(previous, part), `AWS4${secretAccessKey}`);
	return hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString("hex");
}

/**
 * A request's headers, signed as the C SDK does: neither content-type nor the token.
 * @param {Keys} keys
 * @param {string} url
 * @param {string} body
 * @param {{ region: string, date?: Date, service?: string }} options
 */
export function signAsC(keys, url, body, { region, date = new Date(), service = "kinesisvideo" }) {
	const { host, pathname } = new URL(url);
	const [long, agent] = [basic(date), "AWS-WEBRTC-KVS-AGENT/1.0"];
	const scope = `${long.slice(0, 8)}/${region}/${service}/aws4_request`;
	const names = "host;user-agent;x-amz-date";
	const canonical = `POST\n${pathname}\n\nhost:${host}\nuser-agent:${agent}\nx-amz-date:${long}\n\n${names}\n${sha256(body)}`;
	const value = signature(keys, scope, long, canonical);
	return {
		"content-type": "application/json",
		"user-agent": agent,
		"x-amz-date": long,
		...(keys.sessionToken && { "x-amz-security-token": keys.sessionToken }),
		authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${value}`,
	};
}

/**
 * @param {Keys} keys
 * @param {string} endpoint
 * @param {Record<string, string>} query
 * @param {{ region: string, date?: Date, expires?: number }} options
 * @returns {string} a presigned URL
 */
export function presign(keys, endpoint, query, { region, date = new Date(), expires = 299 }) {
	const long = basic(date);
	const scope = `${long.slice(0, 8)}/${region}/kinesisvideo/aws4_request`;
	const all = {
		...query,
		"X-Amz-Algorithm": "AWS4-HMAC-SHA256",
		"X-Amz-Credential": `${keys.accessKeyId}/${scope}`,
		"X-Amz-Date": long,
		"X-Amz-Expires": String(expires),
		...(keys.sessionToken && { "X-Amz-Security-Token": keys.sessionToken }),
		"X-Amz-SignedHeaders": "host",
	};
	const text = Object.entries(all)
		.map(([name, value]) => `${encode(name)}=${encode(value)}`)
		.sort()
		.join("&");
	const { host } = new URL(endpoint);
	const canonical = `GET\n/\n${text}\nhost:${host}\n\nhost\n${sha256("")}`;
	return `${endpoint}/?${text}&X-Amz-Signature=${signature(keys, scope, long, canonical)}`;
}
