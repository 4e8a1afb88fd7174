// SPDX-License-Identifier: Apache-2.0
// The Binding messages of ICE, written into one buffer at the moment they are sent. What waits to be sent is small:
// a transaction, or what a response needs.
import { reflexivePriority } from "webrtc/ice/candidate";
import type Generation from "webrtc/ice/generation";
import {
	attributeIceControlled,
	attributeIceControlling,
	attributePriority,
	attributeUseCandidate,
	attributeUsername,
	bindingError,
	bindingRequest,
	bindingSuccess,
	StunWriter,
	type StunCrypto,
} from "webrtc/ice/stun";
import type { Transaction } from "webrtc/ice/transactions";

/** A response that waits to be written. */
export interface PendingResponse {
	transactionId: Uint8Array;
	/** Where the request came from, and what it came by. */
	address: string;
	port: number;
	local: string;
	generation: Generation;
	/** 0: success */
	errorCode: number;
	/** For error 420. */
	unknown: readonly number[];
}

export default class Encoder {
	#crypto: StunCrypto;
	#tieBreaker: Uint8Array;
	#writer: StunWriter;

	/** @param writer others may use it, too */
	constructor(crypto: StunCrypto, tieBreaker: Uint8Array, writer: StunWriter) {
		this.#crypto = crypto;
		this.#tieBreaker = tieBreaker;
		this.#writer = writer;
	}

	/** RFC 8445 section 7.1. A consent check of the controlling agent nominates again, which does no harm, and heals. */
	request({ id, pair, kind, controlling }: Transaction): Uint8Array {
		const writer = this.#writer;
		const { username, remoteKey } = pair.generation;
		writer.begin(bindingRequest, id);
		writer.bytes(attributeUsername, username);
		writer.uint32(attributePriority, reflexivePriority(pair.local));
		writer.bytes(controlling ? attributeIceControlling : attributeIceControlled, this.#tieBreaker);
		if (controlling && kind !== "check") writer.flag(attributeUseCandidate);
		return this.end(remoteKey as ArrayBuffer);
	}

	/** RFC 8445 section 7.3.1 */
	response({ transactionId, address, port, generation, errorCode, unknown }: PendingResponse): Uint8Array {
		const writer = this.#writer;
		writer.begin(errorCode ? bindingError : bindingSuccess, transactionId);
		if (errorCode) writer.errorCode(errorCode);
		else writer.xorMappedAddress(address, port);
		if (unknown.length) writer.unknownAttributes(unknown);
		return this.end(generation.localKey);
	}

	private end(key: ArrayBuffer): Uint8Array {
		this.#writer.integrity(key, this.#crypto);
		this.#writer.fingerprint(this.#crypto);
		return this.#writer.end();
	}
}
