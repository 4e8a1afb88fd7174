// SPDX-License-Identifier: Apache-2.0
// DCEP (RFC 8832) to the byte: what is taken is what section 5 says, and nothing that is like it.
import { makeAck, makeOpen, readControl } from "webrtc/peer/dcep";

const open = [3, 0x82, 1, 0, 0, 0, 0x01, 0x2c, 0, 2, 0, 3, 0x63, 0x61, 0x70, 0x72, 0x6f];
const read = (bytes: readonly number[], largest = 100) => readControl(new Uint8Array(bytes).buffer, largest);
const parameters = { label: "ca", protocol: "pro", ordered: false, maxPacketLifeTime: 300, maxRetransmits: null };

test("an OPEN is read and written as section 5.1 has it", () => {
	expect(read(open)).toEqual(parameters);
	expect([...makeOpen(parameters)]).toEqual(open);
	expect(read(open, 5)).toEqual(parameters);
	expect(read(open, 4)).toBeUndefined();
});

test("an OPEN has the length that it says", () => {
	for (let size = 0; size < open.length; size++) expect(read(open.slice(0, size))).toBeUndefined();
	expect(read([...open, 0])).toBeUndefined();
	for (const place of [8, 9, 10, 11])
		for (const change of [1, 0xff]) {
			const bytes = [...open];
			bytes[place] = bytes[place]! ^ change;
			expect(read(bytes)).toBeUndefined();
		}
});

test("there are six types of channels", () => {
	for (let kind = 0; kind < 256; kind++) {
		const told = read(open.map((byte, place) => (place === 1 ? kind : byte)));
		const reliability = [
			{ maxPacketLifeTime: null, maxRetransmits: null },
			{ maxPacketLifeTime: null, maxRetransmits: 300 },
			{ maxPacketLifeTime: 300, maxRetransmits: null },
		][kind & 0x7f];
		expect(told).toEqual(reliability && { label: "ca", protocol: "pro", ordered: kind < 0x80, ...reliability });
	}
});

test("an ACK is one byte", () => {
	expect([...makeAck()]).toEqual([2]);
	expect(read([2])).toBe("ack");
	expect(read([2, 0])).toBeUndefined();
	for (let type = 0; type < 256; type++) if (type !== 2) expect(read([type])).toBeUndefined();
});
