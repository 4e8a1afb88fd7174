// SPDX-License-Identifier: Apache-2.0
// The page, out of the program's own resources. It holds no secret: it is what asks for one.
import file, { textFile } from "examples/files";
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import type Pictures from "webrtc/pictures";

type Respond = (response: HTTPResponse) => void;

/** What the page is told of the camera. */
export interface Answers {
	/** Whether everybody may watch. */
	isOpen(): boolean;
	/** Why a session is as it is; undefined: there is none of that name. */
	why(id: string): string | undefined;
	/** What the way of a session carries, as JSON; undefined: there is none of that name. */
	estimate(id: string): Promise<string> | undefined;
	/** undefined: there is no video. */
	pictures: Pictures | undefined;
}

const still = "/snapshot.jpg";
const motion = "/stream.mjpg";

/** For those only who may watch. */
export const guarded: readonly string[] = Object.freeze([still, motion]);

/** Answers GET for pictures, for the files of the folder "page", for "access", for "clock", which is the time here in ms since 1970, and for "why/" and "estimate/" with the name of a session. */
export default function site(answers: Answers): (request: HTTPRequest, respond: Respond) => void {
	const { pictures } = answers;
	return (request, respond) => {
		const { method, path } = request;
		if (pictures && path === still) return pictures.still(request, respond);
		if (pictures && path === motion) return pictures.motion(request, respond);
		const response = find(path === "/" ? "index.html" : path.slice(1), answers);
		if (!response) respond({ status: 404, body: "Not found.\n" });
		else if (method !== "GET" && method !== "HEAD") respond({ status: 405, headers: { allow: "GET, HEAD" } });
		else if (response instanceof Promise)
			void response.then(respond, () => respond({ status: 404, body: "Not found.\n" }));
		else respond(response);
	};
}

function find(name: string, answers: Answers): HTTPResponse | Promise<HTTPResponse> | undefined {
	if (name === "access") return textFile("application/json", JSON.stringify({ open: answers.isOpen() }));
	if (name === "clock") return textFile("text/plain", String(Date.now()));
	if (name.startsWith("why/")) {
		const why = answers.why(name.slice(4));
		return why === undefined ? undefined : textFile("text/plain; charset=utf-8", why);
	}
	if (name.startsWith("estimate/"))
		return answers.estimate(name.slice(9))?.then((text) => textFile("application/json", text));
	return file(name);
}
