// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

let open = 0;
/** How many there are. */
export const openSrtp = () => open;

export function prepare(): void {}

export default class Srtp {
	#closed = false;

	constructor(readonly path: object) {
		open++;
		countNative(1);
	}

	/** How often keys were forgotten. */
	resets = 0;

	reset(): void {
		this.resets++;
	}

	close(): void {
		if (!this.#closed) {
			open--;
			countNative(-1);
		}
		this.#closed = true;
	}
}
