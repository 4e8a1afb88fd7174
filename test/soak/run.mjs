// SPDX-License-Identifier: Apache-2.0
// npm run soak [-- NAME … [--seconds N]]: what shows only with time. N: for each shape of "attack", 60 by default, and of "media", 5.
// @ts-check
import { parseArgs } from "node:util";
import { attack } from "../strangers/attack.mjs";
import { counts } from "../strangers/counts.mjs";
import { hostileFeedback } from "../strangers/feedback.mjs";
import { hostileMedia } from "../strangers/media.mjs";
import { cycles } from "./cycles.mjs";
import { data } from "./data.mjs";
import { noiseAtPort } from "./noise.mjs";
import { signedNonsense } from "./signed.mjs";
import { stream } from "./stream.mjs";
import { talk } from "./talk.mjs";

/** @type {Record<string, () => Promise<void>>} */
const soaks = {
	async cycles() {
		await cycles();
		await cycles({ count: 60, sanitize: false }); // with the allocator that is used
	},
	async data() {
		await data();
		await data({ sanitize: false }); // with the allocator that is used
	},
	async talk() {
		await talk();
		await talk({ count: 60, sanitize: false }); // with the allocator that is used
	},
	noise: noiseAtPort,
	signed: signedNonsense,
	stream,
	counts,
	feedback: hostileFeedback,
	media: () => hostileMedia({ seconds: Number(values.seconds ?? 5) }),
	attack: () => attack({ seconds: Number(values.seconds ?? 60) }), // by default hours
};

const options = /** @type {const} */ ({ seconds: { type: "string" } });
const { values, positionals: wanted } = parseArgs({ options, allowPositionals: true });
const unknown = wanted.find((name) => !(name in soaks));
if (unknown) {
	console.error(`There is no soak "${unknown}". There are: ${Object.keys(soaks).join(", ")}.`);
	process.exit(2);
}
const { ensureSystem, ensureNpm } = await import("../../hosts/linux/setup.mjs");
await ensureSystem("test");
await ensureNpm();

let failed = 0;
for (const [name, soak] of Object.entries(soaks)) {
	if (wanted.length && !wanted.includes(name)) continue;
	console.log(`== ${name}`);
	try {
		await soak();
		console.log(`== ${name}: passed`);
	} catch (error) {
		failed++;
		console.log(`== ${name}: FAILED\n${error instanceof Error ? error.stack : error}`);
	}
}
process.exit(failed ? 1 : 0);
