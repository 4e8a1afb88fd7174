// SPDX-License-Identifier: Apache-2.0
declare module "time" {
	const Time: {
		/** Sets the wall clock, in seconds since 1970. The simulator uses the desktop's clock and ignores it. */
		set(seconds: number): void;
		/** Seconds east of UTC, without daylight saving. */
		timezone: number;
		/** Seconds of daylight saving. */
		dst: number;
		/** Milliseconds since some start, as a signed 32-bit integer that wraps: compare with `delta` only. */
		readonly ticks: number;
		/** Milliseconds from `start` to `end` (now), correct across a wrap. */
		delta(start: number, end?: number): number;
		/** Microseconds since some start, where the platform has them. */
		readonly microseconds?: number;
	};
	export default Time;
}
