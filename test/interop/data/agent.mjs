// SPDX-License-Identifier: Apache-2.0
// A peer of the data table, by W3C's interface: it runs in pages and, with a library's RTCPeerConnection, in Node. The
// class stands alone: pages get its text.
// @ts-check

/** @typedef {{ label: string, init?: RTCDataChannelInit }} Wanted */

export class DataAgent {
	/** @type {RTCPeerConnection} */
	#pc;
	/** @type {Map<string, RTCDataChannel>} */
	#channels = new Map();
	/** @type {Map<string, any[]>} what has come on each, and what has happened to it */
	#came = new Map();
	/** @type {Map<string, string[]>} */
	#events = new Map();

	constructor() {
		const pc = new RTCPeerConnection();
		this.#pc = pc;
		pc.ondatachannel = ({ channel }) => this.#adopt(channel);
	}

	#empties = true;

	sendNothingEmpty() {
		this.#empties = false;
	}

	/** @param {Wanted} wanted */
	make({ label, init }) {
		this.#adopt(this.#pc.createDataChannel(label, init));
	}

	async offer() {
		await this.#pc.setLocalDescription(await this.#pc.createOffer());
		return this.#gathered();
	}

	/** @param {{ sdp: string }} parameters */
	async accept({ sdp }) {
		await this.#pc.setRemoteDescription({ type: "answer", sdp });
	}

	/** @param {{ sdp: string }} parameters */
	async answer({ sdp }) {
		await this.#pc.setRemoteDescription({ type: "offer", sdp });
		await this.#pc.setLocalDescription(await this.#pc.createAnswer());
		return this.#gathered();
	}

	/** What a channel is, once it is open. @param {{ label: string }} parameters */
	async opened({ label }) {
		await this.#until(`${label} is open`, () => this.#channels.get(label)?.readyState === "open");
		const { ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id } = this.#channel(label);
		return { ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id };
	}

	/** Sends messages of these sizes, and text, and expects each to come back. @param {{ label: string, sizes: number[] }} parameters */
	async echo({ label, sizes }) {
		const channel = this.#channel(label);
		const came = /** @type {any[]} */ (this.#came.get(label));
		for (const size of sizes) {
			if (!size && !this.#empties) continue;
			const bytes = new Uint8Array(size);
			for (let i = 0, seed = size + 1; i < size; i++)
				bytes[i] = (seed = (seed * 1664525 + 1013904223) >>> 0) >>> 24;
			channel.send(bytes);
			await this.#until(`${size} bytes are back on ${label}`, () => came.length > 0);
			const back = new Uint8Array(came.shift());
			if (back.length !== size || back.some((byte, i) => byte !== bytes[i]))
				throw new Error(`${label}: of ${size} bytes others came back (${back.length})`);
		}
		for (const text of ["", "text", "ä€😀", "x".repeat(2000)]) {
			if (!text && !this.#empties) continue;
			channel.send(text);
			await this.#until(`"${text.slice(0, 9)}" is back on ${label}`, () => came.length > 0);
			const back = came.shift();
			if (back !== text) throw new Error(`${label}: "${text}" came back as "${back}"`);
		}
		return sizes.length + 4;
	}

	/** @param {{ label: string, count: number, size: number }} parameters */
	flood({ label, count, size }) {
		const channel = this.#channel(label);
		for (let i = 0; i < count; i++) channel.send(new Uint8Array(size));
	}

	/** Messages that begin with their number, whatever waits. @param {{ label: string, count: number, size: number }} parameters */
	number({ label, count, size }) {
		const channel = this.#channel(label);
		for (let i = 0; i < count; i++) {
			const message = new Uint8Array(size);
			new DataView(message.buffer).setUint32(0, i, true);
			channel.send(message);
		}
	}

	/** What has come so far. @param {{ label: string }} parameters */
	forget({ label }) {
		/** @type {any[]} */ (this.#came.get(label)).length = 0;
	}

	/** Bytes that wait to be sent. @param {{ label: string }} parameters */
	waiting({ label }) {
		return this.#channel(label).bufferedAmount;
	}

	/** Whether what has come are messages of that size that begin with their number. @param {{ label: string, size: number }} parameters */
	numbered({ label, size }) {
		const came = /** @type {ArrayBuffer[]} */ (this.#came.get(label));
		return came.every((it, i) => it.byteLength === size && new DataView(it).getUint32(0, true) === i);
	}

	/** @param {{ label: string }} parameters */
	close({ label }) {
		this.#channel(label).close();
	}

	/** How many messages came before a channel closed, and what happened to it. @param {{ label: string }} parameters */
	async closed({ label }) {
		const events = /** @type {string[]} */ (this.#events.get(label));
		await this.#until(`${label} is closed (${events})`, () => events.includes("close"));
		await new Promise((resolve) => setTimeout(resolve, 200)); // libdatachannel's last messages come after it
		return { count: this.#came.get(label)?.length, events };
	}

	/** @param {{ label: string, count: number }} parameters */
	async received({ label, count }) {
		const came = /** @type {any[]} */ (this.#came.get(label));
		await this.#until(`${count} on ${label}`, () => came.length >= count);
		return came.length;
	}

	state() {
		return this.#pc.connectionState;
	}

	end() {
		this.#pc.close();
	}

	/** @param {RTCDataChannel} channel */
	#adopt(channel) {
		const { label } = channel;
		/** @type {any[]} */
		const came = [];
		/** @type {string[]} */
		const events = [];
		channel.binaryType = "arraybuffer";
		channel.onmessage = ({ data }) => {
			const isView = ArrayBuffer.isView(data);
			came.push(isView ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data);
		};
		channel.onclose = () => events.push("close");
		channel.onerror = () => events.push("error");
		this.#channels.set(label, channel);
		this.#came.set(label, came);
		this.#events.set(label, events);
	}

	/** @param {string} label @returns {RTCDataChannel} */
	#channel(label) {
		const channel = this.#channels.get(label);
		if (!channel) throw new Error(`there is no channel "${label}"`);
		return channel;
	}

	async #gathered() {
		await this.#until("candidates are gathered", () => this.#pc.iceGatheringState === "complete");
		return this.#pc.localDescription?.sdp;
	}

	/** @param {string} what @param {() => unknown} isTrue */
	async #until(what, isTrue) {
		for (let i = 0; i < 1200 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
		if (!isTrue()) throw new Error(`not within 12 s: ${what} (${this.#pc.connectionState})`);
	}
}
