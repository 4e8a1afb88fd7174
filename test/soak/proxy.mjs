// SPDX-License-Identifier: Apache-2.0
// A UDP relay between a viewer and a camera, which can add datagrams of its own: to the camera they come from the
// viewer's address.
// @ts-check
import { createSocket } from "node:dgram";

const newest = 32; // datagrams of the viewer that are kept as material

/** @typedef {{ address: string, port: number }} Address */

/** Relays between one viewer, whose address it learns, and one camera. */
export class Proxy {
	/** What the viewer has sent last, to be mutated. @type {Buffer[]} */
	material = [];
	#viewerSide = createSocket("udp4");
	#cameraSide = createSocket("udp4");
	/** @type {Address | undefined} */
	#viewer;
	/** @type {Address | undefined} */
	#camera;

	async open() {
		for (const socket of [this.#viewerSide, this.#cameraSide]) {
			socket.setMaxListeners(0);
			await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(undefined)));
		}
		this.#viewerSide.on("message", (data, from) => {
			this.#viewer = from;
			this.material.push(data);
			if (this.material.length > newest) this.material.shift();
			if (this.#camera) this.#cameraSide.send(data, this.#camera.port, this.#camera.address);
		});
		this.#cameraSide.on("message", (data) => {
			if (this.#viewer) this.#viewerSide.send(data, this.#viewer.port, this.#viewer.address);
		});
	}

	/** The offer without candidates: the camera learns of the proxy by STUN. @param {string} sdp */
	hideCandidates(sdp) {
		return sdp.replace(/a=(candidate:|end-of-candidates).*\r\n/g, "");
	}

	/** The answer with the proxy as the only candidate. @param {string} sdp */
	replaceCandidates(sdp) {
		const [, port] = /a=candidate:\S+ 1 udp \d+ \d+\.\d+\.\d+\.\d+ (\d+) typ host/i.exec(sdp) ?? [];
		if (!port) throw new Error(`proxy: no IPv4 candidate in\n${sdp}`);
		this.#camera = { address: "127.0.0.1", port: Number(port) };
		const candidate = `a=candidate:1 1 UDP 2130706431 127.0.0.1 ${this.#viewerSide.address().port} typ host\r\n`;
		let placed = false;
		return sdp.replace(/a=(candidate:|end-of-candidates).*\r\n/g, () => {
			const line = placed ? "" : candidate;
			placed = true;
			return line;
		});
	}

	/** Sends to the camera as the viewer. @param {Buffer} data */
	inject(data) {
		if (this.#camera) this.#cameraSide.send(data, this.#camera.port, this.#camera.address);
	}

	/** Sends to the camera as somebody else. @param {import("node:dgram").Socket} socket @param {Buffer} data */
	injectFrom(socket, data) {
		if (this.#camera) socket.send(data, this.#camera.port, this.#camera.address);
	}

	close() {
		this.#viewerSide.close();
		this.#cameraSide.close();
	}
}
