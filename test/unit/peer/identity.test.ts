// SPDX-License-Identifier: Apache-2.0
import Preference from "preference";
import loadCertificate from "webrtc/peer/identity";
import Certificate from "../fakes/native/dtls/certificate";
import { openNatives } from "../fakes/native/transport";

const stored = Preference as typeof Preference & { reset(): void };
const domain = "webrtc";

function fingerprint(): string {
	const certificate = loadCertificate();
	certificate.close();
	return certificate.fingerprint;
}

beforeEach(() => stored.reset());
afterEach(() => {
	jest.restoreAllMocks();
	expect(openNatives()).toBe(0);
});

test("a device makes its certificate once", () => {
	const first = fingerprint();
	expect(fingerprint()).toBe(first);
	expect(Preference.get(domain, "privateKey")).toBeInstanceOf(ArrayBuffer);
	stored.reset();
	expect(fingerprint()).not.toBe(first);
});

test.each([
	["damaged", () => Preference.set(domain, "privateKey", new ArrayBuffer(5))],
	["of another type", () => Preference.set(domain, "certificate", "text")],
	["without its key", () => Preference.delete(domain, "privateKey")],
])("a stored one that is %s is replaced, and the new one stays", (_, damage) => {
	const output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
	const first = fingerprint();
	damage();
	const second = fingerprint();
	output.mockRestore();
	expect(second).not.toBe(first);
	expect(fingerprint()).toBe(second);
});

describe("another one takes its place", () => {
	const day = 86_400_000;
	const start = Date.UTC(2026, 5);
	let now = start;

	beforeEach(() => {
		now = start;
		jest.spyOn(Date, "now").mockImplementation(() => now);
	});

	test("after 180 days, or as many as are wanted", () => {
		const first = fingerprint();
		now += 179 * day;
		expect(fingerprint()).toBe(first);
		now += day;
		const second = fingerprint();
		expect(second).not.toBe(first);
		now += 30 * day;
		expect(fingerprint()).toBe(second);
		const third = loadCertificate(30);
		third.close();
		expect(third.fingerprint).not.toBe(second);
		expect(fingerprint()).toBe(third.fingerprint);
		expect(() => loadCertificate(0)).toThrow("maximumAge: more than 0 days");
	});

	test("but not while the date is not known: its age begins when it is", () => {
		now = 5000; // since 1970
		const first = fingerprint();
		now = start;
		expect(fingerprint()).toBe(first);
		now += 179 * day;
		expect(fingerprint()).toBe(first);
		now = 5000;
		expect(fingerprint()).toBe(first);
		now = start + 180 * day;
		expect(fingerprint()).not.toBe(first);
	});

	test("nor at once when a clock was years ahead", () => {
		now += 4000 * day;
		const first = fingerprint();
		now = start;
		expect(fingerprint()).toBe(first);
		now += 179 * day;
		expect(fingerprint()).toBe(first);
		now += day;
		expect(fingerprint()).not.toBe(first);
	});

	test("nor when none can be made", () => {
		const first = fingerprint();
		now += 400 * day;
		Certificate.refusal = new Error("no memory");
		expect(fingerprint()).toBe(first);
		Certificate.refusal = undefined;
		stored.reset();
		Certificate.refusal = new Error("no memory");
		expect(fingerprint).toThrow("no memory");
		Certificate.refusal = undefined;
	});
});

test("a device that cannot store has one all the same, and says so", () => {
	const output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
	jest.spyOn(Preference, "set").mockImplementation(() => {
		throw new Error("flash is full");
	});
	expect(fingerprint()).toMatch(/^[0-9A-F:]{95}$/);
	expect(output.mock.calls.join()).toContain("cannot be stored: flash is full");
});
