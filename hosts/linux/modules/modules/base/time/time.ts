// SPDX-License-Identifier: Apache-2.0
class Time {
	static set(seconds: number): void {
		native("sim_time_set").call(this, seconds);
	}
	static get timezone(): number {
		return native("sim_time_get_timezone").call(this);
	}
	static set timezone(seconds: number) {
		native("sim_time_set").call(this, seconds);
	}
	static get dst(): number {
		return native("sim_time_get_dst").call(this);
	}
	static set dst(seconds: number) {
		native("sim_time_set").call(this, seconds);
	}
	static get ticks(): number {
		return native("sim_time_get_ticks").call(this);
	}
	static get microseconds(): number {
		return native("sim_time_get_microseconds").call(this);
	}
	static delta(start: number, end?: number): number {
		return native("sim_time_delta").call(this, start, end);
	}
}
export default Time;
