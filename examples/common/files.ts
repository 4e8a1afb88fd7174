// SPDX-License-Identifier: Apache-2.0
// The files of a page, out of the program's own resources.
import Resource from "Resource";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";

const types = Object.freeze({ html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" });
const common = Object.freeze({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });

/** What to answer to GET with; undefined: there is no such file. */
export default function file(name: string): HTTPResponse | undefined {
	const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
	if (type === undefined || name.includes("/") || !Resource.exists(name)) return undefined;
	const frames: Record<string, string> =
		name === "index.html" ? { "content-security-policy": "frame-ancestors 'self'" } : {};
	return { status: 200, headers: { ...common, ...frames, "content-type": type }, body: new Resource(name) };
}

/** Answers a request for the files of a page: `/` is index.html. */
export function answer({ method, path }: HTTPRequest, respond: (response: HTTPResponse) => void): void {
	const isGet = method === "GET" || method === "HEAD";
	const found = isGet ? file(path === "/" ? "index.html" : path.slice(1)) : undefined;
	respond(found ?? { status: 404, body: "Not found.\n" });
}

/** Text, for GET likewise. */
export function textFile(type: string, body: string): HTTPResponse {
	return { status: 200, headers: { ...common, "content-type": type }, body };
}
