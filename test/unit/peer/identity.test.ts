// SPDX-License-Identifier: Apache-2.0
import Preference from "preference";
import loadCertificate from "webrtc/peer/identity";
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

test("a device that cannot store has one all the same, and says so", () => {
	const output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
	jest.spyOn(Preference, "set").mockImplementation(() => {
		throw new Error("flash is full");
	});
	expect(fingerprint()).toMatch(/^[0-9A-F:]{95}$/);
	expect(output.mock.calls.join()).toContain("cannot be stored: flash is full");
});
