// SPDX-License-Identifier: Apache-2.0
// What viewers see over links that lose, that change their rate, and that differ: the camera and libwebrtc, a link of test/link
// with the same seeds for both, and browsers.
// @ts-check
import loss from "./network/loss.mjs";
import rate from "./network/rate.mjs";
import viewers from "./network/viewers.mjs";

const tables = { loss, rate, viewers };

/** @typedef {keyof typeof tables} Name */

/**
 * @param {string[]} [wanted] tables; none: all
 * @returns {Promise<import("./measure.mjs").Result[]>}
 */
export default async function network(wanted = process.env.NETWORK?.split(",") ?? Object.keys(tables)) {
	const results = [];
	let passed = 0;
	for (const name of wanted) {
		if (!(name in tables)) throw new Error(`NETWORK: there is no "${name}", but ${Object.keys(tables).join(", ")}`);
		const result = await tables[/** @type {Name} */ (name)]();
		passed += result.passed;
		results.push(result);
	}
	const failed = results.flatMap(({ failures = [] }) => failures).length;
	console.log(`${passed} passed, ${failed} failed\n`);
	return results;
}
