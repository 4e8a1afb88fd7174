// SPDX-License-Identifier: Apache-2.0
// Memory, and how often JavaScript is entered, by whatever: it must not depend on how much media flows.
import simulator from "examples/simulator";
import Instrumentation from "instrumentation";
import Timer from "timer";
import type WebRTCApp from "webrtc/app";
import { memory } from "webrtc/native/port";

// Peaks first: reading them may collect.
const counters = Object.freeze([
	"XS Slots Peak",
	"XS Chunks Peak",
	"XS Slots Used",
	"XS Chunk Heap Used",
	"XS Slots Full",
	"XS Chunks Full",
	"Turns",
]);

// The SDK declares fewer names than there are.
const indexOf = Instrumentation.map as (name: string) => number | undefined;
const read = (name: string): number | undefined => Instrumentation.get(indexOf(name));

/** Prints a line every `interval` seconds; 0: never. */
export default function report(app: WebRTCApp, interval: number): void {
	if (!interval) return;
	const values = counters.map(read); // stays, so that reading takes no memory
	let before = read("Turns") ?? NaN;
	Timer.repeat(() => {
		const turns = read("Turns") ?? NaN;
		simulator?.collect(); // so that what is used is what is held
		for (let i = 0; i < counters.length; i++) values[i] = read(counters[i]!);
		const fields = [`viewers ${app.peers.length}`];
		if (turns >= before) fields.push(`entries/s ${((turns - before) / interval).toFixed(1)}`); // not counted in a release of the SDK
		before = turns;
		fields.push(`C heap ${memory().heap}`);
		values.forEach((value, i) => value !== undefined && fields.push(`${counters[i]} ${value}`));
		trace(`report: ${fields.join(", ")}\n`);
	}, interval * 1000);
}
