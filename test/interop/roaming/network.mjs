// SPDX-License-Identifier: Apache-2.0
// Two networks with a router between them, as network namespaces: a camera in one, who watches in the other.
// @ts-check
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @param {string[]} words */
const ip = (...words) => execFileSync("ip", words, { stdio: ["ignore", "pipe", "pipe"] }).toString();

/** Why there can be none here; undefined: there can. */
export function unable() {
	const name = `probe-${process.pid}`;
	try {
		ip("netns", "add", name);
		ip("netns", "del", name);
		return undefined;
	} catch (error) {
		return `no network namespaces can be made here: ${String(/** @type {any} */ (error).stderr ?? error).trim()}`;
	}
}

/** A network behind the router, whose hosts are 10.NET.0.2 and so on. */
class Side {
	host = 2;

	/** @param {string} name of the namespace @param {string} router @param {number} net */
	constructor(name, router, net) {
		this.name = name;
		this.router = router;
		this.net = net;
		this.link = `r${net}`;
		ip("netns", "add", name);
		ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", this.link, "netns", router);
		ip("-n", name, "link", "set", "lo", "up");
		ip("-n", name, "link", "set", "eth0", "up");
		ip("-n", router, "link", "set", this.link, "up");
		ip("-n", router, "addr", "add", `10.${net}.0.1/24`, "dev", this.link);
		ip("-n", name, "addr", "add", `${this.address}/24`, "dev", "eth0");
		ip("-n", name, "route", "add", "default", "via", `10.${net}.0.1`);
	}

	get address() {
		return `10.${this.net}.0.${this.host}`;
	}

	/** Another address, at once. */
	move() {
		const before = this.address;
		this.host++;
		ip("-n", this.name, "addr", "del", `${before}/24`, "dev", "eth0");
		ip("-n", this.name, "addr", "add", `${this.address}/24`, "dev", "eth0");
		ip("-n", this.name, "route", "replace", "default", "via", `10.${this.net}.0.1`);
	}

	/** @param {boolean} up */
	setLink(up) {
		ip("-n", this.router, "link", "set", this.link, up ? "up" : "down");
	}
}

export default class Network {
	#router = `router-${process.pid}`;
	#directory = mkdtempSync(join(tmpdir(), "roaming-"));

	constructor() {
		ip("netns", "add", this.#router);
		ip("netns", "exec", this.#router, "sysctl", "-qw", "net.ipv4.ip_forward=1");
		this.camera = new Side(`camera-${process.pid}`, this.#router, 81);
		this.viewer = new Side(`viewer-${process.pid}`, this.#router, 82);
	}

	/** A program that runs another one in a side's network. @param {Side} side @param {string} program */
	wrap(side, program) {
		const path = join(this.#directory, `${side.name}-${program.split("/").pop()}`);
		writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${side.name} ${program} "$@"\n`, { mode: 0o755 });
		return path;
	}

	close() {
		for (const name of [this.camera.name, this.viewer.name, this.#router]) {
			try {
				ip("netns", "del", name);
			} catch {
				// it was not made
			}
		}
		rmSync(this.#directory, { recursive: true, force: true });
	}
}
