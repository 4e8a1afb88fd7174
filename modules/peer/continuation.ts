// SPDX-License-Identifier: Apache-2.0
// What a later description may not change: the DTLS association (RFC 8842 section 4), and the places of sections. And
// whether the association moves.
import WebRTCError from "webrtc/error";
import type { Agreement } from "webrtc/peer/negotiable";
import type { Fingerprint, RemoteTransport, SessionDescription, Setup } from "webrtc/sdp";

type Role = "client" | "server";

export default class Continuation {
	#role: Role | undefined;
	#fingerprints = "";
	#sections = 0;
	#tag: string | undefined; // the mid of the section that spoke for the bundle

	/** What this side says in its answers, so that the roles stay; undefined: there is no association yet. */
	get setup(): Setup | undefined {
		return this.#role && (this.#role === "client" ? "active" : "passive");
	}

	/** @throws WebRTCError "sdp/malformed", "sdp/unsupported" */
	checkOffer({ media }: SessionDescription, transport: RemoteTransport | undefined): void {
		// RFC 3264 section 8: sections are ended, never removed.
		if (media.length < this.#sections)
			throw new WebRTCError(
				"sdp/malformed",
				`the offer has ${media.length} sections, the session ${this.#sections}`,
			);
		if (!transport) return;
		this.checkFingerprints(transport);
		const { setup = "active" } = transport;
		if (setup !== "actpass") this.checkRole(setup === "active" ? "server" : "client");
	}

	/** @throws WebRTCError "sdp/unsupported" */
	checkAnswer(role: Role, transport: RemoteTransport): void {
		this.checkFingerprints(transport);
		this.checkRole(role);
	}

	/**
	 * Whether another section speaks for the bundle than before, which has ended, or comes after a new one. The transport
	 * need not change with it (RFC 9143 section 7.5), but libwebrtc's and Firefox's does: to other ports, with the same
	 * credentials.
	 * @param tag its mid
	 */
	isMoved(tag = ""): boolean {
		return this.#tag !== undefined && this.#tag !== tag;
	}

	/**
	 * Offer and answer are in force.
	 * @param tag the mid of the section that speaks for the bundle
	 */
	agree(sections: number, agreement: Agreement<unknown> | undefined, tag = ""): void {
		this.#sections = sections;
		if (!agreement) return;
		this.#tag = tag;
		this.#role = agreement.dtlsRole;
		this.#fingerprints = agreement.fingerprints.map(line).join();
	}

	private checkFingerprints({ fingerprints }: RemoteTransport): void {
		if (!this.#role || fingerprints.some((one) => this.#fingerprints.includes(line(one)))) return;
		const message = "the fingerprint is another than before: a new DTLS association takes a new connection";
		throw new WebRTCError("sdp/unsupported", message);
	}

	private checkRole(role: Role): void {
		if (!this.#role || this.#role === role) return;
		throw new WebRTCError("sdp/unsupported", "the DTLS role is another than before: that takes a new connection");
	}
}

function line({ algorithm, value }: Fingerprint): string {
	return `${algorithm} ${value}`;
}
