// SPDX-License-Identifier: Apache-2.0
for (let i = 0; i < 100_000; i++) ({ i }).i++; // garbage fits
trace("garbage fits\n");
const kept: object[] = [];
try {
	for (;;) kept.push({ i: kept.length });
} finally {
	trace("never\n");
}
