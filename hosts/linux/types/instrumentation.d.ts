// SPDX-License-Identifier: Apache-2.0
declare module "instrumentation" {
	/** Counters of the machine, as in the SDK: `Instrumentation.get(Instrumentation.map("Timers"))`. */
	const Instrumentation: {
		/** The index of a counter, or undefined where it does not exist. */
		map(name: string): number | undefined;
		get(index: number | undefined): number | undefined;
		name(index: number): string | undefined;
	};
	export default Instrumentation;
}
