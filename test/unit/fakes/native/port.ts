// SPDX-License-Identifier: Apache-2.0
// The room in the machine's heap, as a test has it.

export interface Room {
	slots: number;
	chunks: number;
}

const plenty: Readonly<Room> = Object.freeze({ slots: Infinity, chunks: Infinity });
let room: Readonly<Room> = plenty;

export const setRoom = (value: Partial<Room> = {}) => (room = { ...plenty, ...value });

export function measure(): Room {
	return { slots: room.slots / 2, chunks: room.chunks / 2 }; // the rest is garbage
}

let collections = 0;

/** How often garbage was collected since this was called last. */
export function collected(): number {
	const count = collections;
	collections = 0;
	return count;
}

export function collect(): Room {
	collections++;
	return { ...room };
}

export function memory(): { heap: number } {
	return { heap: 0 };
}
