// SPDX-License-Identifier: Apache-2.0
import { parseURL as parse, type URLParts } from "webrtc/http/url";
import { consistsOf, isAmong, isWordCharacter } from "webrtc/text";

/** Its path begins and ends with "/", and has no query: the service's URLs have none. */
export type ServiceURL = URLParts;

const longest = 512; // the service's own limit for a resource endpoint

/**
 * Takes the absolute URL of a service apart.
 * @throws TypeError for anything else
 */
export function parseURL(text: unknown, what = "url"): ServiceURL {
	const isLong = typeof text === "string" && text.length > longest;
	const url = parse(isLong ? "" : text, what);
	if (!consistsOf(url.path, isOfPath)) throw new TypeError(`${what}: a path without a query`);
	return url.path.endsWith("/") ? url : { ...url, path: `${url.path}/` };
}

const isOfPath = (code: number) => isWordCharacter(code) || isAmong(code, "./%~-");
