// SPDX-License-Identifier: Apache-2.0
// @ts-check
import fs from "node:fs";
import path from "node:path";

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check, folder }) {
	const state = path.join(folder, "elsewhere");
	fs.rmSync(state, { recursive: true, force: true });
	const environment = { XS_WEBRTC_STATE: state };
	const first = await start({ phase: "first" }, environment);
	check((await first.exited) === 0, "exit status of the first run");
	const file = path.join(state, "key-value/domain/bytes");
	check((fs.statSync(file).mode & 0o777) === 0o600, "secrets are for their owner");
	fs.writeFileSync(`${file}.A1B2C3`, "of an interrupted write");
	const second = await start({ phase: "second" }, environment);
	check((await second.exited) === 0, "exit status of the second run");
	const [[one], [other]] = await Promise.all([first, second].map(({ line }) => line(/^random: .*$/m)));
	check(one !== other, "Math.random goes its own way in each run");
}
