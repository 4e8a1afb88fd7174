// SPDX-License-Identifier: Apache-2.0
declare module "Resource" {
	/** Read-only data of the manifest's `data` or `resources`, in place (flash, or a mapped file): a host buffer. */
	export default class Resource {
		/** Throws when there is no resource of that name. */
		constructor(name: string);
		static exists(name: string): boolean;
		readonly byteLength: number;
		/** A copy of the bytes from `begin` to `end`. */
		slice(begin: number, end?: number): ArrayBuffer;
		/** Without `copy`, a window onto the same bytes. */
		slice(begin: number, end: number, copy: boolean): ArrayBuffer;
	}
}
