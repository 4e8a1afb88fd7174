// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

globalThis.simulator?.onTerminate(async (signal) => {
	trace(`closing on ${signal}\n`);
	await new Promise<void>((resolve) => Timer.set(() => resolve(), 20));
	trace("closed\n");
});
trace("ready\n");
