// SPDX-License-Identifier: Apache-2.0
declare module "timer" {
	/** Timers of the machine, in milliseconds. A callback is called with its timer. */
	export default class Timer {
		private constructor();
		/** Calls once after `interval` (0: as soon as the caller is done); with `repeat`, every `repeat` ms after that. */
		static set(callback: (timer: Timer) => void, interval?: number, repeat?: number): Timer;
		/** Calls every `interval` ms. */
		static repeat(callback: (timer: Timer) => void, interval: number): Timer;
		/** Sets new times; without an `interval` the timer sleeps until it is scheduled again. */
		static schedule(timer: Timer, interval?: number, repeat?: number): void;
		/** Stops a timer for good. Nothing happens for `undefined`. */
		static clear(timer: Timer | undefined | null): void;
		/** Blocks the machine. */
		static delay(milliseconds: number): void;
	}
}
