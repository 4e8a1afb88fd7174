// SPDX-License-Identifier: Apache-2.0
class Defines {
	static read(): string {
		return native("xs_test_defines").call(this);
	}
}
export default Defines;
