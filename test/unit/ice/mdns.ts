// SPDX-License-Identifier: Apache-2.0
// Responses as a multicast DNS responder writes them.
import { addressBytes } from "webrtc/ice/address";

export interface Answered {
	name: string;
	data: Uint8Array;
	life: number;
}

/** @param life seconds */
export function record(name: string, address: string, life: number): Answered {
	return { name, data: addressBytes(address)!, life };
}

/** @param form.pointed the name stands in the question, to which the record points @param form.target of the pointer */
export function answer(records: Answered[], form: { pointed?: boolean; target?: number } = {}): Uint8Array {
	const { pointed = false, target = 12 } = form;
	const first = records[0]!.name;
	const parts: Buffer[] = [Buffer.from([0, 0, 0x84, 0, 0, pointed ? 1 : 0, 0, records.length, 0, 0, 0, 0])];
	if (pointed) parts.push(encode(first), Buffer.from([0, 1, 0, 1]));
	for (const { name, data, life } of records) {
		const head = Buffer.alloc(10);
		head.writeUInt16BE(data.length === 4 ? 1 : 28, 0);
		head.writeUInt16BE(0x8001, 2);
		head.writeUInt32BE(life, 4);
		head.writeUInt16BE(data.length, 8);
		const pointer = Buffer.from([0xc0 | (target >> 8), target & 255]);
		// A pointer at the end of itself would be a circle; the record's own place is one, too.
		parts.push(pointed ? pointer : encode(name), head, Buffer.from(data));
	}
	return new Uint8Array(Buffer.concat(parts));
}

/** A question for each name. @param form.type 1: an address of IPv4 */
export function question(
	names: string[],
	form: { type?: number; kind?: number; unicast?: boolean; known?: Answered[] } = {},
): Uint8Array {
	const { type = 1, kind = 1, unicast = false, known = [] } = form;
	const parts: Buffer[] = [Buffer.from([0, 77, 0, 0, 0, names.length, 0, known.length, 0, 0, 0, 0])];
	for (const name of names) {
		const rest = Buffer.alloc(4);
		rest.writeUInt16BE(type, 0);
		rest.writeUInt16BE(unicast ? kind | 0x8000 : kind, 2);
		parts.push(encode(name), rest);
	}
	if (known.length) parts.push(Buffer.from(answer(known).slice(12)));
	return new Uint8Array(Buffer.concat(parts));
}

function encode(name: string): Buffer {
	const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
	return Buffer.concat([...labels, Buffer.from([0])]);
}
