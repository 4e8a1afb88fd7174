// SPDX-License-Identifier: Apache-2.0
// What is in a WAV file of one channel: how much of it is a tone, and without a gap.
// @ts-check
import { readFile } from "node:fs/promises";

const window = 0.1; // seconds

/** The amplitude of a tone in samples. @param {Int16Array} samples @param {number} rate @param {number} tone */
function amplitude(samples, rate, tone) {
	let re = 0;
	let im = 0;
	samples.forEach((sample, i) => {
		re += sample * Math.cos((2 * Math.PI * tone * i) / rate);
		im += sample * Math.sin((2 * Math.PI * tone * i) / rate);
	});
	return (2 * Math.hypot(re, im)) / samples.length;
}

/** @param {Int16Array} samples */
const loudness = (samples) => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

/**
 * @param {string} file
 * @param {number} tone Hz
 * @returns {Promise<{ seconds: number, heard: number, pure: number, gaps: number }>} its length; how long the tone was heard;
 * the part of it in which there is little else; how many windows in its midst have it not
 */
export async function listen(file, tone) {
	const bytes = await readFile(file);
	const rate = bytes.readUInt32LE(24);
	const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + (bytes.length & ~1)));
	const size = Math.round(rate * window);
	/** @type {{ isTone: boolean, isPure: boolean }[]} */
	const windows = [];
	for (let at = 0; at + size <= samples.length; at += size) {
		const part = samples.subarray(at, at + size);
		// What follows the sender's clock and the network is up to 2 % higher, or 1 % lower.
		const offsets = [-0.01, -0.005, 0, 0.005, 0.01, 0.015, 0.02];
		const strongest = Math.max(...offsets.map((off) => amplitude(part, rate, tone * (1 + off))));
		const all = loudness(part);
		windows.push({ isTone: strongest > 500, isPure: strongest / Math.SQRT2 > 0.9 * all });
	}
	const first = windows.findIndex(({ isTone }) => isTone);
	const last = windows.findLastIndex(({ isTone }) => isTone);
	const midst = first < 0 ? [] : windows.slice(first, last + 1);
	const tones = midst.filter(({ isTone }) => isTone);
	return {
		seconds: samples.length / rate,
		heard: tones.length * window,
		pure: tones.length ? tones.filter(({ isPure }) => isPure).length / tones.length : 0,
		gaps: midst.length - tones.length,
	};
}
