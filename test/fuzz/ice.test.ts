// SPDX-License-Identifier: Apache-2.0
// The ICE agent behind a valid HMAC: a peer that has the credentials, and says and does what it likes. Requests come from
// any address with any attributes; the agent's own requests are answered rightly, wrongly, from elsewhere, or not.
import { IceAgent, type IceEvent } from "webrtc/ice";
import { StunReader, StunWriter, bindingError, bindingRequest, bindingSuccess, type StunCrypto } from "webrtc/ice/stun";
import { Random } from "../unit/clock";
import * as crypto from "../unit/crypto";

const seeds = 40;
const password = "fuzzed-by-who-has-the-password";
const ufrag = "fuzz";
const key = (text: string) => new Uint8Array(Buffer.from(text));
const locals = ["10.0.0.1", "2001:db8::1"];

interface Endpoint {
	address: string;
	port: number;
}

/** Attributes of ICE, of TURN, and of nobody. */
const attributes = [0x0001, 0x0006, 0x0009, 0x000a, 0x0020, 0x0024, 0x0025, 0x8029, 0x802a, 0x8022, 0x7123, 0xc001];

class Peer {
	readonly agent: IceAgent;
	readonly events: IceEvent[] = [];
	readonly asked: { id: Uint8Array; to: Endpoint; local: string }[] = [];
	now = 1000;
	sent = 0;
	#random: Random;
	#reader = new StunReader();

	constructor(random: Random, controlling: boolean) {
		this.#random = random;
		this.agent = new IceAgent({ controlling, crypto: crypto as StunCrypto, now: this.now });
		for (const address of locals) this.agent.addLocalCandidate({ type: "host", address, port: 5000 });
	}

