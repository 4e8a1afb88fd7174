// SPDX-License-Identifier: Apache-2.0
// @ts-check
// How mistakes are told.

/** An error in what the user wrote: printed without a stack. */
export class BuildError extends Error {}

/** How many letters must be changed, added, removed or swapped with the next. @param {string} a @param {string} b */
function distance(a, b) {
	/** @type {number[][]} */
	const rows = [];
	const at = (/** @type {number} */ i, /** @type {number} */ j) => rows[i]?.[j] ?? Infinity;
	for (let i = 0; i <= a.length; i++) {
		const row = (rows[i] = /** @type {number[]} */ ([]));
		for (let j = 0; j <= b.length; j++) {
			const changed = at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]);
			const swapped =
				i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
			row[j] = i && j ? Math.min(changed, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1) : i + j;
		}
	}
	return at(a.length, b.length);
}

/** The known word that was most likely meant. @param {string} word @param {string[]} known @returns {string | undefined} */
export function meant(word, known) {
	const most = word.length < 4 ? 1 : 2;
	const near = known.map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }));
	return near.filter(({ far }) => far <= most).sort((a, b) => a.far - b.far)[0]?.name;
}
