// SPDX-License-Identifier: Apache-2.0
// The page, out of the program's own resources.
import Resource from "Resource";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";

const types = Object.freeze({ html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" });

/** Answers GET for the files of the folder "page". */
export default function serve(request: HTTPRequest, respond: (response: HTTPResponse) => void): void {
	const name = request.path === "/" ? "index.html" : request.path.slice(1);
	const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
	if (!type || name.includes("/") || !Resource.exists(name)) return respond({ status: 404, body: "Not found.\n" });
	if (request.method !== "GET") return respond({ status: 405, headers: { allow: "GET" } });
	respond({
		status: 200,
		headers: { "content-type": type, "cache-control": "no-cache" },
		body: new Resource(name),
	});
}
