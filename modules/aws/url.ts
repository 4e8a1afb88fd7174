// SPDX-License-Identifier: Apache-2.0

export interface ServiceURL {
	secure: boolean;
	host: string;
	port: number;
	/** Begins with "/". Without a query: the service's URLs have none. */
	path: string;
}

const longest = 512; // the service's own limit for a resource endpoint

/**
 * Takes an absolute http, https, ws or wss URL apart.
 * @throws TypeError for anything else
 */
export function parseURL(text: unknown, what = "url"): ServiceURL {
	const match = typeof text === "string" && text.length <= longest && pattern().exec(text);
	if (!match) throw new TypeError(`${what}: an absolute URL such as https://host or https://host:8443`);
	const secure = match[1] === "https" || match[1] === "wss";
	const port = match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]);
	if (port < 1 || port > 65535) throw new TypeError(`${what}: a port from 1 to 65535`);
	return { secure, host: match[2]!.toLowerCase(), port, path: (match[4] ?? "").replace(/\/$/, "") + "/" };
}

const pattern = () => /^(https?|wss?):\/\/([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(\/[\w./%~-]*)?$/;
