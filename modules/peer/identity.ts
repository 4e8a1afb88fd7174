// SPDX-License-Identifier: Apache-2.0
// The device's certificate: made once, kept in the platform's preferences, the same for every session; and another one
// when it has become old, for whoever saw it in two places knows that it was the same device.
import Preference from "preference";
import Certificate from "webrtc/native/dtls/certificate";

const domain = "webrtc"; // NVS on ESP32: names have at most 15 characters
const certificateKey = "certificate";
const privateKeyKey = "privateKey";
const dayKey = "certificateDay"; // of its making, in days since 1970
const day = 86_400_000; // ms
const firstDay = Math.floor(Date.UTC(2025, 0) / day); // a clock that says less was not set

/**
 * The stored certificate, or a new one, which is stored. A device that cannot store makes a new one at each start.
 * @param maximumAge days after which another one takes its place. Where the date is not known it stays. Default: 180
 * @throws RangeError; Error when no certificate can be made: the platform has no entropy, or no memory
 */
export default function loadCertificate(maximumAge = 180): Certificate {
	if (!(maximumAge > 0)) throw new RangeError("maximumAge: more than 0 days");
	const stored = readStored();
	if (stored && !isOld(maximumAge)) return stored;
	let made;
	try {
		made = new Certificate();
	} catch (error) {
		if (stored) return stored; // better than none
		throw error;
	}
	stored?.close();
	try {
		const parts = made.export();
		Preference.set(domain, certificateKey, parts.certificate);
		Preference.set(domain, privateKeyKey, parts.privateKey);
		Preference.set(domain, dayKey, today());
	} catch (error) {
		trace(`webrtc: the certificate cannot be stored: ${error instanceof Error ? error.message : error}\n`);
	}
	return made;
}

function readStored(): Certificate | undefined {
	const certificate = Preference.get(domain, certificateKey);
	const privateKey = Preference.get(domain, privateKeyKey);
	if (!(certificate instanceof ArrayBuffer && privateKey instanceof ArrayBuffer)) return undefined;
	try {
		return new Certificate({ certificate, privateKey });
	} catch {
		trace("webrtc: the stored certificate is damaged; making a new one\n");
		return undefined;
	}
}

function today(): number {
	return Math.floor(Date.now() / day);
}

/** One whose day is not known, or is still to come by a clock that was wrong, is taken for one of today. */
function isOld(maximumAge: number): boolean {
	const now = today();
	if (now < firstDay) return false;
	const made = Preference.get(domain, dayKey);
	if (typeof made === "number" && made >= firstDay && made <= now) return now - made >= maximumAge;
	try {
		Preference.set(domain, dayKey, now);
	} catch {
		// as before: it stays
	}
	return false;
}
