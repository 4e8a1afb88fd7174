// SPDX-License-Identifier: Apache-2.0
// Between a browser and the device: sees what a browser's ClientHello is like on the wire, and spoils its way.
// @ts-check
import { createSocket } from "node:dgram";

/** @typedef {"in order" | "the last first" | "the first lost" | "each twice"} Way of the parts of a ClientHello */

/** @param {import("node:dgram").Socket} socket @param {string} address */
const bound = (socket, address) =>
	new Promise((resolve, reject) => socket.once("error", reject).bind(0, address, () => resolve(undefined)));

export class Tap {
	/** Bytes of the ClientHello, and of its parts, as they came. @type {{ whole: number, parts: number[] }} */
	hello = { whole: 0, parts: [] };
	#outer = createSocket("udp4");
	#inner = createSocket("udp4");
	/** @type {Buffer[]} */
	#held = [];
	#lost = false;
	#browser = { port: 0, address: "" };

	/** @param {string} address @param {number} port the device's @param {Way} way */
	constructor(address, port, way) {
		this.way = way;
		this.#outer.on("message", (data, from) => {
			this.#browser = from;
			for (const each of this.#pass(data)) this.#inner.send(each, port, address);
		});
		this.#inner.on("message", (data) => this.#outer.send(data, this.#browser.port, this.#browser.address));
	}

	/** @param {string} sdp of the device @param {Way} way */
	static async before(sdp, way) {
		const found = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/m.exec(sdp);
		if (!found) throw new Error(`the device has no candidate of IPv4:\n${sdp}`);
		const [, address = "", port] = found;
		const tap = new Tap(address, Number(port), way);
		await Promise.all([bound(tap.#outer, address), bound(tap.#inner, address)]);
		const [first] = found;
		const own = first.replace(` ${port} typ`, ` ${tap.#outer.address().port} typ`);
		const lines = sdp.split("\r\n").filter((line) => line === first || !line.startsWith("a=candidate:"));
		return { tap, sdp: lines.join("\r\n").replaceAll(first, own) };
	}

	close() {
		this.#outer.close();
		this.#inner.close();
	}

	/** @param {Buffer} data @returns {Buffer[]} what goes on */
	#pass(data) {
		if (data[0] !== 22 || data[13] !== 1 || data.length < 25) return [data];
		const offset = data.readUIntBE(19, 3);
		if (!offset && this.hello.whole) this.hello.parts = []; // sent again
		this.hello.whole = data.readUIntBE(14, 3);
		this.hello.parts.push(data.readUIntBE(22, 3));
		switch (this.way) {
			case "each twice":
				return [data, data];
			case "the first lost":
				if (this.#lost || offset) return [data];
				this.#lost = true;
				return [];
			case "the last first": {
				this.#held.unshift(data);
				const whole = this.#held.reduce((sum, each) => sum + each.readUIntBE(22, 3), 0);
				return whole >= this.hello.whole ? this.#held.splice(0) : [];
			}
			default:
				return [data];
		}
	}
}

/** A description whose candidates are kept back. @param {string} sdp */
export const withoutCandidates = (sdp) =>
	sdp
		.split("\r\n")
		.filter((line) => !/^a=(?:candidate:|end-of-candidates)/.test(line))
		.join("\r\n");
