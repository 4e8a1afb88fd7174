// SPDX-License-Identifier: Apache-2.0
// The device's certificate: made once, kept in the platform's preferences, the same for every session.
import Preference from "preference";
import Certificate from "webrtc/native/dtls/certificate";

const domain = "webrtc"; // NVS on ESP32: names have at most 15 characters
const certificateKey = "certificate";
const privateKeyKey = "privateKey";

/**
 * The stored certificate, or a new one, which is stored. A device that cannot store makes a new one at each start.
 * @throws Error when no certificate can be made: the platform has no entropy, or no memory
 */
export default function loadCertificate(): Certificate {
	const certificate = Preference.get(domain, certificateKey);
	const privateKey = Preference.get(domain, privateKeyKey);
	if (certificate instanceof ArrayBuffer && privateKey instanceof ArrayBuffer) {
		try {
			return new Certificate({ certificate, privateKey });
		} catch {
			trace("webrtc: the stored certificate is damaged; making a new one\n");
		}
	}
	const made = new Certificate();
	try {
		const parts = made.export();
		Preference.set(domain, certificateKey, parts.certificate);
		Preference.set(domain, privateKeyKey, parts.privateKey);
	} catch (error) {
		trace(`webrtc: the certificate cannot be stored: ${error instanceof Error ? error.message : error}\n`);
	}
	return made;
}
