// SPDX-License-Identifier: Apache-2.0
// The pins of a board: mc/config's `doorPin` opens the door with 1, `buttonPin` is pulled to ground by the button. What is not
// named is not there.
import Digital from "embedded:io/digital";
import { number } from "examples/config";

const largest = 54; // of the ESP32-P4

/** What opens the door: 1 opens it. */
export function makeDoorPin(): (value: 0 | 1) => void {
	const pin = number("doorPin", 0, largest);
	const door = pin === undefined ? undefined : new Digital({ pin, mode: Digital.Output });
	return (value) => door?.write(value);
}

/** Calls when the button is pressed. */
export function watchButton(onPress: () => void): void {
	const pin = number("buttonPin", 0, largest);
	if (pin !== undefined)
		new Digital({ pin, mode: Digital.InputPullUp, edge: Digital.Falling, onReadable: () => onPress() });
}
