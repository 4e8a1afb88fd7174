// SPDX-License-Identifier: Apache-2.0
// Two sides that negotiate perfectly (W3C webrtc section 10.7) and change their minds at any moment, in hundreds of orders:
// when both are quiet they agree, on what both want.
import type RTCPeerConnection from "webrtc/peer";
import type { RTCDataChannel, RTCRtpTransceiver } from "webrtc/peer";
import type { MediaCapture } from "webrtc/media";
import { intersect, reverse, type Direction } from "webrtc/sdp";
import { advance, currentTime, schedule } from "../fakes/moddable/clock";
import fc from "../seeded";
import { begin, camera, end, make, microphone } from "./helpers";

beforeEach(begin);
afterEach(end);

type Message =
	{ kind: "description"; type: "offer" | "answer"; sdp: string } | { kind: "candidate"; candidate: unknown };

/** What one of the two does, and how long after what was done before it. */
interface Step {
	side: 0 | 1;
	action: keyof typeof actions;
	/** Of several, which. */
	which: number;
	wait: number;
}

class Side {
	readonly pc: RTCPeerConnection;
	readonly errors: unknown[] = [];
	readonly channels: RTCDataChannel[] = [];
	readonly opened: RTCDataChannel[] = [];
	/** What each sender was given last. */
	readonly tracks = new Map<RTCRtpTransceiver["sender"], MediaCapture | null>();
	other!: Side;
	/** Descriptions. */
	sent = 0;
	#making = false;
	#ignoring = false;
	#lastArrival = 0;
	#candidates: unknown[] = [];
	#changes = 0; // of what senders send

	constructor(
		readonly isPolite: boolean,
		readonly captures: readonly MediaCapture[],
		readonly manner: { delay: number; thinks: number; reconsiders: boolean },
	) {
		this.pc = make({ limits: { sections: 32 } });
		this.pc.onnegotiationneeded = () => void this.offer();
		this.pc.onicecandidate = ({ candidate }) => this.send({ kind: "candidate", candidate });
		this.pc.ondatachannel = ({ channel }) => this.opened.push(channel);
	}

