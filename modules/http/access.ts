// SPDX-License-Identifier: Apache-2.0
// Which pages may use the device: those of the device itself, and those of the origins that the owner names. A page that
// resolves its own name to the device's address (DNS rebinding) is told by the Host that it asks for.
import type { HTTPResponse } from "webrtc/http";
import type { RequestHead } from "webrtc/http/head";
import { textResponse } from "webrtc/http/status";

export interface AccessOptions {
	/**
	 * Origins of pages elsewhere that may use this device, as "https://example.org" or "http://example.org:8080"; "*": any.
	 * Default: none. A page that comes through a proxy under another name has that proxy's origin.
	 */
	origins?: readonly string[] | undefined;
	/**
	 * Names by which the device is reached beside its addresses and "localhost", as "camera.local" or "example.org:8443";
	 * without a port they hold for the device's port and for the standard ones; "*": any.
	 */
	hosts?: readonly string[] | undefined;
	/** The device's IP addresses, IPv6 without brackets. Default: any IP address counts as the device's. */
	addresses?: (() => readonly string[]) | undefined;
}

/** What such a page may read beside the body: where its session is, and what a refusal says. */
const exposed = Object.freeze({
	"access-control-expose-headers": "location, etag, link, retry-after, www-authenticate",
});
const ownPagesOnly: Record<string, string> = Object.freeze({ "cross-origin-resource-policy": "same-origin" });

export default class Access {
	#origins: readonly string[];
	#hosts: readonly string[];
	#addresses: (() => readonly string[]) | undefined;

	/** @throws TypeError that names the option */
	constructor({ origins = [], hosts = [], addresses }: AccessOptions) {
		this.#origins = origins.map(checkedOrigin);
		this.#hosts = hosts.map(checkedHost);
		this.#addresses = addresses;
	}

	/** Why a request is not served; undefined when it is. `port` is the device's. */
	refusal(head: RequestHead, port: number): HTTPResponse | undefined {
		if (!this.isOurs(head, port))
			return textResponse(
				421,
				"This device has another name. Open it by its address, or let its owner add the name.",
			);
		if (!this.isWelcome(head)) return textResponse(403, "Pages of this origin may not use this device.");
		return undefined;
	}

	/**
	 * What lets a page of another origin read the response (Fetch standard, CORS protocol), or keeps it from showing it: for an
	 * `<img>` a browser tells no origin, so that the request cannot be refused.
	 * @param head undefined: the request is answered before it has come
	 */
	responseHeaders(head: RequestHead | undefined): Record<string, string> {
		const origin = head?.headers.get("origin");
		if (this.#origins.includes("*")) return { "access-control-allow-origin": "*", ...exposed };
		if (!this.#origins.length) return ownPagesOnly;
		if (origin === undefined || !this.#origins.includes(origin)) return { ...ownPagesOnly, vary: "origin" };
		return { ...ownPagesOnly, "access-control-allow-origin": origin, vary: "origin", ...exposed };
	}

	private isOurs({ host, minor }: RequestHead, port: number): boolean {
		if (!host) return minor === 0; // no browser leaves it out
		if (this.#hosts.includes("*") || this.#hosts.includes(host)) return true;
		const [name, given] = splitHost(host);
		const isOurPort = given === undefined || given === String(port);
		if (this.#hosts.includes(name) && (isOurPort || given === "80" || given === "443")) return true;
		if (given === undefined ? port !== 80 : !isOurPort) return false;
		if (name === "localhost") return true;
		const address = name.startsWith("[") ? name.slice(1, -1) : name;
		const addresses = this.#addresses?.();
		return addresses ? addresses.includes(address) || isLoopback(address) : isAddress(name);
	}

	/** The request comes from no page, from one of ours, or from one that may. */
	private isWelcome({ host, headers }: RequestHead): boolean {
		const origin = headers.get("origin");
		if (origin === undefined || this.#origins.includes("*") || this.#origins.includes(origin)) return true;
		// https: behind a proxy that passes the Host on.
		return origin === `http://${withoutPort(host, "80")}` || origin === `https://${withoutPort(host, "443")}`;
	}
}

/** The name, IPv6 in brackets, and the port. */
function splitHost(host: string): [string, string | undefined] {
	const colon = host.lastIndexOf(":");
	if (colon < 0 || colon < host.indexOf("]")) return [host, undefined];
	return [host.slice(0, colon), host.slice(colon + 1)];
}

function withoutPort(host: string, port: string): string {
	const [name, given] = splitHost(host);
	return given === port ? name : host;
}

function isLoopback(address: string): boolean {
	return address === "::1" || (address.startsWith("127.") && isAddress(address));
}

/** IPv4, or IPv6 in brackets: what no name can be. */
function isAddress(name: string): boolean {
	if (name.startsWith("[") && name.endsWith("]")) return true;
	const parts = name.split(".");
	return parts.length === 4 && parts.every((part) => part !== "" && Number(part) <= 255 && Number.isInteger(+part));
}

function checkedOrigin(origin: string): string {
	if (origin === "*" || origin === "null") return origin;
	const rest = origin.startsWith("https://") ? origin.slice(8) : origin.startsWith("http://") ? origin.slice(7) : "";
	if (!rest || rest.includes("/") || rest.includes(" ") || origin !== origin.toLowerCase())
		throw new TypeError(`origins: "${origin}" is no origin; one is https://example.org, without a path`);
	return origin;
}

function checkedHost(host: string): string {
	if (!host || host.includes("/") || host.includes(" ") || host.includes("@"))
		throw new TypeError(`hosts: "${host}" is no name; one is camera.local or example.org:8443`);
	return host.toLowerCase();
}
