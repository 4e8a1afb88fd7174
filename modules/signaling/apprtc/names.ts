// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "webrtc/native/crypto";

// 32, so that each is as likely as the others; 12 of them are 60 bits.
const letters = "abcdefghijkmnpqrstuvwxyz23456789";
const nameLength = 12;

/** A name of twelve letters and digits by chance: nobody comes upon it who is not told. */
export function randomRoom(): string {
	let name = "";
	for (const byte of new Uint8Array(randomBytes(nameLength))) name += letters.charAt(byte % letters.length);
	return name;
}
