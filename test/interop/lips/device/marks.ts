// SPDX-License-Identifier: Apache-2.0

/**
 * A sink that prints when a mark comes by: "seen TIME" for a picture whose midst turns white, "heard TIME" for sound that begins
 * after silence. The time is the wall clock's, in microseconds.
 */
export default class Marks extends (Native("xs_test_marks_destructor") as unknown as new () => object) {
	constructor() {
		super();
		native("xs_test_marks").call(this);
	}

	close(): void {
		native("xs_test_marks_close").call(this);
	}
}
