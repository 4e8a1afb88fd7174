// SPDX-License-Identifier: Apache-2.0

/** DER forms, to be stored: whoever has the key can pass for this device. */
export interface CertificateParts {
	/** X.509. */
	certificate: ArrayBuffer;
	/** SEC 1 (RFC 5915), or PKCS #8 when it is given. */
	privateKey: ArrayBuffer;
}

/**
 * What a peer shows in DTLS. A new one is self-signed, ECDSA over P-256, and tells nothing of its owner. Making one takes a
 * chip half a second: make it once, and store what export() gives.
 */
export default class Certificate extends (Native("xs_rtc_certificate_destructor") as unknown as new () => object) {
	/**
	 * @param from what export() gave; a new certificate is made without it
	 * @throws TypeError when `from` is no certificate with its key; Error when there is no memory or randomness
	 */
	constructor(from?: CertificateParts) {
		super();
		native("xs_rtc_certificate").call(this, from);
	}

	/** SHA-256 as SDP writes it: 32 bytes in hexadecimal capitals, with colons between (RFC 8122 section 5). */
	get fingerprint(): string {
		return native("xs_rtc_certificate_get_fingerprint").call(this);
	}

	export(): CertificateParts {
		return native("xs_rtc_certificate_export").call(this);
	}

	/** Sessions that use it keep it until they end. Can be called again without effect; any other use throws. */
	close(): void {
		native("xs_rtc_certificate_close").call(this);
	}
}
