// SPDX-License-Identifier: Apache-2.0
// Test cases inside the machine: each is a function that returns when it is done, or throws.
import Timer from "timer";

const CASE_LIMIT = 20_000; // ms

export function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(what);
}

export function assertEqual(actual: unknown, expected: unknown, what: string): void {
	if (actual !== expected) throw new Error(`${what}: ${String(actual)}, not ${String(expected)}`);
}

/** The message of the error that `action` throws. */
export function thrown(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		return String(error);
	}
	throw new Error("nothing thrown");
}

export function delay(ms: number): Promise<void> {
	return new Promise((resolve) => Timer.set(() => resolve(), ms));
}

export function text(data: ArrayBuffer | number | undefined): string {
	return data instanceof ArrayBuffer ? String.fromArrayBuffer(data) : String(data);
}

/** Bytes that tell where they are. */
export function pattern(size: number, offset = 0): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let i = 0; i < size; i++) bytes[i] = ((offset + i) * 31 + ((offset + i) >> 8)) & 0xff;
	return bytes;
}

/** A promise and its functions. */
export class Deferred<T = void> {
	promise: Promise<T>;
	resolve!: (value: T) => void;
	reject!: (error: unknown) => void;
	constructor() {
		this.promise = new Promise<T>((resolve, reject) => {
			this.resolve = resolve;
			this.reject = reject;
		});
	}
}

function limited(action: () => Promise<void> | void): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = Timer.set(() => reject(new Error("no end in sight")), CASE_LIMIT);
		Promise.resolve()
			.then(action)
			.finally(() => Timer.clear(timer))
			.then(resolve, reject);
	});
}

/** Runs the cases one after the other, prints "N passed, N failed", and ends the machine. */
export async function runCases(cases: Record<string, () => Promise<void> | void>): Promise<void> {
	let passed = 0;
	let failed = 0;
	for (const [name, action] of Object.entries(cases)) {
		try {
			await limited(action);
			passed++;
		} catch (error) {
			failed++;
			trace(`FAILED ${name}: ${error instanceof Error ? (error.stack ?? error) : error}\n`);
		}
	}
	trace(`${passed} passed, ${failed} failed\n`);
	globalThis.simulator?.exit(failed ? 1 : 0);
}
