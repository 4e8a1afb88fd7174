// SPDX-License-Identifier: Apache-2.0
// Virtual time for whatever uses the modules "timer" and "time": nothing happens until advance().

interface Entry {
	at: number;
	order: number;
	repeat: number | undefined;
	callback: () => void;
}

let now = 0;
let order = 0;
const entries = new Set<Entry>();

export function currentTime(): number {
	return now;
}

export function schedule(callback: () => void, delay: number, repeat?: number): Entry {
	const entry = { at: now + delay, order: order++, repeat, callback };
	entries.add(entry);
	return entry;
}

export function cancel(entry: Entry): void {
	entries.delete(entry);
}

/** How many timers wait: none may be left when everything is closed. */
export function pendingTimers(): number {
	return entries.size;
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Lets `duration` milliseconds pass, each timer in its turn. */
export async function advance(duration: number): Promise<void> {
	const end = now + duration;
	let still = 0; // callbacks without progress of time
	await settle();
	for (;;) {
		let next: Entry | undefined;
		for (const entry of entries) {
			if (entry.at > end) continue;
			if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry;
		}
		if (!next) break;
		still = next.at > now ? 0 : still + 1;
		if (still > 100_000) throw new Error("time stands still: a timer is set for now, again and again");
		now = Math.max(now, next.at);
		if (next.repeat === undefined) entries.delete(next);
		else next.at = now + Math.max(1, next.repeat);
		next.callback();
		await settle();
	}
	now = end;
}

/** For beforeEach: no timers, and a time that differs from zero. */
export function resetClock(): void {
	entries.clear();
	now = 1_000_000;
}
