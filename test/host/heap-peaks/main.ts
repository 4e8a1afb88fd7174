// SPDX-License-Identifier: Apache-2.0
// Peaks tell what was held, not what was thrown away; "full" tells how often the heap had to be collected for room.
import Instrumentation from "instrumentation";

const counter = (name: string): number => Instrumentation.get(Instrumentation.map(name)) ?? -1;
const between = (value: number, least: number, most: number): string =>
	value >= least && value <= most ? "as expected" : `${value} instead of ${least} to ${most}`;

// Garbage in chunks, which a collection for want of slots does not sweep.
let slotsFull = counter("XS Slots Full");
let chunksFull = counter("XS Chunks Full");
for (let i = 0; i < 5; i++) new ArrayBuffer(8192);
for (let i = 0; i < 10_000; i++) ({ i }).i++;
trace(`slots full ${between(counter("XS Slots Full") - slotsFull, 1, 100)}\n`);
trace(`chunks full ${counter("XS Chunks Full") - chunksFull}\n`);
trace(`slots thrown away ${between(counter("XS Slots Peak"), 1, 300)}\n`);
trace(`chunks thrown away ${between(counter("XS Chunks Peak"), 0, 4096)}\n`);

slotsFull = counter("XS Slots Full");
chunksFull = counter("XS Chunks Full");
for (let i = 0; i < 50; i++) new ArrayBuffer(8192);
trace(`chunks full ${between(counter("XS Chunks Full") - chunksFull, 5, 50)}\n`);
trace(`slots full ${counter("XS Slots Full") - slotsFull}\n`);

// What is held counts when a peak is read, without a collection before, and stays in it when it is let go.
let held: object | undefined = new ArrayBuffer(30_000);
trace(`chunks held ${between(counter("XS Chunks Peak"), 30_000, 42_000)}\n`);
for (let i = 0; i < 400; i++) held = { i, held };
trace(`slots held ${between(counter("XS Slots Peak"), 1200, 1500)}\n`);
simulator?.collect();
trace(`chunks used ${between(counter("XS Chunk Heap Used"), 30_000, counter("XS Chunks Peak"))}\n`);
simulator?.collect();
trace(`slots used ${between(counter("XS Slots Used"), 1200, counter("XS Slots Peak"))}\n`);
held = undefined;
trace(`slots let go ${between(counter("XS Slots Peak"), 1200, 1500)} ${between(counter("XS Slots Used"), 1, 300)}\n`);
trace(`chunks let go ${between(counter("XS Chunks Peak"), 30_000, 42_000)}\n`);
trace(`chunks used ${between(counter("XS Chunk Heap Used"), 0, 4096)}\n`);
simulator?.exit();
