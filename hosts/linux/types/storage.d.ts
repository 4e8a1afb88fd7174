// SPDX-License-Identifier: Apache-2.0

declare module "embedded:storage/key-value" {
	export type StorageFormat =
		"buffer" | "string" | "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "uint64" | "int64";
	export type StorageValue = ArrayBuffer | string | number | bigint;
	export interface StorageOptions {
		/** The domain: at most 15 characters on ESP32. */
		path: string;
		/** Default "r+". */
		mode?: "r" | "r+";
		/** Default "buffer". */
		format?: StorageFormat;
	}
	export interface Storage extends Iterable<string> {
		/** How values are read and written. */
		format: StorageFormat;
		/** Keys have at most 15 characters on ESP32. Undefined when there is no such key. */
		read(key: string): StorageValue | undefined;
		/** Fills the buffer; returns the number of bytes. */
		read(key: string, buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
		write(key: string, value: StorageValue | ArrayBufferView): void;
		delete(key: string): void;
		close(): void;
	}
	const storage: {
		/** @throws Error when the domain does not exist and the mode is "r" */
		open(options: StorageOptions): Storage;
	};
	export default storage;
}

declare module "preference" {
	const Preference: {
		/** Numbers are 32-bit integers. Domains and names have at most 15 characters on ESP32. */
		set(domain: string, name: string, value: boolean | number | string | ArrayBuffer): void;
		get(domain: string, name: string): boolean | number | string | ArrayBuffer | undefined;
		delete(domain: string, name: string): void;
		keys(domain: string): string[];
	};
	export default Preference;
}
