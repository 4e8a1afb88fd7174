// SPDX-License-Identifier: Apache-2.0
import { inspect } from "node:util";
import { CallbackCredentials, Credentials, StaticCredentials } from "webrtc/aws/credentials";
import ServiceClock, { parseHTTPDate } from "webrtc/aws/clock";
import StoredCredentials from "webrtc/aws/stored";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

const init = {
	accessKeyId: "AKIDEXAMPLE",
	secretAccessKey: "very+secret/key",
	sessionToken: "secret-token",
	expiration: 5e12,
};
const hour = 3_600_000;

beforeEach(() => {
	resetClock();
	preference.reset();
});

test("secrets do not show", () => {
	const credentials = new Credentials(init);
	for (const text of [
		JSON.stringify({ credentials }),
		`${credentials}`,
		inspect(credentials, { depth: 9, showHidden: true }),
	])
		expect(text).not.toMatch(/secret-token|very/);
	expect(JSON.stringify(new StaticCredentials(init))).not.toContain("secret");
	expect(credentials.secretAccessKey).toBe("very+secret/key");
	expect(credentials.sessionToken).toBe("secret-token");
});

test("a bad part is named, never shown", () => {
	const bad = (part: object) => () => new Credentials({ ...init, ...part });
	expect(bad({ accessKeyId: "" })).toThrow(/^accessKeyId: /);
	expect(bad({ secretAccessKey: "evil\r\nx: y" })).toThrow(/^secretAccessKey: [^\r]*$/);
	expect(bad({ sessionToken: 5 })).toThrow(/^sessionToken: /);
	expect(bad({ expiration: NaN })).toThrow(/^expiration: /);
});

describe("credentials from a callback", () => {
	let calls: number;
	let failure: Error | undefined;
	let lifetime: number;
	const make = (random = 0.5) =>
		new CallbackCredentials(
			() => {
				calls++;
				if (failure) throw failure;
				return Promise.resolve({ ...init, accessKeyId: `AK${calls}`, expiration: time + lifetime });
			},
			{ random: () => random },
		);
	let time: number;

	beforeEach(() => {
		calls = 0;
		failure = undefined;
		lifetime = hour;
		time = 1e12;
	});

	test("are fetched once for all who ask at the same time", async () => {
		const provider = make();
		const all = await Promise.all([provider.get(time), provider.get(time), provider.get(time)]);
		expect(calls).toBe(1);
		expect(new Set(all).size).toBe(1);
	});

	test("are renewed before they expire, not by all devices at once", async () => {
		for (const [random, at] of [
			[0, 0.8 * hour],
			[1, 0.9 * hour],
		] as const) {
			calls = 0;
			time = 1e12;
			const provider = make(random);
			await provider.get(time);
			time = 1e12 + at - 1;
			await provider.get(time);
			expect(calls).toBe(1);
			time += 1;
			await provider.get(time);
			expect(calls).toBe(2);
		}
	});

	test("outlive a renewal that fails, while they hold", async () => {
		const provider = make();
		await provider.get(time);
		failure = new Error("unreachable");
		time += 0.9 * hour;
		expect((await provider.get(time)).accessKeyId).toBe("AK1");
		await settle();
		await provider.get(time + 29_999);
		expect(calls).toBe(2); // not again so soon
		await provider.get(time + 30_000);
		expect(calls).toBe(3);
		await settle();
		time += 0.1 * hour;
		await expect(provider.get(time)).rejects.toThrow("unreachable");
		failure = undefined;
		expect((await provider.get(time)).accessKeyId).toBe("AK5");
	});

	test("are at hand while new ones are fetched, however long that takes", async () => {
		let finish: (value: typeof init) => void = () => undefined;
		const provider = new CallbackCredentials(
			() => (calls++ ? new Promise((resolve) => (finish = resolve)) : { ...init, expiration: time + hour }),
			{ random: () => 0 },
		);
		await provider.get(time);
		for (let i = 0; i < 3; i++) expect((await provider.get(time + 0.8 * hour)).accessKeyId).toBe(init.accessKeyId);
		expect(calls).toBe(2);
		finish({ ...init, accessKeyId: "NEXT" });
		await settle();
		expect((await provider.get(time + 0.8 * hour)).accessKeyId).toBe("NEXT");
		expect(pendingTimers()).toBe(0);
	});

	test("that do not come within 15 s are given up, and asked for again", async () => {
		const provider = new CallbackCredentials(() => (calls++ ? init : new Promise(() => undefined)));
		let error: unknown;
		provider.get(time).catch((reason) => (error = reason));
		await advance(14_999);
		expect(error).toBeUndefined();
		await advance(1);
		expect(error).toMatchObject({ code: "aws/credentials", message: "no credentials in time" });
		expect((await provider.get(time)).accessKeyId).toBe(init.accessKeyId);
	});

	test("that were refused while others are fetched: those are not waited for, nor kept", async () => {
		const finish: ((value: typeof init) => void)[] = [];
		const provider = new CallbackCredentials(() => new Promise((resolve) => void finish.push(resolve)));
		const first = provider.get(time);
		await settle();
		provider.invalidate();
		const second = provider.get(time);
		await settle();
		expect(finish).toHaveLength(2);
		finish[1]!({ ...init, accessKeyId: "SECOND" });
		expect((await second).accessKeyId).toBe("SECOND");
		finish[0]!({ ...init, accessKeyId: "FIRST" });
		expect((await first).accessKeyId).toBe("FIRST");
		expect((await provider.get(time)).accessKeyId).toBe("SECOND");
		expect(pendingTimers()).toBe(0);
	});

	test("are fetched anew when the service has refused them", async () => {
		const provider = make();
		await provider.get(time);
		provider.invalidate();
		failure = new Error("unreachable");
		await expect(provider.get(time)).rejects.toThrow("unreachable");
		failure = undefined;
		expect((await provider.get(time)).accessKeyId).toBe("AK3");
	});

	test("for good are kept for good", async () => {
		const provider = new CallbackCredentials(() => (calls++, { ...init, expiration: undefined }));
		await provider.get(time);
		await provider.get(time + 1e12);
		expect(calls).toBe(1);
	});
});

