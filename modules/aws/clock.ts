// SPDX-License-Identifier: Apache-2.0
// The service's time: a device's clock may be wrong, and a signature must not be.
import { consistsOf, isDigit, isWordCharacter } from "webrtc/text";

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
	const words = text.trim().split(" ", 7);
	const [weekday = "", day = "", name = "", year = "", time = "", zone] = words;
	const month = name.length === 3 ? months.indexOf(name) : -1;
	const [hours = "", minutes = "", seconds = "", more] = time.split(":", 4);
	const isDate =
		words.length === 6 &&
		zone === "GMT" &&
		weekday.length === 4 &&
		consistsOf(weekday.slice(0, 3), isWordCharacter) &&
		weekday.endsWith(",") &&
		month >= 0 &&
		month % 3 === 0 &&
		isNumber(year, 4) &&
		more === undefined &&
		[day, hours, minutes, seconds].every((part) => isNumber(part, 2));
	if (!isDate) return undefined;
	return Date.UTC(Number(year), month / 3, Number(day), Number(hours), Number(minutes), Number(seconds));
}

function isNumber(text: string, digits: number): boolean {
	return consistsOf(text, isDigit, digits, digits);
}
