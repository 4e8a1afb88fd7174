// SPDX-License-Identifier: Apache-2.0

/** How often natives entered JavaScript since the start, all machines of the process together (wraps at 2^32). */
export function entries(this: void): number {
	return native("xs_rtc_port_entries").call(this);
}

/** The C heap: `heap` is the bytes in use, 0 where the host cannot tell. */
export function memory(this: void): { heap: number } {
	return native("xs_rtc_port_memory").call(this);
}
