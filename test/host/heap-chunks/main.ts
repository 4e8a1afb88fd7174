// SPDX-License-Identifier: Apache-2.0
for (let i = 0; i < 100; i++) new ArrayBuffer(8192); // garbage fits
trace("garbage fits\n");
const kept = [new ArrayBuffer(8000), new ArrayBuffer(7000)];
trace(`kept ${kept.length}\n`);
kept.push(new ArrayBuffer(8192));
trace("never\n");
