// SPDX-License-Identifier: Apache-2.0
// The doorbell: what pages hear of a ring and of who has rung, however slow they are; and the door.
import Bell from "../../../examples/doorbell/bell";
import Door from "../../../examples/doorbell/door";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";

class Channel {
	readonly heard: unknown[] = [];
	bytes = 0;
	bufferedAmount = 0;
	bufferedAmountLowThreshold = 0;
	onbufferedamountlow: (() => void) | undefined;
	isClosed = false;
	isSlow = false;

	send(data: string | ArrayBuffer): void {
		if (this.isClosed) throw new Error("closed");
		if (typeof data === "string") this.heard.push(JSON.parse(data));
		else this.bytes += data.byteLength;
		if (this.isSlow && typeof data !== "string") this.bufferedAmount += data.byteLength;
	}

	/** What waits leaves. */
	flow(): void {
		this.bufferedAmount = 0;
		this.onbufferedamountlow!();
	}
}

class Picture {
	isClosed = false;
	constructor(readonly size: number) {}

	slice(from: number, most: number): ArrayBuffer | undefined {
		if (this.isClosed) throw new SyntaxError("closed");
		return from < this.size ? new ArrayBuffer(Math.min(most, this.size - from)) : undefined;
	}

	close(): void {
		this.isClosed = true;
	}
}

let taken: ((picture: Picture) => void)[];
let bell: Bell;
const add = () => {
	const channel = new Channel();
	bell.add(channel as never);
	return channel;
};

beforeEach(() => {
	resetClock();
	taken = [];
	bell = new Bell(() => new Promise((resolve) => taken.push(resolve as never)));
});

test("a ring is heard at once, and its picture follows; who comes later has both", async () => {
	const page = add();
	expect([bell.ring(), page.heard]).toEqual([true, [{ ring: 1, at: expect.any(Number) as number }]]);
	const picture = new Picture(20_500);
	taken[0]!(picture);
	await settle();
	expect([page.heard[1], page.bytes, picture.isClosed]).toEqual([{ picture: 20_500, ring: 1 }, 20_500, false]);
	const late = add();
	expect(late.heard).toMatchObject([{ ring: 1, isOld: true }, { picture: 20_500 }]);
	expect(late.bytes).toBe(20_500);
	bell.close();
	expect(picture.isClosed).toBe(true);
});

test("it does not ring twice in two seconds, and a new ring takes the former's place", async () => {
	const page = add();
	page.isSlow = true;
	bell.ring();
	expect(bell.ring()).toBe(false);
	const first = new Picture(50_000);
	taken[0]!(first);
	await settle();
	expect(page.bytes).toBe(16_384);
	page.flow();
	expect(page.bytes).toBe(32_768);
	await advance(2000);
	expect([bell.ring(), first.isClosed]).toEqual([true, true]);
	page.flow(); // nothing of the first is left to send
	expect(page.bytes).toBe(32_768);
	await advance(2000);
	bell.ring();
	const late = new Picture(10);
	taken[1]!(late); // of the second, whose time is over
	await settle();
	expect(late.isClosed).toBe(true);
	bell.close();
	const last = new Picture(10);
	taken[2]!(last);
	await settle();
	expect(last.isClosed).toBe(true);
});

test("a page that has gone costs nothing, and there may be no picture", async () => {
	const [gone, page] = [add(), add()];
	gone.isClosed = true;
	bell = new Bell(() => Promise.reject(new Error("no camera")));
	bell.add(gone as never);
	bell.add(page as never);
	bell.remove({} as never);
	expect(bell.ring()).toBe(true);
	await settle();
	expect(page.heard).toHaveLength(1);
	bell.close();
});

test("the door shuts by itself, and no sooner or later for being opened again", async () => {
	const pin: number[] = [];
	let changes = 0;
	const door = new Door(
		3,
		(value) => pin.push(value),
		() => changes++,
	);
	door.open();
	await advance(2000);
	door.open();
	expect([pin, door.isOpen]).toEqual([[0, 1], true]);
	await advance(1000);
	expect([pin, door.isOpen, changes, pendingTimers()]).toEqual([[0, 1, 0], false, 2, 0]);
	door.open();
	door.shut();
	expect([pin.at(-1), pendingTimers()]).toEqual([0, 0]);
});
