// SPDX-License-Identifier: Apache-2.0

/** The C heap: `heap` is the bytes in use, 0 where the host cannot tell. */
export function memory(this: void): { heap: number } {
	return native("xs_rtc_port_memory").call(this);
}

/** What the machine can still allocate. */
export interface Room {
	slots: number;
	/** Bytes. */
	chunks: number;
}

/**
 * Collects garbage, which takes some milliseconds, and tells what is free then. A heap that may grow (`creation` with an
 * `incremental`) has room without end, as far as this knows.
 */
export function collect(this: void): Room {
	return native("xs_rtc_port_room").call(this);
}
