// SPDX-License-Identifier: Apache-2.0
class Resource extends (Native("sim_resource_destructor") as unknown as new () => object) {
	constructor(name: string) {
		super();
		native("sim_resource").call(this, name);
	}
	static exists(name: string): boolean {
		return native("sim_resource_exists").call(this, name);
	}
	get byteLength(): number {
		return native("sim_resource_get_byteLength").call(this);
	}
	slice(begin: number, end?: number, copy?: boolean): ArrayBuffer {
		return native("sim_resource_slice").call(this, begin, end, copy);
	}
}
export default Resource;
