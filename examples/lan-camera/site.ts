// SPDX-License-Identifier: Apache-2.0
// The page, out of the program's own resources. It holds no secret: it is what asks for one.
import Resource from "Resource";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";

type Respond = (response: HTTPResponse) => void;

const types = Object.freeze({ html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" });
const common = Object.freeze({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });

/** What the page is told of the camera. */
export interface Answers {
	/** Whether everybody may watch. */
	isOpen(): boolean;
	/** Why a session is as it is; undefined: there is none of that name. */
	why(id: string): string | undefined;
}

/** Answers GET for the files of the folder "page", for "access", and for "why/" with the name of a session. */
export default function site(answers: Answers): (request: HTTPRequest, respond: Respond) => void {
	return ({ method, path }, respond) => {
		const response = find(path === "/" ? "index.html" : path.slice(1), answers);
		if (!response) respond({ status: 404, body: "Not found.\n" });
		else if (method !== "GET" && method !== "HEAD") respond({ status: 405, headers: { allow: "GET, HEAD" } });
		else respond(response);
	};
}

function find(name: string, answers: Answers): HTTPResponse | undefined {
	if (name === "access") return text("application/json", JSON.stringify({ open: answers.isOpen() }));
	if (name.startsWith("why/")) {
		const why = answers.why(name.slice(4));
		return why === undefined ? undefined : text("text/plain; charset=utf-8", why);
	}
	const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
	if (type === undefined || name.includes("/") || !Resource.exists(name)) return undefined;
	const frames: Record<string, string> =
		name === "index.html" ? { "content-security-policy": "frame-ancestors 'self'" } : {};
	return { status: 200, headers: { ...common, ...frames, "content-type": type }, body: new Resource(name) };
}

function text(type: string, body: string): HTTPResponse {
	return { status: 200, headers: { ...common, "content-type": type }, body };
}
