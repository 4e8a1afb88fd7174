// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

globalThis.simulator?.onLine(() => trace("not this one\n"));
try {
	globalThis.simulator?.onLine(1 as never);
} catch (error) {
	trace(`${(error as Error).name}\n`);
}
globalThis.simulator?.onLine((line) => {
	trace(`${line.length}: ${line.slice(0, 20)}\n`);
	if (line !== "quiet") return;
	globalThis.simulator?.onLine(undefined);
	Timer.set(() => globalThis.simulator?.exit(0), 50);
});
trace("ready\n");
