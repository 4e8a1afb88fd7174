// SPDX-License-Identifier: Apache-2.0
import { currentTime } from "./clock";

/** 32-bit ticks that wrap soon after the start of a test, as a device's do after 49 days. */
export default {
	get ticks(): number {
		return (currentTime() + 0xfff00000) | 0;
	},
	delta(start: number, end: number): number {
		return (end - start) | 0;
	},
};
