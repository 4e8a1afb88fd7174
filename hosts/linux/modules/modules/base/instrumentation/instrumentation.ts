// SPDX-License-Identifier: Apache-2.0
class Instrumentation {
	static map(name: string): number | undefined {
		return native("sim_instrumentation_map").call(this, name);
	}
	static get(index: number | undefined): number | undefined {
		return native("sim_instrumentation_get").call(this, index);
	}
	static name(index: number): string | undefined {
		return native("sim_instrumentation_name").call(this, index);
	}
}
export default Instrumentation;
