// SPDX-License-Identifier: Apache-2.0
import Instrumentation from "instrumentation";
import Resource from "Resource";
import Time from "time";
import Timer from "timer";

const counter = (name: string): number => Instrumentation.get(Instrumentation.map(name)) ?? -1;

function resources(): void {
	const resource = new Resource("digits.bin");
	trace(`resource ${resource.byteLength} ${Resource.exists("digits.bin")} ${Resource.exists("none")}\n`);
	trace(`copy ${new Uint8Array(resource.slice(2, 4))} ${new Uint8Array(resource.slice(-2))}\n`);
	trace(`window ${new Uint8Array(resource.slice(8, 10, false))}\n`);
	try {
		new Uint8Array(resource as unknown as ArrayBuffer)[0] = 1;
	} catch (error) {
		trace(`write ${(error as Error).constructor.name}\n`);
	}
	try {
		new Resource("none");
	} catch (error) {
		trace(`missing ${(error as Error).constructor.name}\n`);
	}
}

async function timers(): Promise<void> {
	const start = Time.ticks;
	const order: string[] = [];
	Timer.set(() => order.push("zero"));
	Timer.set(() => order.push("ten"), 10);
	void Promise.resolve().then(() => order.push("promise"));
	let ticks = 0;
	Timer.repeat((timer) => {
		order.push("tick");
		if (++ticks === 3) Timer.clear(timer);
	}, 20);
	const stopped = Timer.set(() => order.push("never"), 15);
	Timer.clear(stopped);
	Timer.clear(stopped);
	Timer.clear(undefined);
	const sleeper = Timer.set(() => order.push("late"), 5);
	Timer.schedule(sleeper);
	Timer.set(() => Timer.schedule(sleeper, 5), 70);
	let again = 0;
	Timer.set((timer) => {
		if (++again < 3) Timer.schedule(timer, 1);
		else order.push("thrice");
	}, 25);
	await new Promise<void>((resolve) => Timer.set(() => resolve(), 100));
	trace(`${order.join(" ")}\n`);
	const elapsed = Time.delta(start);
	trace(`elapsed ${elapsed >= 100 && elapsed < 400} timers ${counter("Timers")}\n`);
}

async function turns(): Promise<void> {
	const sleep = (): Promise<void> => new Promise((resolve) => Timer.set(() => resolve(), 1));
	await sleep();
	const before = counter("Turns");
	const count = 20;
	for (let i = 0; i < count; i++) await sleep();
	trace(`turns ${counter("Turns") - before}\n`); // each a timer's callback and a promise turn
	simulator?.collect();
	trace(`heap ${counter("XS Slots Used") > 0 && counter("XS Slots Used") < 4928} ${counter("C Heap Used") > 0}\n`);
	trace(`unknown ${Instrumentation.map("Unknown")}\n`);
}

resources();
await timers();
await turns();
simulator?.exit();
