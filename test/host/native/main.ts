// SPDX-License-Identifier: Apache-2.0
import Instrumentation from "instrumentation";
import Probe from "test/probe";

const slots = (): number => {
	simulator?.collect();
	return Instrumentation.get(Instrumentation.map("XS Slots Used")) ?? -1;
};

function createAndClose(count: number): void {
	for (let i = 0; i < count; i++) new Probe({ onValue: () => trace(`${i}\n`) }).close();
}

function afterClose(): void {
	const probe = new Probe({ onValue() {} });
	probe.close();
	probe.close();
	try {
		probe.work(1);
	} catch (error) {
		trace(`after close: ${(error as Error).constructor.name}\n`);
	}
	try {
		Probe.prototype.work.call({} as Probe, 1);
	} catch (error) {
		trace(`foreign: ${(error as Error).constructor.name}\n`);
	}
}

createAndClose(10);
const before = slots();
createAndClose(1000);
trace(`slots grown by ${slots() - before}, living ${Probe.living}\n`);
afterClose();

let sum = 0;
const count = 500;
const open = new Probe({
	onValue(value) {
		sum += value;
		if (value < count) return;
		trace(`sum ${sum} this ${this === open}\n`);
		new Probe({ onValue() {} }); // left open: the machine's end destroys it
		simulator?.exit();
	},
});
simulator?.collect(); // only mark keeps the callback
open.work(count);
