// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * Ends a session by its endpoint's DELETE. A server may close a kept connection just when a request comes, as where places
 * run short: what may be repeated is then sent again, as browsers do (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
 * @param {string | URL} session @param {Record<string, string>} [headers]
 */
export async function endSession(session, headers = {}) {
	const request = () => fetch(session, { method: "DELETE", headers });
	await request().catch(request);
}