	/** As a driver does; the newest requests are remembered. */
	drive(): void {
		const { agent } = this;
		agent.handleTimeout(this.now);
		for (let event = agent.pollEvent(); event; event = agent.pollEvent()) this.events.push(event);
		for (let out = agent.pollTransmit(); out; out = agent.pollTransmit()) {
			this.sent++;
			expect(out.port).toBeGreaterThan(0);
			if (!this.#reader.decode(out.data.slice()) || this.#reader.type !== bindingRequest) continue;
			const { address, port, local } = out;
			this.asked.push({ id: this.#reader.transactionId.slice(), to: { address, port }, local });
			if (this.asked.length > 32) this.asked.shift();
		}
	}

	receive(data: Uint8Array, from: Endpoint, local?: string): void {
		this.agent.handleMessage(data, from, this.now, local);
		this.drive();
	}

	source(): Endpoint {
		const random = this.#random;
		const last = random.integer(random.chance(0.5) ? 3 : 65536);
		const port = random.chance(0.1) ? random.integer(65536) : 1 + random.integer(3);
		switch (random.integer(8)) {
			case 0:
				return { address: `2001:db8::${last.toString(16)}`, port };
			case 1:
				return { address: `fe80::${last.toString(16)}%eth${random.integer(2)}`, port };
			case 2:
				return { address: locals[random.integer(2)] as string, port: 5000 };
			case 3:
				return { address: random.chance(0.5) ? "127.0.0.1" : "::1", port };
			default:
				return { address: `192.0.${(last >> 8) & 255}.${last & 255}`, port };
		}
	}

	/** Any attributes, sizes and order. */
	#decorate(writer: StunWriter): void {
		const random = this.#random;
		for (let count = random.integer(5); count > 0; count--) {
			const type = attributes[random.integer(attributes.length)] as number;
			const size = random.chance(0.6) ? [0, 4, 8][random.integer(3)]! : random.integer(40);
			writer.bytes(
				type,
				Uint8Array.from({ length: size }, () => random.integer(256)),
			);
		}
	}

	request(): Uint8Array {
		const random = this.#random;
		const writer = new StunWriter(600);
		writer.begin(
			bindingRequest,
			Uint8Array.from({ length: 12 }, () => random.integer(256)),
		);
		writer.bytes(0x0006, key(`${this.agent.localUfrag}:${ufrag}`));
		if (random.chance(0.8)) writer.uint32(0x0024, random.integer(0x7fffffff) + 1);
		if (random.chance(0.3)) writer.flag(0x0025);
		if (random.chance(0.7)) {
			const tieBreaker = Uint8Array.from({ length: 8 }, () => random.integer(256));
			writer.bytes(random.chance(0.5) ? 0x8029 : 0x802a, tieBreaker);
		}
		if (random.chance(0.3)) this.#decorate(writer);
		writer.integrity(key(this.agent.localPassword), crypto as StunCrypto);
		if (random.chance(0.8)) writer.fingerprint(crypto as StunCrypto);
		return writer.end();
	}

	answer(id: Uint8Array): Uint8Array {
		const random = this.#random;
		const writer = new StunWriter(600);
		const success = random.chance(0.8);
		writer.begin(success ? bindingSuccess : bindingError, id);
		if (success && random.chance(0.9)) {
			const mapped = random.chance(0.6) ? locals[random.integer(2)]! : this.source().address.replace(/%.*/, "");
			writer.xorMappedAddress(mapped, random.integer(65536));
		}
		if (!success) writer.errorCode([300, 400, 401, 420, 487, 500, 699][random.integer(7)]!);
		if (random.chance(0.2)) this.#decorate(writer);
		writer.integrity(key(password), crypto as StunCrypto);
		writer.fingerprint(crypto as StunCrypto);
		return writer.end();
	}
}

/** What holds at any time, whatever a peer does. */
function check({ agent, events, now }: Peer): void {
	const { pairs } = agent.statistics;
	expect(pairs.length).toBeLessThanOrEqual(101); // and one from before a restart
	expect(agent.remoteCandidates.length).toBeLessThanOrEqual(32);
	expect(agent.localCandidates.length).toBeLessThanOrEqual(16);
	const { selectedPair, deadline } = agent;
	if (selectedPair) {
		// Only what has answered a check is selected.
		const { address, port } = selectedPair.remote;
		const proof = events.some(
			(event) => event.type === "validated" && event.address === address && event.port === port,
		);
		expect(proof).toBe(true);
		expect(port).toBeGreaterThan(0);
	}
	if (agent.state !== "failed" && agent.state !== "closed" && deadline !== undefined)
		expect(deadline).toBeLessThanOrEqual(now + 60_000);
}

function step(peer: Peer, random: Random): void {
	const { agent, asked } = peer;
	const last = asked[random.integer(Math.max(1, asked.length))];
	switch (random.integer(12)) {
		case 0:
			peer.now += random.integer([500, 500, 7000, 40_000][random.integer(4)]!);
			peer.drive();
			if (random.chance(0.7))
				for (const { id, to, local } of asked.slice(-3)) peer.receive(peer.answer(id), to, local);
			return;
		case 1:
			try {
				const { address, port } = peer.source();
				agent.addRemoteCandidate(`candidate:1 1 udp ${random.integer(0x7fffffff)} ${address} ${port} typ host`);
			} catch (error) {
				expect(error).toMatchObject({ code: "ice/bad-candidate" });
			}
			return peer.drive();
		case 2:
			if (random.chance(0.05)) {
				agent.restart(peer.now);
				agent.setRemoteParameters({ ufrag, password });
			}
			return peer.drive();
		case 3:
			if (random.chance(0.1)) agent.endOfRemoteCandidates();
			return peer.drive();
		case 4: // from elsewhere than where the request went
			if (last) peer.receive(peer.answer(last.id), peer.source(), random.chance(0.5) ? last.local : undefined);
			return;
		case 5:
		case 6:
		case 7:
			if (last) peer.receive(peer.answer(last.id), last.to, last.local);
			return;
		default:
			return peer.receive(
				peer.request(),
				peer.source(),
				random.chance(0.1) ? String(random.integer(9)) : undefined,
			);
	}
}

test.each([true, false])("a peer with the password keeps within what is its own (controlling: %s)", (controlling) => {
	const reached = new Set<string>();
	let steps = 0;
	for (let seed = 1; seed <= seeds; seed++) {
		const random = new Random(seed);
		const peer = new Peer(random, controlling);
		if (random.chance(0.9)) peer.agent.setRemoteParameters({ ufrag, password, lite: random.chance(0.1) });
		for (let i = random.integer(150); i >= 0; i--, steps++) {
			step(peer, random);
			check(peer);
		}
		for (const event of peer.events) reached.add(event.type === "statechange" ? event.state : event.type);
		// Left alone, it comes to rest, and it closes.
		for (let i = 0; i < 20_000 && peer.agent.deadline !== undefined; i++) {
			peer.now = Math.max(peer.now, peer.agent.deadline);
			peer.drive();
		}
		expect(["failed", "new"]).toContain(peer.agent.state);
		peer.agent.close();
		expect(peer.agent.deadline).toBeUndefined();
	}
	// It came as far as there is to come.
	for (const what of [
		"heard",
		"validated",
		"selected",
		"connected",
		"disconnected",
		"failed",
		"consent",
		"candidate",
	])
		expect(reached).toContain(what);
	expect(steps).toBeGreaterThan(100);
});
