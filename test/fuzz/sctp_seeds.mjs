// SPDX-License-Identifier: Apache-2.0
// Makes seeds of test/fuzz/sctp_fuzz.c from what other people's peers really sent. First record it, with
// test/fuzz/sctp_capture.c in the simulator:
//   gcc -shared -fPIC -o capture.so test/fuzz/sctp_capture.c -ldl
//   SCTP_CAPTURE=/tmp/capture LD_PRELOAD=$PWD/capture.so npm run interop -- data
//   node test/fuzz/sctp_seeds.mjs /tmp/capture.PID FOLDER
// @ts-check
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const largest = 12000; // bytes of a seed
const kinds = [50, 51, 53, 57];
const dcep = kinds.indexOf(50);

/** The chunks of a packet. @param {Buffer} packet */
function chunksOf(packet) {
	const chunks = [];
	for (let place = 12; place + 4 <= packet.length;) {
		const size = packet.readUInt16BE(place + 2);
		if (size < 4) break;
		chunks.push(packet.subarray(place, place + size));
		place += (size + 3) & ~3;
	}
	return chunks;
}

/** Makes a field count from 0. @param {Buffer} chunk @param {number} place @param {number} first */
function count(chunk, place, first) {
	if (place + 4 <= chunk.length) chunk.writeInt32BE((chunk.readUInt32BE(place) - first) | 0, place);
}

/** @param {Buffer} chunk @param {number} peers @param {number} own */
function countRequests(chunk, peers, own) {
	for (let place = 4; place + 8 <= chunk.length;) {
		const type = chunk.readUInt16BE(place);
		count(chunk, place + 4, type === 16 ? own : peers);
		if (type === 13) {
			count(chunk, place + 8, own);
			count(chunk, place + 12, peers);
		}
		const size = chunk.readUInt16BE(place + 2);
		if (size < 4) return;
		place += (size + 3) & ~3;
	}
}

class Association {
	/** @type {Buffer[]} */
	steps = [Buffer.of(0)];
	/** @type {Record<string, number>} the first TSN by direction */
	first = {};
	lastSent = -1;
	#opened = new Set();
	/** @type {{ stream: number, kind: number, size: number, place: number } | undefined} */
	#sending;

	get size() {
		return this.steps.reduce((sum, step) => sum + step.length, 0);
	}

	/** @param {string} direction @param {Buffer} packet */
	take(direction, packet) {
		const chunks = chunksOf(packet);
		const type = chunks[0]?.[0];
		if (type === 1 || type === 2) this.first[direction] = chunks[0]?.readUInt32BE(16) ?? 0;
		else if (type === 10 || type === 11)
			return; // a cookie is for one association only
		else if (direction === "I") this.#comes(packet);
		else for (const chunk of chunks) if (chunk[0] === 0) this.#goes(chunk);
	}

	/** @param {Buffer} packet */
	#comes(packet) {
		const own = this.first.O ?? 0;
		const peers = this.first.I ?? 0;
		for (const chunk of chunksOf(packet)) {
			if (chunk[0] === 3) count(chunk, 4, own);
			else if (chunk[0] === 130) countRequests(chunk, peers, own);
			else if ([0, 64, 192, 194].includes(chunk[0] ?? 1)) count(chunk, 4, peers);
		}
		const size = packet.length - 12;
		this.steps.push(Buffer.concat([Buffer.of(0, size >> 8, size & 255), packet.subarray(12)]));
	}

	/** A message of this side's, whose fragments are DATA chunks. @param {Buffer} chunk */
	#goes(chunk) {
		const tsn = (chunk.readUInt32BE(4) - (this.first.O ?? 0)) >>> 0;
		if (tsn <= this.lastSent) return; // once more
		this.lastSent = tsn;
		const flags = chunk[1] ?? 0;
		const stream = chunk.readUInt16BE(8) & 255;
		if (flags & 2) {
			if (!this.#opened.has(stream)) this.steps.push(Buffer.of(4, stream, 0x80, 0));
			this.#opened.add(stream);
			const kind = Math.max(dcep, kinds.indexOf(chunk.readUInt32BE(12)));
			this.#sending = { stream, kind, size: 0, place: this.steps.push(Buffer.alloc(0)) - 1 };
		}
		if (!this.#sending) return;
		const { kind, place } = this.#sending;
		const size = Math.min(65535, (this.#sending.size += chunk.length - 16));
		this.steps[place] = Buffer.of(3, stream, size >> 8, size & 255, kind);
		if (flags & 1) this.#sending = undefined;
	}
}

const [capture = "", folder = "."] = process.argv.slice(2);
/** @type {Map<string, Association>} */
const associations = new Map();
for (const line of readFileSync(capture, "latin1").split("\n")) {
	const [direction = "", , id = "", hexadecimal = ""] = line.split(" ");
	if (!hexadecimal) continue;
	const association = associations.get(id) ?? new Association();
	associations.set(id, association);
	if (association.size < largest) association.take(direction, Buffer.from(hexadecimal, "hex"));
}
mkdirSync(folder, { recursive: true });
for (const [id, { steps }] of associations) writeFileSync(path.join(folder, `association-${id}`), Buffer.concat(steps));
