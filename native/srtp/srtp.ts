// SPDX-License-Identifier: Apache-2.0
import type Path from "webrtc/native/transport/path";

/** Counters since the session was made. */
export interface SrtpStatistics {
	/** Packets that came without being authentic, or malformed. */
	unprotectFailed: number;
	/** Packets that came twice, or too late to tell. */
	replayed: number;
	/** Packets of one SSRC too many, or of one that gave way to another: 16 are kept at once, 80 in all. */
	ssrcRefused: number;
	/** Packets that libsrtp refused to send. */
	protectFailed: number;
	/** The registered name of the protection profile (RFC 5764 section 4.1.2); "" before the keys. */
	profile: string;
}

/** Starts libsrtp, which takes tens of milliseconds: at the start of a program, no session waits for it. */
export function prepare(this: void): void {
	native("xs_rtc_srtp_prepare").call(this);
}

/**
 * SRTP and SRTCP of one peer (RFC 3711), over libsrtp. Its keys come from the Dtls that it is given to; they never enter
 * JavaScript. Nothing is sent before they are there. Senders take it as their way out.
 */
export default class Srtp extends (Native("xs_rtc_srtp_destructor") as unknown as new () => object) {
	/**
	 * @throws Error with code "peer/out-of-resources"
	 */
	constructor(path: Path) {
		super();
		native("xs_rtc_srtp").call(this, path);
	}

	statistics(): SrtpStatistics {
		return native("xs_rtc_srtp_statistics").call(this);
	}

	/** Forgets the keys, but no sender: another Dtls, of a new association, may give it others. @throws SyntaxError when closed */
	reset(): void {
		native("xs_rtc_srtp_reset").call(this);
	}

	/** Forgets the keys: nothing more is sent or received. Can be called again without effect; any other use throws. */
	close(): void {
		native("xs_rtc_srtp_close").call(this);
	}
}
