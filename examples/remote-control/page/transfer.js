// SPDX-License-Identifier: Apache-2.0
// A file on its channel, in pieces, to the device and from it: the other end is transfer.ts.

const piece = 8192; // bytes
const ahead = 262_144; // bytes that wait to be sent

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
	for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
	return byte;
});

function crc32(bytes) {
	let crc = -1;
	for (const byte of new Uint8Array(bytes)) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
	return ~crc >>> 0;
}

const add = (sum, bytes) => (Math.imul(sum, 31) + crc32(bytes)) >>> 0;

export class Transfer {
	#channel;
	#report;
	#put; // { resolve, sum, size, begun }
	#get;

	/** @param {RTCDataChannel} channel @param {(direction: "up" | "down", done: number, size: number, text: string) => void} report */
	constructor(channel, report) {
		this.#channel = channel;
		this.#report = report;
		channel.binaryType = "arraybuffer";
		channel.bufferedAmountLowThreshold = ahead / 2;
		channel.addEventListener("message", ({ data }) => this.#take(data));
	}

	/** @param {File} file @returns {Promise<string>} how it went */
	async put(file) {
		if (this.#put) return "A file is under way.";
		const bytes = await file.arrayBuffer();
		const done = new Promise((resolve) => {
			this.#put = { resolve, sum: 0, size: bytes.byteLength, begun: performance.now() };
		});
		this.#channel.send(JSON.stringify({ put: bytes.byteLength }));
		for (let place = 0; place < bytes.byteLength; place += piece) {
			const part = bytes.slice(place, place + piece);
			this.#put.sum = add(this.#put.sum, part);
			if (this.#channel.bufferedAmount > ahead) await this.#room();
			if (this.#channel.readyState !== "open") return "The device wants no more of it.";
			this.#channel.send(part);
		}
		return done;
	}

	/** @param {number} size bytes @returns {Promise<string>} */
	get(size) {
		if (this.#get) return Promise.resolve("A file is under way.");
		this.#channel.send(JSON.stringify({ get: size }));
		return new Promise((resolve) => {
			this.#get = { resolve, sum: 0, done: 0, size, begun: performance.now() };
		});
	}

	#room() {
		return new Promise((resolve) => {
			for (const event of ["bufferedamountlow", "close"])
				this.#channel.addEventListener(event, resolve, { once: true });
		});
	}

	#take(data) {
		if (typeof data !== "string") return this.#takePiece(data);
		const { got, of, sent, sum } = JSON.parse(data);
		if (got !== undefined && this.#put) {
			this.#report("up", got, of, this.#progress(this.#put, got));
			if (got === of && sum !== undefined) this.#conclude("put", sum);
		} else if (sent !== undefined && this.#get) this.#conclude("get", sum);
	}

	#takePiece(bytes) {
		const state = this.#get;
		if (!state) return;
		state.done += bytes.byteLength;
		state.sum = add(state.sum, bytes);
		this.#report("down", state.done, state.size, this.#progress(state, state.done));
	}

	#progress({ size, begun }, done) {
		const seconds = (performance.now() - begun) / 1000;
		return `${Math.round(done / 1024)} of ${Math.round(size / 1024)} KB, ${(done / 1e6 / seconds).toFixed(1)} MB/s`;
	}

	#conclude(which, sum) {
		const { resolve, sum: own, size } = which === "put" ? this.#put : this.#get;
		if (which === "put") this.#put = undefined;
		else this.#get = undefined;
		const verdict = own === sum ? "and are what was sent" : "but are NOT what was sent";
		resolve(`${size} bytes have ${which === "put" ? "arrived at the device" : "come"}, ${verdict}.`);
	}
}
