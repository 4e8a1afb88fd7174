// SPDX-License-Identifier: Apache-2.0
// Inputs of strangers to the real modules in a machine with a board's heaps. It ends well, or the machine does not.
import flood from "fuzz/floods";
import FuzzedKVS from "fuzz/kvs";
import Mutator from "fuzz/mutator";
import FuzzedWHEP from "fuzz/whep";
import Instrumentation from "instrumentation";
import config from "mc/config";
import Timer from "timer";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import { collect } from "webrtc/native/port";
import type { SignalingMessage } from "webrtc/signaling";

const { seed = "1", from = "0", milliseconds = "5000", verbose = "" } = config as Record<string, string>;
const slack = 500; // slots that may be in use after all has ended, more than after a first viewer: candidates that wait

const whep = new FuzzedWHEP();
const kvs = new FuzzedKVS();
const errors = new Map<string, number>();
const app = new WebRTCApp({
	signaling: whep,
	...defaultMedia({ video: { width: 160, height: 120, framerate: 5 }, audio: false }),
	onEvent({ error }) {
		if (error) errors.set(error.code, (errors.get(error.code) ?? 0) + 1);
	},
});
const started = Date.now();
let number = Number(from);

const counter = (name: string): number => Instrumentation.get(Instrumentation.map(name)) ?? NaN;
const wait = (time: number) => new Promise<void>((resolve) => Timer.set(() => resolve(), time));
const list = (counts: ReadonlyMap<string | number, number>) =>
	[...counts].map(([name, count]) => `${name}: ${count}`).join(", ");

/** Each input depends on the seed and its number alone, so that a run can begin at any. */
function feed(): void {
	const mutator = new Mutator(Number(seed) * 1_000_003 + number);
	if (verbose) trace(`input ${number}\n`);
	const pass = (message: SignalingMessage) => whep.handler?.onMessage(message);
	if (mutator.random(8) === 0) flood(mutator, pass);
	else
		for (let together = mutator.random(3); together >= 0; together--) {
			if (mutator.random(3)) whep.request(mutator);
			else kvs.message(mutator, pass);
		}
	if (++number % 100 === 0) trace(`inputs ${number}\n`);
}

/** One that is as it should be comes and goes. @returns the status of its answer */
async function viewer(): Promise<number> {
	const status = await whep.viewer();
	for (const peer of app.peers) app.disconnect(peer);
	await wait(100);
	return status;
}

/** Once those have gone that nothing is heard of, all is as it was. */
async function finish(before: number): Promise<void> {
	await wait(6000);
	const status = await viewer();
	const grown = before - collect().slots;
	trace(`inputs: ${number}, WHEP: ${list(whep.statuses)}, KVS: ${kvs.taken} taken, ${kvs.refused} refused\n`);
	trace(`errors: ${list(errors)}\n`);
	trace(`peaks: ${counter("XS Slots Peak")} slots, ${counter("XS Chunks Peak")} bytes of chunks\n`);
	app.terminate();
	const faults = errors.get("internal") ?? 0;
	if (status !== 201) trace(`failed: a viewer is answered with ${status}\n`);
	if (grown > slack) trace(`failed: ${grown} slots are left behind\n`);
	if (faults) trace(`failed: ${faults} exceptions\n`);
	simulator?.exit(status === 201 && grown <= slack && !faults ? 0 : 1);
}

export default async function main(): Promise<void> {
	await app.run();
	await viewer();
	const before = collect().slots;
	while (Date.now() - started < Number(milliseconds)) {
		feed();
		await wait(number % 50 === 0 ? 400 : 1);
	}
	await finish(before);
}
