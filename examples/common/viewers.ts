// SPDX-License-Identifier: Apache-2.0
import { number } from "examples/config";

const most = 5; // what the heap that "creation" of the top manifest sets has room for

/**
 * Viewers at once, as mc/config says.
 * @throws RangeError that names the option
 */
export default function viewers(): number {
	return number("viewers", 1, most, 'the heap in "creation" has no room for more') ?? most;
}
