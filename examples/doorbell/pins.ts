// SPDX-License-Identifier: Apache-2.0
// The pins, as the simulator shows them: the button is the line "ring" of its terminal (main.ts).

/** What opens the door: 1 opens it. */
export function makeDoorPin(): (value: 0 | 1) => void {
	return (value) => trace(`pin door: ${value}\n`);
}

/** Calls when the button is pressed. */
export function watchButton(_onPress: () => void): void {}
