// SPDX-License-Identifier: Apache-2.0
import type { HTTPResponse } from "webrtc/http";

const phrases: ReadonlyMap<number, string> = new Map([
	[200, "OK"],
	[201, "Created"],
	[204, "No Content"],
	[302, "Found"],
	[304, "Not Modified"],
	[307, "Temporary Redirect"],
	[308, "Permanent Redirect"],
	[400, "Bad Request"],
	[401, "Unauthorized"],
	[403, "Forbidden"],
	[404, "Not Found"],
	[405, "Method Not Allowed"],
	[406, "Not Acceptable"],
	[408, "Request Timeout"],
	[409, "Conflict"],
	[412, "Precondition Failed"],
	[413, "Content Too Large"],
	[415, "Unsupported Media Type"],
	[417, "Expectation Failed"],
	[421, "Misdirected Request"],
	[422, "Unprocessable Content"],
	[429, "Too Many Requests"],
	[431, "Request Header Fields Too Large"],
	[500, "Internal Server Error"],
	[501, "Not Implemented"],
	[503, "Service Unavailable"],
	[505, "HTTP Version Not Supported"],
]);

/** The status line (RFC 9112 section 4) without its end. */
export function statusLine(status: number): string {
	return `HTTP/1.1 ${status} ${phrases.get(status) ?? "Status"}`;
}

/** A response for a person to read. */
export function textResponse(status: number, message: string, headers?: Record<string, string>): HTTPResponse {
	return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${message}\n` };
}
