// SPDX-License-Identifier: Apache-2.0

/**
 * Whether an If-Match field (RFC 9110 section 13.1.1) holds for a session with this ETag, which is in quotes.
 *
 * "*" in quotes counts as *, which some clients send. A weak ETag counts as the strong one that a proxy has made it from:
 * what it guards is a session, of which no two representations are equivalent and yet different.
 */
export default function ifMatch(field: string, etag: string): boolean {
	return field.split(",").some((part) => {
		const tag = part.trim();
		return tag === "*" || tag === '"*"' || tag === etag || tag === `W/${etag}`;
	});
}
