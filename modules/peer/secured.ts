// SPDX-License-Identifier: Apache-2.0
// What goes over a connection's path: DTLS, and by its keys SRTP; SCTP within it.
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
import { contain, type Guarded } from "webrtc/error/guard";
import fromNative from "webrtc/error/native";
import Dtls from "webrtc/native/dtls";
import type Certificate from "webrtc/native/dtls/certificate";
import Sctp, { type SctpOptions } from "webrtc/native/sctp";
import Srtp from "webrtc/native/srtp";
import type Path from "webrtc/native/transport/path";
import type { RemoteTransport } from "webrtc/sdp";

export type RTCDtlsTransportState = "new" | "connecting" | "connected" | "closed" | "failed";

/** Whose path it is. */
export interface SecuredOwner extends Guarded {
	/** DTLS has another state. */
	onDtlsState(): void;
}

export default class Secured {
	#owner: SecuredOwner;
	#path: Path;
	#certificate: Certificate;
	#association: { role: "client" | "server"; fingerprints: RemoteTransport["fingerprints"] } | undefined;
	#dtls: Dtls | undefined;
	#sctp: Sctp | undefined;
	/** There is one once media was agreed on. */
	srtp: Srtp | undefined;
	/** The path has an address to send to. */
	isWritable = false;
	#roundTrip = 0; // ms, of that path when it was new; 0: not known

	constructor(owner: SecuredOwner, path: Path, certificate: Certificate) {
		this.#owner = owner;
		this.#path = path;
		this.#certificate = certificate;
	}

	get state(): RTCDtlsTransportState {
		return this.#dtls?.state ?? "new";
	}

	/** Why it failed; undefined in any other state. */
	get error(): WebRTCError | undefined {
		const dtls = this.#dtls;
		if (dtls?.state !== "failed") return undefined;
		return new WebRTCError(dtls.reason as WebRTCErrorCode, `DTLS: ${dtls.message}`);
	}

	/** Of this side's certificate, by SHA-256. */
	get fingerprint(): string {
		return this.#certificate.fingerprint;
	}

	get cipherSuite(): string {
		return this.#dtls?.state === "connected" ? this.#dtls.cipherSuite : "";
	}

	/** Undefined before it is agreed on. */
	get role(): "client" | "server" | undefined {
		return this.#association?.role;
	}

	/**
	 * Both descriptions are known: DTLS begins as soon as the path is writable.
	 * @param hasMedia whether keys for media are wanted: it may come later
	 */
	agree(role: "client" | "server", fingerprints: RemoteTransport["fingerprints"], hasMedia: boolean): void {
		this.#association = { role, fingerprints };
		try {
			if (hasMedia && !this.srtp) {
				this.srtp = new Srtp(this.#path);
				this.#dtls?.setSrtp(this.srtp);
			}
			if (this.#dtls) return;
			this.#dtls = this.makeDtls();
		} catch (cause) {
			return this.#owner.onException(fromNative(cause, "peer/out-of-resources"));
		}
		if (this.isWritable) this.#dtls.start(this.#roundTrip);
	}

	/** The path has an address for the first time. @param roundTrip ms; 0: not known */
	begin(roundTrip: number): void {
		this.isWritable = true;
		this.#roundTrip = roundTrip;
		this.#dtls?.start(roundTrip);
	}

	/**
	 * The remote has begun anew: another association, once the path is writable. That of SCTP goes on.
	 * @returns false: there was none
	 */
	renew(): boolean {
		const former = this.#dtls;
		if (!former) return false;
		this.#dtls = undefined;
		this.isWritable = false;
		this.srtp?.reset();
		this.#dtls = this.makeDtls();
		this.#sctp?.setDtls(this.#dtls);
		former.close(); // before the path leads to those who do not know it
		return true;
	}

	/**
	 * Data comes over the association, too; once, after agree().
	 * @throws Error with code "peer/out-of-resources"; WebRTCError "peer/closed"
	 */
	openSctp(options: Omit<SctpOptions, "path" | "dtls">): Sctp {
		if (!this.#dtls) throw new WebRTCError("peer/closed", "there is no transport");
		return (this.#sctp = new Sctp({ ...options, path: this.#path, dtls: this.#dtls }));
	}

	private makeDtls(): Dtls {
		return new Dtls({
			path: this.#path,
			srtp: this.srtp,
			certificate: this.#certificate,
			...this.#association!,
			onState: () => {
				try {
					if (this.#dtls) this.#owner.onDtlsState();
				} catch (cause) {
					contain(this.#owner, cause);
				}
			},
		});
	}

	/** The remote is told by close_notify. Can be called again without effect. */
	close(): void {
		this.#sctp?.close();
		this.#dtls?.close();
		this.#dtls = undefined;
		this.srtp?.close();
	}
}
