// SPDX-License-Identifier: Apache-2.0
import type Certificate from "webrtc/native/dtls/certificate";
import type Srtp from "webrtc/native/srtp";
import type Path from "webrtc/native/transport/path";

/** As W3C's RTCDtlsTransportState. */
export type DtlsState = "new" | "connecting" | "connected" | "closed" | "failed";

/** One "a=fingerprint:" of the remote description. */
export interface Fingerprint {
	/** "sha-256", "sha-384" or "sha-512", in any case; others are passed over. */
	algorithm: string;
	/** Hexadecimal bytes with colons between. */
	value: string;
}

export interface DtlsOptions {
	path: Path;
	/** Gets its keys from the handshake (RFC 5764). Without it there is no media yet: see `setSrtp`. */
	srtp?: Srtp | undefined;
	certificate: Certificate;
	role: "client" | "server";
	/** Of the remote certificate: any one of the first 4 that are usable must match (RFC 8122 section 5). */
	fingerprints: readonly Fingerprint[];
	/** Milliseconds for the whole handshake, 1 to 600,000. Default: 30,000. */
	timeout?: number | undefined;
	/** The state is another: connected, closed by the peer, or failed. */
	onState(this: Dtls): void;
}

/**
 * DTLS 1.2 with one peer (RFC 6347), over Mbed TLS. The handshake runs on a thread that all peers share, and sends a lost
 * flight again after two round trips, at least 50 ms, then twice that, and so on. Both sides show certificates; the remote one is held against the
 * fingerprints that came by signaling, and nothing but those is trusted. What comes afterwards is decrypted on the
 * transport's thread, for the segment above that is made with it.
 */
export default class Dtls extends (Native("xs_rtc_dtls_destructor") as unknown as new () => object) {
	/**
	 * @throws TypeError or RangeError naming the option; Error with code "peer/out-of-resources"
	 */
	constructor(options: DtlsOptions) {
		super();
		native("xs_rtc_dtls").call(this, options);
	}

	/**
	 * Begins the handshake, once the path has a selected address. What the peer sent before is taken in.
	 * @param roundTrip of the path, in milliseconds, 0 to 600,000; 0, the default: it is not known
	 * @throws Error when it has begun before; RangeError
	 */
	start(roundTrip = 0): void {
		native("xs_rtc_dtls_start").call(this, roundTrip);
	}

	/**
	 * Media comes after all: its keys, now or when it is connected.
	 * @throws Error with code "dtls/no-srtp-profile" when the peer has agreed on none, "peer/out-of-resources"; RangeError when
	 * another Srtp has the keys
	 */
	setSrtp(srtp: Srtp): void {
		native("xs_rtc_dtls_setSrtp").call(this, srtp);
	}

	get state(): DtlsState {
		return native("xs_rtc_dtls_get_state").call(this);
	}

	/** Why it failed: a code of WebRTCError, "" while it has not. */
	get reason(): string {
		return native("xs_rtc_dtls_get_reason").call(this);
	}

	/** The reason for a person. */
	get message(): string {
		return native("xs_rtc_dtls_get_message").call(this);
	}

	/** The registered name of the cipher suite ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"); "" unless connected. */
	get cipherSuite(): string {
		return native("xs_rtc_dtls_get_cipherSuite").call(this);
	}

	/** Tells the peer when connected, and ends. Can be called again without effect; any other use throws. */
	close(): void {
		native("xs_rtc_dtls_close").call(this);
	}
}
