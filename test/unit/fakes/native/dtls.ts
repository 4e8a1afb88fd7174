// SPDX-License-Identifier: Apache-2.0
// A handshake of two messages, of which the first is sent again, that tells the truth about fingerprints.
import { cancel, schedule } from "../moddable/clock";
import { countNative } from "./transport";
import type Certificate from "./dtls/certificate";
import type Path from "./transport/path";

export interface Options {
	path: Path;
	srtp?: object;
	certificate: Certificate;
	role: "client" | "server";
	fingerprints: { algorithm: string; value: string }[];
	onState(this: Dtls): void;
}

const patience = 100; // ms

export default class Dtls {
	state: "new" | "connecting" | "connected" | "closed" | "failed" = "new";
	reason = "";
	message = "";
	cipherSuite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<Dtls>();
	#options: Options;
	#closed = false;
	/** Of the segment above. */
	onConnected: (() => void) | undefined;
	onData: ((data: unknown) => void) | undefined;
	#again: ReturnType<typeof schedule> | undefined;
	#early: { dtls: string; fingerprint: string }[] = [];

	constructor(options: Options) {
		this.#options = options;
		options.path.onDtls = (data) => this.#receive(data);
		Dtls.open.add(this);
		countNative(1);
	}

	get options(): Options {
		return this.#options;
	}

	setSrtp(srtp: object): void {
		this.#options.srtp = srtp;
	}

	/** What `start` was told of the path. */
	roundTrip: number | undefined;

	start(roundTrip = 0): void {
		this.roundTrip = roundTrip;
		this.state = "connecting";
		if (this.#options.role === "client") {
			this.#send("hello");
			this.#again = schedule(() => this.#send("hello"), patience, patience);
		}
		for (const data of this.#early.splice(0)) this.#receive(data);
	}

	close(): void {
		if (this.#closed) return;
		if (this.state === "connected") this.#send("close");
		this.#closed = true;
		if (this.#again) cancel(this.#again);
		Dtls.open.delete(this);
		countNative(-1);
	}

	/** Data of the segment above. */
	send(data: unknown): void {
		this.#options.path.send({ dtls: "data", fingerprint: this.#options.certificate.fingerprint, data });
	}

	#send(dtls: string): void {
		this.#options.path.send({ dtls, fingerprint: this.#options.certificate.fingerprint });
	}

	#receive(data: { dtls: string; fingerprint: string; data?: unknown }): void {
		const { dtls, fingerprint } = data;
		if (this.#closed) return;
		if (dtls === "data") {
			if (this.state === "connected") this.onData?.(data.data);
			return;
		}
		if (this.state === "new") this.#early.push(data);
		else if (dtls === "close") this.#set("closed");
		else if (this.#options.fingerprints.some(({ value }) => value === fingerprint)) {
			if (dtls === "hello") this.#send("finished");
			this.#set("connected");
		} else {
			this.reason = "dtls/fingerprint-mismatch";
			this.message = "the certificate is not the one that was signaled";
			this.#set("failed");
		}
	}

	#set(state: Dtls["state"]): void {
		if (this.state === state) return;
		this.state = state;
		if (this.#again) cancel(this.#again);
		if (state === "connected") this.onConnected?.();
		this.#options.onState.call(this);
	}
}
