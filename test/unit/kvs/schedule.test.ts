// SPDX-License-Identifier: Apache-2.0
// When a storage session is asked for: see storage.test.ts for what the service sees of it.
import Backoff from "webrtc/device/backoff";
import StorageSchedule from "webrtc/signaling/kvs/storage";
import type { Timeouts } from "webrtc/signaling/kvs/types";

const timeouts = { storageOffer: 1000, storageSession: 60_000, stable: 10_000 } as Timeouts;

function joined(): StorageSchedule {
	const schedule = new StorageSchedule(timeouts, new Backoff(1000, 8000, () => 0.5));
	schedule.start(0);
	schedule.joining();
	schedule.accepted(0);
	schedule.offered("storage", 0);
	return schedule;
}

test("another peer's end is not the session's", () => {
	const schedule = joined();
	expect(schedule.ended("viewer", 100)).toBe(false);
	expect([schedule.phase, schedule.due]).toEqual(["joined", 60_000]);
});

test("its own end is, and too soon where it has not lasted", () => {
	expect(joined().ended("storage", 9_999)).toBe(true);
	expect(joined().ended("storage", 10_000)).toBe(false);
});
