// SPDX-License-Identifier: Apache-2.0
export class Kept {
	static count = 0;
	method(): number {
		return 1;
	}
}
export class NamedError extends Error {
	constructor(message: string) {
		super(message);
		this.name = "NamedError";
	}
}
export const open: { value: number } = { value: 1 };
export const shut: { value: number } = Object.freeze({ value: 1 });
export const map = new Map([[1, "one"]]);
export let counter = 0;
export function count(): number {
	return ++counter;
}
