// SPDX-License-Identifier: Apache-2.0
// The service's time: a device's clock may be wrong, and a signature must not be.

const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** The wall clock, corrected by what servers say. */
export default class ServiceClock {
	#offset = 0;
	#wallTime: () => number;

	/** @param wallTime milliseconds since 1970 as the device believes. Default Date.now. */
	constructor(wallTime: () => number = Date.now) {
		this.#wallTime = wallTime;
	}

	/** Milliseconds since 1970. */
	get now(): number {
		return this.#wallTime() + this.#offset;
	}

	/** Milliseconds to add to the device's clock. */
	get offset(): number {
		return this.#offset;
	}

	/**
	 * Learns from a response's Date.
	 * @param tolerance milliseconds of difference that are taken for delay
	 * @returns whether the time has changed
	 */
	learn(date: string | undefined, tolerance = 60_000): boolean {
		const time = date === undefined ? undefined : parseHTTPDate(date);
		if (time === undefined || Math.abs(time - this.now) <= tolerance) return false;
		this.#offset = time - this.#wallTime();
		return true;
	}
}

/** "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section 5.6.7) to milliseconds; undefined for another form. */
export function parseHTTPDate(text: string): number | undefined {
	const match = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text.trim());
	if (!match) return undefined;
	const month = months.indexOf(match[2]!);
	if (month < 0 || month % 3) return undefined;
	const [, day, , year, hours, minutes, seconds] = match.map(Number);
	return Date.UTC(year!, month / 3, day!, hours!, minutes!, seconds!);
}
