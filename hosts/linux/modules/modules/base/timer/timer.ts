// SPDX-License-Identifier: Apache-2.0
type Callback = (timer: Timer) => void;

class Timer {
	static set(callback: Callback, interval?: number, repeat?: number): Timer {
		return native("sim_timer_set").call(this, callback, interval, repeat);
	}
	static repeat(callback: Callback, interval: number): Timer {
		return native("sim_timer_repeat").call(this, callback, interval);
	}
	static schedule(timer: Timer, interval?: number, repeat?: number): void {
		native("sim_timer_schedule").call(this, timer, interval, repeat);
	}
	static clear(timer?: Timer | null): void {
		native("sim_timer_clear").call(this, timer);
	}
	static delay(milliseconds: number): void {
		native("sim_timer_delay").call(this, milliseconds);
	}
}
export default Timer;
