// SPDX-License-Identifier: Apache-2.0
// What TURN servers may do that they should not.
// @ts-check
import { randomBytes } from "node:crypto";
import { times } from "../offer.mjs";
import { compose, tlv } from "../stun.mjs";
import { alternate, errorAttributes, method, methodOf, xorAddress } from "./server.mjs";

/** @typedef {import("./server.mjs").Behaviour} Behaviour @typedef {import("./server.mjs").Client} Client */

const isAllocate = (/** @type {Buffer} */ message) => methodOf(message) === method.allocate;
const stranger = "203.0.113.7";

/** Allocates as it should; and then, once, this. @param {(client: Client) => void} then @returns {Behaviour} */
function afterwards(then) {
	/** @type {Set<Client>} */
	const done = new Set();
	return {
		request(client, message) {
			client.serve(message);
			if (!isAllocate(message) || done.has(client) || (client.server.requests[method.allocate] ?? 0) < 2) return;
			done.add(client);
			setTimeout(() => then(client), 50);
		},
	};
}

/** @param {(client: Client, message: Buffer) => void} request @returns {Behaviour} */
const always = (request) => ({ request });

/** In place of a success, once it was asked with credentials. @param {(client: Client, message: Buffer) => void} answer */
const granted = (answer) =>
	always((client, message) => {
		if (message.includes("user")) answer(client, message);
		else client.challenge(message);
	});

/** As RTP, DTLS, RTCP and STUN begin; the last for nobody's credentials. @returns {Buffer[]} */
const payloads = () => [
	Buffer.concat([Buffer.from([0x80, 0x6c]), randomBytes(1100)]),
	Buffer.concat([Buffer.from([0x16, 0xfe, 0xff]), randomBytes(200)]),
	Buffer.concat([Buffer.from([0x81, 0xc9, 0, 1]), randomBytes(24)]),
	compose(0x0001, [tlv(0x0006, Buffer.from("nobody:else"))], { password: "nothing" }),
	Buffer.alloc(0),
	randomBytes(1),
];

/** @type {[string, Behaviour][]} */
export const behaviours = [
	["it never answers", {}],
	["it refuses connections as they come", { open: (client) => client.end() }],
	["it asks for credentials (401) whatever comes", always((client, message) => client.challenge(message))],
	["every nonce is stale (438)", granted((client, message) => client.challenge(message, 438))],
	["401 without a nonce", always((client, message) => client.refuse(message, 401, [errorAttributes.realm]))],
	[
		"401 with a nonce of 1,200 bytes",
		always((client, message) => client.refuse(message, 401, [errorAttributes.realm, errorAttributes.nonce(1200)])),
	],
	[
		"401 with 250 unknown password algorithms",
		always((client, message) =>
			client.refuse(message, 401, [
				errorAttributes.realm,
				errorAttributes.nonce(20),
				errorAttributes.algorithms(250),
			]),
		),
	],
	["a success that nobody signed", granted((client, message) => client.grant(message, { signed: false }))],
	["no relayed address", granted((client, message) => client.grant(message, { relayed: null }))],
	[
		"the relayed address 0.0.0.0, port 0",
		granted((client, message) => client.grant(message, { relayed: xorAddress("0.0.0.0", 0) })),
	],
	[
		"a relayed address of no family",
		granted((client, message) => client.grant(message, { relayed: Buffer.from([0, 9, 1, 2, 3, 4, 5, 6]) })),
	],
	["an allocation of no time", granted((client, message) => client.grant(message, { lifetime: 0 }))],
	["an allocation of 136 years", granted((client, message) => client.grant(message, { lifetime: 0xffffffff }))],
	["allocations of a second", granted((client, message) => client.grant(message, { lifetime: 1 }))],
	[
		"it sends to itself (300)",
		always((client, message) => client.refuse(message, 300, [alternate(client.server.port)])),
	],
	[
		"it sends elsewhere, where nobody is (300)",
		always((client, message) => client.refuse(message, 300, [alternate(9)])),
	],
	[
		"errors of all kinds, one after the other",
		granted((client, message) => {
			for (const code of [400, 403, 420, 437, 440, 441, 442, 486, 487, 500, 508, 699, 0])
				client.refuse(message, code, [], true);
		}),
	],
	[
		"it forbids each peer (403)",
		granted((client, message) =>
			isAllocate(message) ? client.grant(message) : client.refuse(message, 403, [], true),
		),
	],
	[
		"permissions and channels are never answered",
		granted((client, message) => isAllocate(message) && client.grant(message)),
	],
	["it ends each connection with the allocation", afterwards((client) => client.end())],
	["half a message, and no more", always((client, message) => client.send(message.subarray(0, 11)))],
	[
		"answers whose attributes end beyond them",
		always((client, message) => {
			const bytes = Buffer.from(message);
			bytes.writeUInt16BE(bytes.readUInt16BE(0) | 0x110, 0);
			bytes.writeUInt16BE(0xfff0, 22);
			client.send(bytes);
		}),
	],
	[
		"1,000 datagrams of nothing in answer",
		always((client) => {
			for (const size of times(1000, (i) => 1 + (i % 1400))) client.send(randomBytes(size));
		}),
	],
	[
		"1,000 answers to nothing",
		always((client) => {
			for (const kind of times(1000, (i) => 0x0101 + (i % 10)))
				client.send(compose(kind, [], { fingerprint: false }));
		}),
	],
	[
		"2,000 datagrams from peers that nobody knows",
		afterwards((client) => {
			const data = payloads();
			for (const i of times(2000, (index) => index))
				client.indicate(stranger, 1 + i, /** @type {Buffer} */ (data[i % data.length]));
		}),
	],
	[
		"2,000 datagrams by channels that nobody has bound",
		afterwards((client) => {
			const data = payloads();
			for (const i of times(2000, (index) => index))
				client.channel(0x4000 + (i % 0x1000), /** @type {Buffer} */ (data[i % data.length]));
		}),
	],
	[
		"channel data whose length is another one",
		afterwards((client) => {
			for (const size of [0, 1, 3, 2000, 0xffff]) client.channel(0x4000, randomBytes(100), size);
		}),
	],
	[
		"a message of 64 KB that never ends",
		afterwards((client) => {
			client.send(Buffer.concat([Buffer.from([0x00, 0x17, 0xff, 0xfc]), randomBytes(1000)]));
		}),
	],
];
