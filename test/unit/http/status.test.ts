// SPDX-License-Identifier: Apache-2.0
// Status lines (RFC 9112 section 4), with the phrases of RFC 9110 section 15, RFC 6585 and RFC 7538.
import { STATUS_CODES } from "node:http";
import { statusLine } from "webrtc/http/status";

/** What RFC 9110 has renamed since. */
const renamed: Readonly<Record<number, string>> = { 413: "Content Too Large", 422: "Unprocessable Content" };

test.each([
	...[200, 201, 204, 302, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 417, 421, 422, 429],
	...[431, 500, 501, 503, 505],
])("the line of %d has the phrase that is registered for it", (status) => {
	expect(statusLine(status)).toBe(`HTTP/1.1 ${status} ${renamed[status] ?? STATUS_CODES[status]}`);
});

test("a status that is not known has a line all the same", () => {
	expect(statusLine(299)).toBe("HTTP/1.1 299 Status");
});
