// SPDX-License-Identifier: Apache-2.0
// Verifies Signature Version 4, by signing again with Smithy's implementation and comparing.
// @ts-check
import { createHash, timingSafeEqual } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import ServiceError from "./errors.mjs";

/**
 * @typedef {object} Request as it came
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} query decoded
 * @property {Record<string, string>} headers with lower-case names
 * @property {Buffer} [body]
 */
/** @typedef {{ accessKeyId: string, scope: string, signedHeaders: string[], signature: string, date: string }} Claim */

const service = "kinesisvideo";
const skew = 5 * 60_000;
const longest = 7 * 24 * 3600; // seconds
const mismatch =
	"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** @param {string} message */
const badSignature = (message) => new ServiceError("InvalidSignatureException", message);
/** @param {string} message */
const incomplete = (message) => new ServiceError("IncompleteSignatureException", message);

export default class Verifier {
	#clock;
	#credentials;
	#region;

	/**
	 * @param {import("./clock.mjs").default} clock
	 * @param {import("./credentials.mjs").default} credentials
	 * @param {string} region
	 */
	constructor(clock, credentials, region) {
		this.#clock = clock;
		this.#credentials = credentials;
		this.#region = region;
	}

	/**
	 * A request signed in its Authorization header.
	 * @param {Request} request
	 * @throws {ServiceError}
	 */
	async verifyHeaders(request) {
		const { headers } = request;
		const claim = this.#parseAuthorization(headers);
		const date = this.#checkScope(claim);
		this.#checkSkew(claim.date, date, skew);
		const key = this.#credentials.find(claim.accessKeyId, headers["x-amz-security-token"]);
		// Clients differ in what they sign: the C SDK leaves out even the token.
		const token = claim.signedHeaders.includes("x-amz-security-token") ? key.sessionToken : undefined;
		checkBodyHash(claim, request);
		const signed = await this.#signer({ ...key, sessionToken: token }).sign(
			{ ...toSign(request, claim), body: request.body ?? "" },
			{ signingDate: date, signableHeaders: new Set(claim.signedHeaders) },
		);
		compare(claim.signature, /Signature=([0-9a-f]+)/.exec(signed.headers.authorization)?.[1]);
	}

	/**
	 * A request signed in its query, as WebSocket handshakes are.
	 * @param {Request} request
	 * @throws {ServiceError}
	 */
	async verifyQuery(request) {
		const { "X-Amz-Signature": signature, ...query } = request.query;
		const claim = this.#parseQuery(query, signature);
		const date = this.#checkScope(claim);
		const expires = Number(query["X-Amz-Expires"]);
		if (!Number.isInteger(expires) || expires < 1 || expires > longest) {
			throw incomplete(`X-Amz-Expires must be between 1 and ${longest} seconds`);
		}
		this.#checkSkew(claim.date, date, expires * 1000);
		const key = this.#credentials.find(claim.accessKeyId, query["X-Amz-Security-Token"]);
		const signed = await this.#signer(key).presign(
			{ ...toSign(request, claim), query: withoutClaim(query) },
			{ signingDate: date, expiresIn: expires, signableHeaders: new Set(claim.signedHeaders) },
		);
		compare(signature, String(signed.query?.["X-Amz-Signature"]));
	}

	/** @param {Record<string, string>} headers @returns {Claim} */
	#parseAuthorization({ authorization, "x-amz-date": date }) {
		if (!authorization)
			throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
		const match =
			/^AWS4-HMAC-SHA256 +Credential=([^/, ]+)\/([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})$/;
		const [, accessKeyId, scope, names, signature] = match.exec(authorization) ?? [];
		if (!signature) throw incomplete("Authorization header requires Credential, SignedHeaders and Signature.");
		const signedHeaders = names.toLowerCase().split(";");
		if (!date || !signedHeaders.includes("x-amz-date")) throw incomplete("'X-Amz-Date' must be sent and signed.");
		return { accessKeyId, scope, signedHeaders, signature, date };
	}

	/** @param {Record<string, string>} query @param {string | undefined} signature @returns {Claim} */
	#parseQuery(query, signature) {
		if (!signature) throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
		if (query["X-Amz-Algorithm"] !== "AWS4-HMAC-SHA256")
			throw incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256");
		const [, accessKeyId, scope] = /^([^/]+)\/(.+)$/.exec(query["X-Amz-Credential"] ?? "") ?? [];
		const names = query["X-Amz-SignedHeaders"];
		if (!accessKeyId || !names) throw incomplete("X-Amz-Credential and X-Amz-SignedHeaders are required");
		const signedHeaders = names.toLowerCase().split(";");
		return { accessKeyId, scope, signedHeaders, signature, date: query["X-Amz-Date"] ?? "" };
	}

	/** @param {Claim} claim @returns {Date} */
	#checkScope({ scope, date, signedHeaders }) {
		const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
		if (!second) throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'.`);
		if (!signedHeaders.includes("host")) throw incomplete("'Host' must be a signed header.");
		const [shortDate, region, name, end, ...rest] = scope.split("/");
		if (end !== "aws4_request" || rest.length) throw incomplete("Credential should end in 'aws4_request'.");
		if (shortDate !== date.slice(0, 8)) throw badSignature("Date in Credential scope does not match YYYYMMDD.");
		if (region !== this.#region) {
			throw badSignature(`Credential should be scoped to a valid region: '${this.#region}', not '${region}'.`);
		}
		if (name !== service) throw badSignature(`Credential should be scoped to correct service: '${service}'.`);
		return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
	}

	/** @param {string} text @param {Date} date @param {number} life milliseconds that a signature is good for */
	#checkSkew(text, date, life) {
		const now = this.#clock.now;
		const basic = (/** @type {number} */ time) => new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
		if (date.getTime() + life < now) {
			throw badSignature(
				`Signature expired: ${text} is now earlier than ${basic(now - life)} (${basic(now)} - ${life / 60_000} min.)`,
			);
		}
		if (date.getTime() - skew > now) {
			throw badSignature(
				`Signature not yet current: ${text} is still later than ${basic(now + skew)} (${basic(now)} + 5 min.)`,
			);
		}
	}

	/** @param {import("./credentials.mjs").AccessKey} key */
	#signer({ accessKeyId, secretAccessKey, sessionToken }) {
		return new SignatureV4({
			credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
			region: this.#region,
			service,
			sha256: Sha256,
			applyChecksum: false,
		});
	}
}

