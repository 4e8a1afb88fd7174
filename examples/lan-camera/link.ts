// SPDX-License-Identifier: Apache-2.0
// The secret of a link: made once and stored, so that the link stays the same.
import Preference from "preference";
import { randomBytes } from "webrtc/native/crypto";

const domain = "lan-camera"; // NVS on ESP32: names have at most 15 characters
const key = "link";
const length = 32; // hexadecimal digits: 128 bits

/** A device that cannot store makes another at each start. */
export default function linkSecret(): string {
	const stored = Preference.get(domain, key);
	if (typeof stored === "string" && stored.length === length) return stored;
	let secret = "";
	for (const byte of new Uint8Array(randomBytes(length / 2))) secret += byte.toString(16).padStart(2, "0");
	try {
		Preference.set(domain, key, secret);
	} catch (error) {
		trace(`The link cannot be stored: ${error instanceof Error ? error.message : String(error)}\n`);
	}
	return secret;
}
