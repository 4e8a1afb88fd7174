// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

interface Padding {
	lines: "that TypeScript removes";
}

function fail(why: string): Padding {
	throw new RangeError(why);
}
Timer.set(() => {
	fail("on purpose");
}, 1);
