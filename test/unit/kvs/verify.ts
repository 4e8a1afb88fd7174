// SPDX-License-Identifier: Apache-2.0
// The service's side of Signature Version 4, written apart from the client's.
import { createHash, createHmac } from "node:crypto";

export interface Account {
	secret: string;
	token: string | undefined;
	/** Milliseconds since 1970. */
	expires: number;
}

export interface Verdict {
	status: number;
	type: string;
	message: string;
}

const refuse = (type: string, message: string): Verdict => ({ status: 403, type, message });
const encode = (text: string) =>
	encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const skew = 15 * 60_000;

function hmac(key: Buffer | string, text: string): Buffer {
	return createHmac("sha256", key).update(text).digest();
}

function signatureOf(canonical: string, date: string, scope: string, secret: string): string {
	const [day, region, service] = scope.split("/") as [string, string, string];
	const digest = createHash("sha256").update(canonical).digest("hex");
	const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), "aws4_request");
	return hmac(key, ["AWS4-HMAC-SHA256", date, scope, digest].join("\n")).toString("hex");
}

function timeOf(date: string): number {
	return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function judge(
	accounts: Map<string, Account>,
	credential: string,
	token: string | undefined,
	date: string,
	now: number,
	lifetime: number,
): Verdict | Account {
	const account = accounts.get(credential.split("/")[0]!);
	if (!account)
		return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
	if (account.token !== token) return refuse("UnrecognizedClientException", "The security token is invalid.");
	if (account.expires <= now)
		return refuse("ExpiredTokenException", "The security token included in the request is expired");
	const time = timeOf(date);
	if (!(time > now - lifetime && time < now + skew))
		return refuse("InvalidSignatureException", "Signature expired or not yet current");
	return account;
}

/** A request signed in its headers. Returns a refusal, or undefined. */
export function verifyHeaders(
	accounts: Map<string, Account>,
	method: string,
	path: string,
	headers: Map<string, string>,
	body: Buffer,
	now: number,
): Verdict | undefined {
	const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
	const match = pattern.exec(headers.get("authorization") ?? "");
	if (!match) return refuse("MissingAuthenticationTokenException", "Missing Authentication Token");
	const [, credential, names, signature] = match as unknown as [string, string, string, string];
	const date = headers.get("x-amz-date") ?? "";
	const account = judge(accounts, credential, headers.get("x-amz-security-token"), date, now, skew);
	if ("status" in account) return account;
	if (!names.split(";").includes("host")) return refuse("InvalidSignatureException", "host must be signed");
	if (account.token !== undefined && !names.split(";").includes("x-amz-security-token"))
		return refuse("InvalidSignatureException", "the token must be signed");
	const lines = names.split(";").map((name) => `${name}:${headers.get(name)}\n`);
	const payload = createHash("sha256").update(body).digest("hex");
	const canonical = [method, path, "", lines.join(""), names, payload].join("\n");
	const expected = signatureOf(canonical, date, credential.split("/").slice(1).join("/"), account.secret);
	return expected === signature
		? undefined
		: refuse("InvalidSignatureException", "The signature does not match.\n\nCanonical…");
}

/** A signed URL. */
export function verifyQuery(
	accounts: Map<string, Account>,
	host: string,
	path: string,
	now: number,
): Verdict | undefined {
	const url = new URL(`https://${host}${path}`);
	const get = (name: string) => url.searchParams.get(name) ?? "";
	const lifetime = Number(get("X-Amz-Expires")) * 1000;
	// Signature V4 allows a week; the service's own JavaScript SDK, 299 s. Whoever has the URL is the device.
	if (!(lifetime >= 1000 && lifetime <= 299_000)) return refuse("InvalidSignatureException", "expires");
	const credential = get("X-Amz-Credential");
	const token = url.searchParams.get("X-Amz-Security-Token") ?? undefined;
	const account = judge(accounts, credential, token, get("X-Amz-Date"), now, lifetime);
	if ("status" in account) return account;
	const query = [...url.searchParams]
		.filter(([name]) => name !== "X-Amz-Signature")
		.map(([name, value]) => `${encode(name)}=${encode(value)}`)
		.sort()
		.join("&");
	const canonical = ["GET", url.pathname, query, `host:${host}\n`, "host", createHash("sha256").digest("hex")].join(
		"\n",
	);
	const expected = signatureOf(
		canonical,
		get("X-Amz-Date"),
		credential.split("/").slice(1).join("/"),
		account.secret,
	);
	return expected === get("X-Amz-Signature")
		? undefined
		: refuse("InvalidSignatureException", "The signature does not match.");
}