/** @param {Request} request @param {Claim} claim the request with signed headers only */
function toSign({ method, path, query, headers }, { signedHeaders }) {
	/** @type {Record<string, string>} */
	const signed = {};
	for (const name of signedHeaders) {
		if (headers[name] === undefined) throw badSignature(`The signed header '${name}' is not in the request.`);
		signed[name] = headers[name];
	}
	return { method, protocol: "https:", hostname: "", path, query, headers: signed };
}

/** @param {Record<string, string>} query without what presigning adds */
function withoutClaim(query) {
	const added = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Security-Token)$/;
	return Object.fromEntries(Object.entries(query).filter(([name]) => !added.test(name)));
}

/** @param {Claim} claim @param {Request} request */
function checkBodyHash({ signedHeaders }, { headers, body }) {
	const stated = headers["x-amz-content-sha256"];
	if (stated === undefined || !signedHeaders.includes("x-amz-content-sha256")) return;
	const actual = createHash("sha256")
		.update(body ?? "")
		.digest("hex");
	if (stated !== actual) throw badSignature("The body does not have the hash that X-Amz-Content-Sha256 states.");
}

/** @param {string} given @param {string | undefined} expected */
function compare(given, expected) {
	const [left, right] = [Buffer.from(given), Buffer.from(expected ?? "")];
	if (left.length !== right.length || !timingSafeEqual(left, right)) throw badSignature(mismatch);
}
