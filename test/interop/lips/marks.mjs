// SPDX-License-Identifier: Apache-2.0
// What the device in device/ prints.
// @ts-check

/** When marks came, in ms of the wall clock. @param {string} output @param {"seen" | "heard"} what */
export const marksOf = (output, what) =>
	[...output.matchAll(new RegExp(`^${what} (\\d+)$`, "gm"))].map(([, time]) => Number(time) / 1000);
