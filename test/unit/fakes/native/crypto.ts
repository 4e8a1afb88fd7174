// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, randomBytes as random, timingSafeEqual } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";

type Data = ArrayBuffer | Uint8Array | DataView;

const bytes = (data: Data) =>
	data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const copy = (buffer: Buffer) =>
	buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;

export const hmacSHA1 = (key: Data, data: Data) => copy(createHmac("sha1", bytes(key)).update(bytes(data)).digest());
export const hmacSHA256 = (key: Data, data: Data) =>
	copy(createHmac("sha256", bytes(key)).update(bytes(data)).digest());
export const sha256 = (data: Data) => copy(createHash("sha256").update(bytes(data)).digest());
export const md5 = (data: Data) => copy(createHash("md5").update(bytes(data)).digest());
export const crc32 = (data: Data) => zlibCrc32(bytes(data));
export const randomBytes = (count: number) => copy(random(count));
export const equal = (a: Data, b: Data) => a.byteLength === b.byteLength && timingSafeEqual(bytes(a), bytes(b));
