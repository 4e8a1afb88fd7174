// SPDX-License-Identifier: Apache-2.0
// The files behind "embedded:storage/key-value" and "preference". Names have at most 15 characters, as on ESP32.

/** @throws RangeError for a bad domain */
export function exists(store: string, domain: string): boolean {
	return native("xs_sim_storage_exists").call(undefined, store, domain);
}
/** @throws RangeError for a bad domain or key */
export function read(store: string, domain: string, key: string): ArrayBuffer | undefined {
	return native("xs_sim_storage_read").call(undefined, store, domain, key);
}
/** Replaces the value as a whole. @throws RangeError for a bad domain or key, Error when the disk fails */
export function write(store: string, domain: string, key: string, value: ArrayBufferLike | ArrayBufferView): void {
	native("xs_sim_storage_write").call(undefined, store, domain, key, value);
}
export function remove(store: string, domain: string, key: string): void {
	native("xs_sim_storage_delete").call(undefined, store, domain, key);
}
export function keys(store: string, domain: string): string[] {
	return native("xs_sim_storage_keys").call(undefined, store, domain);
}
