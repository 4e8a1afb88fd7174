// SPDX-License-Identifier: Apache-2.0
// Memory, and how often JavaScript is entered, by whatever: it must not depend on how much media flows.
import simulator from "examples/simulator";
import Instrumentation from "instrumentation";
import Timer from "timer";
import type WebRTCApp from "webrtc/app";
import { memory } from "webrtc/native/port";

const counters = Object.freeze([
	"XS Slots Used",
	"XS Slots Peak",
	"XS Slots Full",
	"XS Chunk Heap Used",
	"XS Chunks Peak",
	"XS Chunks Full",
]);

// The SDK declares fewer names than there are.
const indexOf = Instrumentation.map as (name: string) => number | undefined;
const turns = (): number => Instrumentation.get(indexOf("Turns")) ?? NaN;

/** Prints a line every `interval` seconds; 0: never. */
export default function report(app: WebRTCApp, interval: number): void {
	if (!interval) return;
	let before = turns();
	Timer.repeat(() => {
		const now = turns();
		const fields = [`viewers ${app.peers.length}`, `entries/s ${((now - before) / interval).toFixed(1)}`];
		before = now;
		simulator?.collect(); // so that what is used is what is held
		fields.push(`C heap ${memory().heap}`);
		for (const name of counters) {
			const value = Instrumentation.get(indexOf(name));
			if (value !== undefined) fields.push(`${name} ${value}`);
		}
		trace(`report: ${fields.join(", ")}\n`);
	}, interval * 1000);
}
