// SPDX-License-Identifier: Apache-2.0
// A TURN server that answers whatever it likes: signed or not, other errors, other challenges, cut and changed.
import Credentials from "webrtc/ice/credentials";
import * as stun from "webrtc/ice/stun";
import TurnClient, { maximumChannels, maximumPermissions } from "webrtc/ice/turn";
import { Random } from "../unit/clock";
import { seededCrypto } from "../unit/crypto";

const runs = 600;
const codes = [300, 400, 401, 403, 420, 437, 438, 440, 441, 443, 486, 487, 500, 508];
const text = (value: string) => new Uint8Array(Buffer.from(value));
const crypto = seededCrypto(7);
const challenge = { realm: text("r"), nonce: text("n"), algorithms: undefined };

/** An answer to this request, or what passes for one. */
function answerTo(request: Uint8Array, random: Random): Uint8Array {
	const writer = new stun.StunWriter(2048);
	const method = request[1]!;
	const credentials = new Credentials(crypto, "user", "secret", challenge);
	const fails = random.chance(0.4);
	writer.begin(method | (fails ? 0x110 : 0x100), request.subarray(8, 20));
	if (fails) {
		const code = codes[random.integer(codes.length)]!;
		writer.errorCode(code);
		if (random.chance(0.8)) writer.bytes(stun.attributeRealm, text(random.chance(0.8) ? "r" : ""));
		const nonces = ["n", "obMatJos2AAAB", "obMatJos2", ""];
		if (random.chance(0.8)) writer.bytes(stun.attributeNonce, text(nonces[random.integer(nonces.length)]!));
		if (random.chance(0.2)) writer.bytes(stun.attributePasswordAlgorithms, Uint8Array.of(0, 2, 0, 0, 0, 1));
		if (random.chance(0.2)) writer.bytes(stun.attributeAlternateServer, Uint8Array.of(0, 1, 13, 150, 10, 0, 0, 1));
	} else {
		if (random.chance(0.9)) writer.xorAddress(stun.attributeXorRelayedAddress, "198.51.100.1", 50_000);
		const lifetimes = [0, 1, 600, 0xffffffff];
		if (random.chance(0.9)) writer.uint32(stun.attributeLifetime, lifetimes[random.integer(4)]!);
	}
	if (random.chance(0.7)) credentials.signAnswer(writer);
	const data = writer.end().slice();
	if (random.chance(0.2)) data[random.integer(data.length)] = random.integer(256);
	return random.chance(0.1) ? data.slice(0, random.integer(data.length)) : data;
}

function hasEnded(client: TurnClient): boolean {
	return client.state === "failed";
}

test("whatever a server answers, the client stays in its bounds, and time goes on", () => {
	const random = new Random(5);
	let allocated = 0;
	for (let run = 0; run < runs; run++) {
		let now = 0;
		const client = new TurnClient({
			...{ crypto, now, username: "user", credential: "secret", reliable: run % 2 === 1 },
			challenge: run % 4 ? challenge : undefined,
		});
		for (let step = 0; step < 60 && !hasEnded(client); step++) {
			if (random.chance(0.4)) client.permit(`203.0.113.${random.integer(200)}`, now);
			if (random.chance(0.3)) client.bind(`203.0.113.${random.integer(200)}`, 1 + random.integer(9), now);
			client.handleTimeout(now);
			let sent = 0;
			for (let out = client.pollTransmit(); out; out = client.pollTransmit()) {
				expect(++sent).toBeLessThanOrEqual(1 + 2 * (maximumPermissions + maximumChannels) + 2);
				if (random.chance(0.8)) client.handleMessage(answerTo(out.slice(), random), now);
			}
			while (client.pollEvent());
			if (client.state === "allocated") allocated++;
			// A deadline that has passed, and does nothing, would keep a device busy for ever.
			client.handleTimeout(now);
			while (client.pollTransmit());
			if (!hasEnded(client)) expect(client.deadline).toBeGreaterThan(now);
			now += random.chance(0.1) ? 300_000 : random.integer(1000);
		}
		client.close(now);
		while (client.pollTransmit());
		expect(client.deadline).toBe(Infinity);
	}
	expect(allocated).toBeGreaterThan(100);
});