	/** In order, and not at once. */
	private send(message: Message): void {
		this.#lastArrival = Math.max(this.#lastArrival, currentTime() + this.manner.delay);
		schedule(() => void this.other.receive(message), this.#lastArrival - currentTime());
	}

	private sendDescription(): void {
		const { type, sdp } = this.pc.localDescription!;
		this.sent++;
		this.send({ kind: "description", type: type as "offer", sdp });
	}

	async offer(): Promise<void> {
		try {
			this.#making = true;
			await this.pc.setLocalDescription();
			this.sendDescription();
		} catch (error) {
			this.errors.push(error);
		} finally {
			this.#making = false;
		}
	}

	private async receive(message: Message): Promise<void> {
		try {
			if (message.kind === "candidate") await this.takeCandidate(message.candidate);
			else await this.takeDescription(message);
		} catch (error) {
			if (!this.#ignoring) this.errors.push(error);
		}
	}

	private async takeCandidate(candidate: unknown): Promise<void> {
		if (this.pc.remoteDescription) await this.pc.addIceCandidate(candidate as null);
		else this.#candidates.push(candidate);
	}

	private async takeDescription({ type, sdp }: { type: "offer" | "answer"; sdp: string }): Promise<void> {
		const { pc, manner } = this;
		const collides = type === "offer" && (this.#making || pc.signalingState !== "stable");
		this.#ignoring = collides && !this.isPolite;
		if (this.#ignoring) return;
		await pc.setRemoteDescription({ type, sdp });
		for (const candidate of this.#candidates.splice(0)) await pc.addIceCandidate(candidate as null);
		if (type !== "offer") return;
		if (manner.reconsiders) {
			await pc.setRemoteDescription({ type: "rollback" });
			await pc.setRemoteDescription({ type, sdp });
		}
		if (manner.thinks) await new Promise<void>((resolve) => schedule(resolve, manner.thinks));
		await pc.setLocalDescription();
		this.sendDescription();
	}

	/** What goes wrong in it. */
	readonly refused = (error: unknown) => this.errors.push(error);

	/** An operation that is only for a side that is doing nothing. */
	get isFree(): boolean {
		return this.pc.signalingState === "stable" && !this.#making;
	}

	changed(sender: RTCRtpTransceiver["sender"], track: MediaCapture | null): void {
		this.tracks.set(sender, track);
		this.#changes++;
	}

	async replace({ sender, stopping }: RTCRtpTransceiver, track: MediaCapture | null): Promise<void> {
		const own = ++this.#changes;
		try {
			await sender.replaceTrack(track);
			// Another change may have come since.
			if (this.#changes === own && sender.track !== track) this.refused("replaceTrack: nothing done");
			this.tracks.set(sender, sender.track);
		} catch (error) {
			// It may have waited for another operation, and that have ended the transceiver.
			if (!stopping && !sender.isOver) this.refused(error);
		}
	}
}

/** What there is to choose from, and a number that chooses. */
interface Choice {
	pc: RTCPeerConnection;
	transceivers: readonly RTCRtpTransceiver[];
	transceiver: RTCRtpTransceiver | undefined;
	/** Captures that are not sent. */
	free: readonly MediaCapture[];
	which: number;
}

const actions = {
	addTrack(side: Side, { pc, transceivers, free, which }: Choice) {
		const capture = free[which % Math.max(1, free.length)];
		if (capture && transceivers.length < mostTransceivers) side.changed(pc.addTrack(capture), capture);
	},
	addTransceiver(_: Side, { pc, transceivers, which }: Choice) {
		if (transceivers.length < mostTransceivers)
			pc.addTransceiver(which % 2 ? "audio" : "video", { direction: directions[which % 4]! });
	},
	removeTrack(side: Side, { pc, transceiver }: Choice) {
		if (!transceiver) return;
		pc.removeTrack(transceiver.sender);
		side.changed(transceiver.sender, null);
	},
	replaceTrack(side: Side, { transceiver, free, which }: Choice) {
		const track = which % 3 ? free.find(({ kind }) => kind === transceiver?.kind) : null;
		if (transceiver && track !== undefined) void side.replace(transceiver, track);
	},
	direction(_: Side, { transceiver, which }: Choice) {
		if (transceiver) transceiver.direction = directions[which % 4]!;
	},
	stop(_: Side, { transceiver }: Choice) {
		transceiver?.stop();
	},
	restartIce(_: Side, { pc }: Choice) {
		pc.restartIce();
	},
	createDataChannel({ channels }: Side, { pc, which }: Choice) {
		if (channels.length < 3) channels.push(pc.createDataChannel(`${which}`));
	},
	closeDataChannel({ channels }: Side, { which }: Choice) {
		channels[which % Math.max(1, channels.length)]?.close();
	},
	offer(side: Side) {
		if (side.isFree) void side.offer();
	},
	offerAndRollback(side: Side, { pc }: Choice) {
		if (!side.isFree) return;
		pc.setLocalDescription().catch(side.refused);
		pc.setLocalDescription({ type: "rollback" }).catch(side.refused);
	},
	createOffer(side: Side, { pc }: Choice) {
		if (side.isFree) pc.createOffer().catch(side.refused);
	},
};

function act(side: Side, action: keyof typeof actions, which: number): void {
	const { pc, captures } = side;
	const transceivers = pc.getTransceivers().filter(({ stopping }) => !stopping);
	const transceiver = transceivers[which % Math.max(1, transceivers.length)];
	const free = captures.filter((track) => !transceivers.some(({ sender }) => sender.track === track));
	actions[action](side, { pc, transceivers, transceiver, free, which });
}

const steps = fc.array(
	fc.record<Step>({
		side: fc.constantFrom(0, 1),
		action: fc.constantFrom(...(Object.keys(actions) as (keyof typeof actions)[])),
		which: fc.nat(30),
		wait: fc.constantFrom(0, 0, 0, 1, 2, 5, 11, 40),
	}),
	{ minLength: 4, maxLength: 14 },
);

/** Of the network between the two, and of how they answer. */
const manners = fc.record({ delay: fc.nat(12), thinks: fc.nat(9), reconsiders: fc.boolean() });

const directions: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];
const mostTransceivers = 6;
const talk = 500; // ms in which all is said
const patience = 8000; // ms: one that has begun anew may hear of the other by the next consent check

const sections = (sdp: string) =>
	sdp
		.split("\r\nm=")
		.slice(1)
		.map((text) => `${text.split(" ")[0]} ${/a=mid:(.*)\r/.exec(text)?.[1]}`);

/** What two that are quiet have agreed on. */
function check(one: Side, other: Side): void {
	for (const { pc, errors, tracks } of [one, other]) {
		expect(errors).toEqual([]);
		expect(pc.signalingState).toBe("stable");
		expect(pc.pendingLocalDescription ?? pc.pendingRemoteDescription).toBeNull();
		for (const { sender } of pc.getTransceivers()) expect(sender.track).toBe(tracks.get(sender) ?? null);
	}
	if (!one.pc.localDescription) return; // there was nothing to negotiate
	expect(one.pc.currentLocalDescription!.type).not.toBe(other.pc.currentLocalDescription!.type);
	const [ours, theirs] = [one, other].map(({ pc }) => [
		sections(pc.currentLocalDescription!.sdp),
		sections(pc.currentRemoteDescription!.sdp),
	]);
	expect(theirs).toEqual([ours![1], ours![0]]);
	expect(ours![0]).toEqual(ours![1]);
	const byMid = ({ pc }: Side) => new Map(pc.getTransceivers().map((each) => [each.mid, each]));
	const [mine, yours] = [byMid(one), byMid(other)];
	expect([...yours.keys()].sort()).toEqual([...mine.keys()].sort());
	for (const [mid, transceiver] of mine) {
		const twin = yours.get(mid)!;
		const agreed = transceiver.currentDirection as Direction;
		expect(mid).not.toBeNull();
		expect(twin.kind).toBe(transceiver.kind);
		expect(twin.currentDirection).toBe(reverse(agreed));
		expect(agreed).toBe(intersect(transceiver.direction as Direction, reverse(twin.direction as Direction)));
		for (const { sender, currentDirection } of [transceiver, twin]) {
			const sends = currentDirection === "sendrecv" || currentDirection === "sendonly";
			expect(sender.activity?.track ?? null).toBe(sends ? sender.track : null);
		}
	}
	const isUsed = mine.size > 0 || one.pc.sctp || other.pc.sctp;
	for (const { pc, channels, other: peer } of [one, other]) {
		if (isUsed) expect(pc.connectionState).toBe("connected");
		for (const { readyState, label } of channels) {
			expect(["open", "closed"]).toContain(readyState);
			const ends = peer.opened.filter((each) => each.label === label && each.readyState === "open");
			if (readyState === "open") expect(ends.length).toBeGreaterThan(0);
		}
		const isOpen = ({ readyState }: RTCDataChannel) => readyState === "open";
		expect(peer.opened.filter(isOpen)).toHaveLength(channels.filter(isOpen).length);
	}
}

async function play(all: readonly Step[], manner: Side["manner"]): Promise<void> {
	const captures = [microphone(), microphone(), microphone(), camera(), camera()];
	const [one, other] = [new Side(true, captures, manner), new Side(false, captures, manner)];
	[one.other, other.other] = [other, one];
	for (const { side, action, which, wait } of all) {
		if (wait) await advance(wait);
		act([one, other][side]!, action, which);
	}
	await advance(talk);
	const said = one.sent + other.sent;
	const isPending = () => [one, other].some(({ pc }) => pc.connectionState === "connecting");
	for (let waited = 0; waited < patience && (waited === 0 || isPending()); waited += talk) await advance(talk);
	expect(one.sent + other.sent).toBe(said);
	check(one, other);
}

test("whatever two do at once, they agree at last on what both want", async () => {
	await fc.assert(
		fc.asyncProperty(steps, manners, async (all, manner) => {
			begin();
			try {
				await play(all, manner);
			} finally {
				await end();
			}
		}),
		{ numRuns: 500 },
	);
	await new Promise((resolve) => setImmediate(resolve)); // Jest hears of rejections that nobody has handled
});