describe("stored credentials", () => {
	test("come back from the storage", async () => {
		new StoredCredentials().save(init);
		const credentials = await new StoredCredentials().get(1e12);
		expect({ ...credentials }).toEqual({ accessKeyId: init.accessKeyId, expiration: init.expiration });
		expect(credentials.sessionToken).toBe(init.sessionToken);
		for (const key of preference.keys("aws")) expect(key.length).toBeLessThanOrEqual(15);
	});

	test("of another domain, missing, expired or cleared ones are an error without secrets", async () => {
		const stored = new StoredCredentials("other");
		await expect(stored.get(0)).rejects.toMatchObject({ code: "aws/credentials" });
		stored.save(init);
		await expect(stored.get(init.expiration)).rejects.toThrow(/expired$/);
		await expect(stored.get(0)).resolves.toBeDefined();
		stored.clear();
		await expect(stored.get(0)).rejects.toMatchObject({ code: "aws/credentials" });
		expect(() => new StoredCredentials("a name too long")).toThrow("domain");
	});

	test("replace what was there, token and all", async () => {
		const stored = new StoredCredentials();
		stored.save(init);
		stored.save({ accessKeyId: "A", secretAccessKey: "B" });
		expect((await stored.get(0)).sessionToken).toBeUndefined();
	});
});

describe("the clock", () => {
	test("learns from a Date, beyond delays", () => {
		let wall = Date.UTC(2026, 0, 1);
		const clock = new ServiceClock(() => wall);
		expect(clock.learn("Thu, 01 Jan 2026 00:00:59 GMT")).toBe(false);
		expect(clock.learn("Fri, 02 Jan 2026 00:00:00 GMT")).toBe(true);
		wall += 1000;
		expect(clock.now).toBe(Date.UTC(2026, 0, 2, 0, 0, 1));
		expect(clock.learn("Fri, 02 Jan 2026 00:00:02 GMT")).toBe(false);
		// The device's clock is set: the correction is out of place.
		wall += 24 * hour;
		expect(clock.learn("Fri, 02 Jan 2026 00:00:03 GMT")).toBe(true);
		expect(clock.offset).toBe(2000);
		expect(clock.learn(undefined)).toBe(false);
	});

	test.each([
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"",
		"Sun, 06 anF 1994 08:49:37 GMT",
		"2026-01-01",
	])("does not take %j for a date", (text) => expect(parseHTTPDate(text)).toBeUndefined());

	test("reads every month", () => {
		for (let month = 0; month < 12; month++) {
			const time = Date.UTC(2027, month, 28, 23, 59, 58);
			expect(parseHTTPDate(new Date(time).toUTCString())).toBe(time);
		}
	});
});
