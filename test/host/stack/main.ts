// SPDX-License-Identifier: Apache-2.0
function deep(depth: number): number {
	return depth === 0 ? 0 : 1 + deep(depth - 1);
}
trace(`${deep(20)}\n`);
trace(`${deep(1000)}\n`);
