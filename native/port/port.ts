// SPDX-License-Identifier: Apache-2.0

/** The C heap: `heap` is the bytes in use, 0 where the host cannot tell. */
export function memory(this: void): { heap: number } {
	return native("xs_rtc_port_memory").call(this);
}

/** What the machine can still allocate. A heap that may grow (`creation` with an `incremental`) has room without end. */
export interface Room {
	slots: number;
	/** Bytes. */
	chunks: number;
}

/** What is free without a collection of garbage. */
export function measure(this: void): Room {
	return native("xs_rtc_port_measure").call(this);
}

/** Collects garbage, which takes some milliseconds, and tells what is free then. */
export function collect(this: void): Room {
	return native("xs_rtc_port_collect").call(this);
}
