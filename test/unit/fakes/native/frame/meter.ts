// SPDX-License-Identifier: Apache-2.0
import { countNative } from "../transport";

export default class LevelMeter {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<LevelMeter>();

	constructor(readonly options: { interval?: number; onLevel(level: number): void }) {
		if (options.interval !== undefined && options.interval < 50) throw new RangeError("interval: 50 to 60000");
		countNative(1);
		LevelMeter.open.add(this);
	}

	close(): void {
		if (LevelMeter.open.delete(this)) countNative(-1);
	}
}
