// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-perfect-negotiation and its stress tests: W3C webrtc section 10.7, in both roles.
import type RTCPeerConnection from "webrtc/peer";
import { advance, begin, camera, end, make, microphone } from "./helpers";

beforeEach(begin);
afterEach(end);

type Message = { description?: { type: string; sdp: string } | null; candidate?: unknown };

class Peer {
	readonly pc: RTCPeerConnection;
	readonly errors: unknown[] = [];
	readonly #polite: boolean;
	#send: (message: Message) => void = () => {};
	#making = false;
	#ignoring = false;

	constructor(polite: boolean) {
		this.#polite = polite;
		this.pc = make();
		this.pc.onnegotiationneeded = () => void this.#offer();
		this.pc.onicecandidate = ({ candidate }) => this.#send({ candidate });
	}

	connect(other: Peer, delay: number): void {
		this.#send = (message) => {
			const copy = JSON.parse(JSON.stringify(message)) as Message;
			void advanceLater(delay).then(() => other.#receive(copy));
		};
	}

	async #offer(): Promise<void> {
		try {
			this.#making = true;
			await this.pc.setLocalDescription();
			this.#send({ description: this.pc.localDescription });
		} catch (error) {
			this.errors.push(error);
		} finally {
			this.#making = false;
		}
	}

	async #receive({ description, candidate }: Message): Promise<void> {
		try {
			if (description) {
				const collision = description.type === "offer" && (this.#making || this.pc.signalingState !== "stable");
				this.#ignoring = !this.#polite && collision;
				if (this.#ignoring) return;
				await this.pc.setRemoteDescription(description as { type: "offer"; sdp: string });
				if (description.type !== "offer") return;
				await this.pc.setLocalDescription();
				this.#send({ description: this.pc.localDescription });
			} else if (this.pc.remoteDescription) {
				await this.pc.addIceCandidate(candidate as null).catch((error) => {
					if (!this.#ignoring) this.errors.push(error);
				});
			}
		} catch (error) {
			this.errors.push(error);
		}
	}
}

/** Messages take some time on their way. */
const waiting: { at: number; go: () => void }[] = [];
let now = 0;
const advanceLater = (delay: number) => new Promise<void>((go) => waiting.push({ at: now + delay, go }));

async function run(milliseconds: number): Promise<void> {
	for (const end = now + milliseconds; now < end; now++) {
		await advance(1);
		for (const entry of waiting.splice(0)) {
			if (entry.at <= now) entry.go();
			else waiting.push(entry);
		}
	}
}

function meet(delay = 5): [Peer, Peer] {
	const [polite, impolite] = [new Peer(true), new Peer(false)];
	polite.connect(impolite, delay);
	impolite.connect(polite, delay);
	return [polite, impolite];
}

const check = (...peers: Peer[]) => {
	for (const { pc, errors } of peers) {
		expect(errors).toEqual([]);
		expect(pc.signalingState).toBe("stable");
		expect(pc.connectionState).toBe("connected");
	}
};

beforeEach(() => {
	waiting.length = 0;
	now = 0;
});

test("two that add something at the same moment agree on both", async () => {
	const [one, other] = meet();
	one.pc.addTrack(microphone());
	other.pc.addTrack(microphone());
	await run(3000);
	check(one, other);
	for (const { pc } of [one, other])
		expect(pc.getTransceivers().map((each) => each.currentDirection)).toEqual(["sendrecv"]);
});

test("different kinds at the same moment make two sections", async () => {
	const [one, other] = meet();
	one.pc.addTrack(microphone());
	other.pc.addTrack(camera());
	await run(3000);
	check(one, other);
	for (const { pc } of [one, other]) expect(pc.getTransceivers()).toHaveLength(2);
});

test.each([0, 1, 3, 10])(
	"changes by both, again and again, are all agreed on at last (messages take %i ms)",
	async (delay) => {
		const [one, other] = meet(delay);
		one.pc.addTrack(microphone());
		other.pc.addTrack(microphone());
		await run(2000);
		const transceivers = () => [one.pc.getTransceivers()[0]!, other.pc.getTransceivers()[0]!];
		for (let round = 0; round < 10; round++) {
			const wanted = round % 2 ? "sendrecv" : "recvonly";
			for (const transceiver of transceivers()) transceiver.direction = wanted;
			if (round % 3 === 0) one.pc.restartIce();
			if (round % 4 === 0) other.pc.restartIce();
			await run(round * 7);
		}
		await run(4000);
		check(one, other);
		expect(transceivers().map(({ currentDirection }) => currentDirection)).toEqual(["sendrecv", "sendrecv"]);
	},
);
