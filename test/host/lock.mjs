// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The lock of a build: of several that find it abandoned one takes it, and a claim that is abandoned holds nobody up.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../hosts/linux/tools/lock.mjs";

const { pid: gone } = spawnSync("true"); // no process has it any more
const kill = process.kill.bind(process);
let inside = 0;
let most = 0;

async function work() {
	most = Math.max(most, ++inside);
	await sleep(20);
	inside--;
}

/** Once somebody has looked for the dead process for the nth time, before he knows. @param {number} nth @param {() => void} run */
function meanwhile(nth, run) {
	let times = 0;
	process.kill = (pid, signal) => {
		if (pid === gone && ++times === nth) run();
		return kill(pid, signal);
	};
}

/** @param {string} name @param {(folder: string) => Promise<void>} run */
async function test(name, run) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-lock-"));
	[inside, most] = [0, 0];
	try {
		await run(folder);
		assert.equal(most, 1, "one at a time");
		assert.deepEqual(fs.readdirSync(folder), [], "nothing is left");
		console.log(`ok ${name}`);
	} catch (error) {
		process.exitCode = 1;
		console.log(`FAILED ${name}\n${error instanceof Error ? error.message : String(error)}`);
	} finally {
		process.kill = kill;
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

for (const nth of [1, 2])
	await test(`another takes an abandoned lock while it is looked at for the ${nth}. time`, async (folder) => {
		fs.writeFileSync(path.join(folder, ".lock"), `${gone}`);
		/** @type {Promise<void> | undefined} */
		let other;
		meanwhile(nth, () => (other = withLock(folder, work)));
		await withLock(folder, work);
		assert.ok(other, "there was another");
		await other;
	});

await test("a lock, and the claims on it, that were abandoned, are taken", async (folder) => {
	for (const name of [".lock", ".lock.claim", ".lock.claim.claim"])
		fs.writeFileSync(path.join(folder, name), `${gone}`);
	await Promise.all([withLock(folder, work), withLock(folder, work), withLock(folder, work)]);
});

await test("one that is empty is taken after a second, and what fails gives it back", async (folder) => {
	const file = path.join(folder, ".lock");
	fs.writeFileSync(file, "");
	fs.utimesSync(file, new Date(), new Date(Date.now() - 2000));
	await assert.rejects(
		withLock(folder, async () => {
			await work();
			throw new Error("failed");
		}),
		/failed/,
	);
});
