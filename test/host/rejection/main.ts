// SPDX-License-Identifier: Apache-2.0
import Timer from "timer";

async function fail(): Promise<void> {
	await undefined;
	throw new Error("nobody listens");
}
const handledLate = fail();
Timer.set(() => void handledLate.catch(() => trace("handled late\n")), 20);
Timer.set(() => void fail(), 40);
