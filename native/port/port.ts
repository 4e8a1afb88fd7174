// SPDX-License-Identifier: Apache-2.0

/** The C heap: `heap` is the bytes in use, 0 where the host cannot tell. */
export function memory(this: void): { heap: number } {
	return native("xs_rtc_port_memory").call(this);
}
