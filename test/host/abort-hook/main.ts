// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

(globalThis as Record<string, unknown>).abort = (reason: string, exception: unknown): boolean => {
	trace(`${reason}: ${exception}\n`);
	return false;
};
Timer.set(() => {
	throw new Error("first");
}, 1);
Timer.set(() => void Promise.reject(new Error("second")), 10);
Timer.set(() => globalThis.simulator?.exit(7), 300);
