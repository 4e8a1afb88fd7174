// SPDX-License-Identifier: Apache-2.0
const table: Record<string, number> = {};
for (let i = 0; i < 20; i++) table[`key${i}`] = i;
trace(`${Object.keys(table).length}\n`);
table.another = 1; // a name of the program is known to the linker
const late = "late";
table[`${late}r`] = 2;
trace("never\n");
