// SPDX-License-Identifier: Apache-2.0
trace(native("xs_test_nowhere").call(undefined));
export class Nowhere extends Native("xs_test_nowhere_destructor") {}
