// SPDX-License-Identifier: Apache-2.0
export interface ProbeOptions {
	/** Called with each number that a thread posted. */
	onValue(this: Probe, value: number): void;
}

class Probe extends (Native("xs_test_probe_destructor") as unknown as new () => object) {
	constructor(options: ProbeOptions) {
		super();
		native("xs_test_probe").call(this, options);
	}
	/** Posts 1 to `count` from a thread. */
	work(count: number): void {
		native("xs_test_probe_work").call(this, count);
	}
	close(): void {
		native("xs_test_probe_close").call(this);
	}
	static get living(): number {
		return native("xs_test_probe_living").call(this);
	}
}
export default Probe;
