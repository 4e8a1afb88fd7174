// SPDX-License-Identifier: Apache-2.0
// The page, out of the program's own resources. It holds no secret: it is what asks for one.
import Resource from "Resource";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";

type Respond = (response: HTTPResponse) => void;

const types = Object.freeze({ html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" });
const common = Object.freeze({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });

/**
 * Answers GET for the files of the folder "page", and tells the page whether the camera is open.
 * @param isOpen whether everybody may watch
 */
export default function site(isOpen: () => boolean): (request: HTTPRequest, respond: Respond) => void {
	return ({ method, path }, respond) => {
		const name = path === "/" ? "index.html" : path.slice(1);
		const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
		const isFile = type !== undefined && !name.includes("/") && Resource.exists(name);
		if (!isFile && name !== "access") return respond({ status: 404, body: "Not found.\n" });
		if (method !== "GET" && method !== "HEAD") return respond({ status: 405, headers: { allow: "GET, HEAD" } });
		if (!isFile) {
			const headers = { ...common, "content-type": "application/json" };
			return respond({ status: 200, headers, body: JSON.stringify({ open: isOpen() }) });
		}
		const frames: Record<string, string> =
			name === "index.html" ? { "content-security-policy": "frame-ancestors 'self'" } : {};
		respond({ status: 200, headers: { ...common, ...frames, "content-type": type }, body: new Resource(name) });
	};
}
