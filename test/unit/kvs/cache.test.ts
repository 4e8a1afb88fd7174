// SPDX-License-Identifier: Apache-2.0
// What is kept of a channel over restarts: what comes back, and what does not.
import Preference from "preference";
import StoredCache, { checkKnowledge } from "webrtc/signaling/kvs/cache";
import type { Knowledge } from "webrtc/signaling/kvs/types";
import { sha256 } from "../fakes/native/crypto";

const arn = "arn:aws:kinesisvideo:eu-west-1:123456789012:channel/porch/1";
const endpoints = { https: "https://h.example", wss: "wss://w.example" };
const all: Knowledge[] = [
	{ arn, endpoints },
	{ arn, endpoints: { ...endpoints, webrtc: "https://s.example" }, storage: true },
];

let now = 1_000_000;
const cache = (identity = "one") => new StoredCache(identity, sha256, () => now);

test.each(all)("what was written is read again: %j", (knowledge) => {
	cache().write(knowledge);
	expect(cache().read()).toEqual(knowledge);
	expect(checkKnowledge(knowledge)).toEqual(knowledge);
	cache().write(undefined);
	expect(cache().read()).toBeUndefined();
});

test("it is of one identity, lives for 10 hours, and does not come from the future", () => {
	cache().write(all[0]);
	expect(cache("two").read()).toBeUndefined();
	now += 10 * 3_600_000 - 1;
	expect(cache().read()).toEqual(all[0]);
	now += 1;
	expect(cache().read()).toBeUndefined();
	now = 999_999;
	expect(cache().read()).toBeUndefined();
});

test("its name is found again by the next version of this program, and short enough for a chip's storage", () => {
	const stored = Preference as typeof Preference & { reset(): void };
	stored.reset();
	cache().write(all[0]);
	const digits = [...new Uint8Array(sha256(ArrayBuffer.fromString("one")), 0, 7)];
	const name = `c${digits.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
	expect(name).toHaveLength(15);
	expect(Preference.keys("kvs")).toEqual([name]);
});

test("what is too long for the storage is not kept, nor what was there before", () => {
	cache().write(all[0]);
	cache().write({ arn, endpoints: { ...endpoints, https: `https://h.example/${"x".repeat(4000)}` } });
	expect(cache().read()).toBeUndefined();
});

test.each([7, {}, { arn, endpoints: 7 }, { arn: "arn:x", endpoints }, { arn, endpoints: { ...endpoints, webrtc: 7 } }])(
	"what is not whole is refused: %j",
	(value) => expect(() => checkKnowledge(value)).toThrow(),
);
