// SPDX-License-Identifier: Apache-2.0
// @ts-check

const tries = 5;
const pause = 100; // ms between two

/**
 * Ends a session by its endpoint's DELETE. A server may close a kept connection just when a request comes, and turn new ones
 * away for a moment, where places or memory run short: what may be repeated is then sent again (RFC 9110 section 9.2.2,
 * RFC 9112 section 9.3.1).
 * @param {string | URL} session @param {Record<string, string>} [headers]
 */
export async function endSession(session, headers = {}) {
	for (let count = 1; ; count++) {
		try {
			await fetch(session, { method: "DELETE", headers });
			return;
		} catch (error) {
			if (count === tries) throw error;
			await new Promise((resolve) => setTimeout(resolve, pause));
		}
	}
}
