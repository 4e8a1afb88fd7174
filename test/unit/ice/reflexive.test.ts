// SPDX-License-Identifier: Apache-2.0
// Questions to STUN servers, and what long-term credentials take for a challenge.
import Credentials from "webrtc/ice/credentials";
import ReflexiveClient, { maximumQueries } from "webrtc/ice/reflexive";
import * as stun from "webrtc/ice/stun";
import { seededCrypto } from "../crypto";

const server = { address: "198.51.100.1", port: 3478 };
const reader = new stun.StunReader();
const writer = new stun.StunWriter(4096);
let client: ReflexiveClient;

beforeEach(() => (client = new ReflexiveClient(seededCrypto(1))));

/** The transactions that are sent now. */
function sent(): Uint8Array[] {
	const ids: Uint8Array[] = [];
	for (let out = client.pollTransmit(); out; out = client.pollTransmit()) {
		expect(reader.decode(out.data)).toBe(true);
		ids.push(reader.transactionId.slice());
	}
	return ids;
}

function answer(id: Uint8Array, type = stun.bindingSuccess): Uint8Array {
	writer.begin(type, id);
	if (type === stun.bindingSuccess) writer.xorMappedAddress("203.0.113.1", 4000);
	else writer.errorCode(500);
	return writer.end().slice();
}

test("an answer ends its question, and is heard once", () => {
	client.ask("a", server.address, server.port, 0);
	client.ask("a", server.address, server.port, 0); // it is being asked
	const [id, ...others] = sent();
	expect(others).toEqual([]);
	client.handleMessage(answer(id!), { ...server, port: 3479 }); // of somebody else
	expect(client.pollEvent()).toBeUndefined();
	client.handleMessage(answer(id!), server);
	expect(client.pollEvent()).toEqual({ type: "mapped", key: "a", address: "203.0.113.1", port: 4000 });
	client.handleMessage(answer(id!), server);
	expect(client.pollEvent()).toBeUndefined();
	expect(client.deadline).toBe(Infinity);
	client.handleTimeout(10_000);
	expect([sent(), client.pollEvent()]).toEqual([[], undefined]);
});

test("a refusal ends it as well; silence ends it after five seconds and some questions more", () => {
	client.ask("a", server.address, server.port, 0);
	client.ask("b", server.address, server.port, 0);
	const [a] = sent();
	client.handleMessage(answer(a!, stun.bindingError), server);
	expect(client.pollEvent()).toEqual({ type: "failed", key: "a", code: 500 });
	let again = 0;
	for (let now = client.deadline; now < 5000; now = client.deadline) {
		client.handleTimeout(now);
		again += sent().length;
	}
	expect(again).toBe(4); // at 250, 750, 1750 and 3750 ms
	client.handleTimeout(5000);
	expect(client.pollEvent()).toEqual({ type: "failed", key: "b", code: 0 });
	expect(client.deadline).toBe(Infinity);
});

test("one question too many fails at once", () => {
	for (let i = 0; i < maximumQueries; i++) client.ask(`${i}`, server.address, server.port, 0);
	expect(client.pollEvent()).toBeUndefined();
	client.ask("more", server.address, server.port, 0);
	expect(client.pollEvent()).toEqual({ type: "failed", key: "more", code: 0 });
	expect(sent()).toHaveLength(maximumQueries);
});

test.each([
	["as it should be", "realm", "nonce", true],
	["of the longest texts", "r".repeat(763), "n".repeat(763), true],
	["without a realm", undefined, "nonce", false],
	["without a nonce", "realm", undefined, false],
	["with an empty realm", "", "nonce", false],
	["with an empty nonce", "realm", "", false],
	["with a realm too long", "r".repeat(764), "nonce", false],
	["with a nonce too long", "realm", "n".repeat(764), false],
])("a challenge %s", (_, realm, nonce, isTaken) => {
	writer.begin(0x0113, new Uint8Array(12));
	writer.errorCode(stun.unauthorized);
	if (realm !== undefined) writer.bytes(stun.attributeRealm, Buffer.from(realm));
	if (nonce !== undefined) writer.bytes(stun.attributeNonce, Buffer.from(nonce));
	expect(reader.decode(writer.end())).toBe(true);
	const challenge = new Credentials(seededCrypto(1), "user", "secret").read(reader);
	expect(challenge !== undefined).toBe(isTaken);
	if (isTaken) expect(Buffer.from(challenge!.nonce).toString()).toBe(nonce);
});
