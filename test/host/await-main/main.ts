// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

await new Promise<void>((resolve) => Timer.set(() => resolve(), 10));
trace("awaited\n");
export default function main(): void {
	trace("program\n");
	globalThis.simulator?.exit();
}
