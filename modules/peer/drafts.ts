// SPDX-License-Identifier: Apache-2.0
// The offer and the answer that this side made last, not yet in force: written from what its transceivers want.
import type { Association } from "webrtc/peer/association";
import Description from "webrtc/peer/description";
import type { LocalTransport, Negotiable } from "webrtc/peer/negotiable";
import * as sdp from "webrtc/sdp";

/** A description that this side made, good for as long as what went into it stays the same. */
export interface Draft<T> {
	readonly description: Description;
	readonly places: Association<T>["places"];
}

export default class Drafts<T extends Negotiable> {
	offer: Draft<T> | undefined;
	answer: Draft<T> | undefined;
	#sessionId: string;
	#cname: string;
	#version = 0;

	/**
	 * @param sessionId digits (RFC 9429 section 5.2.1)
	 * @param cname RFC 7022
	 */
	constructor(sessionId: string, cname: string) {
		this.#sessionId = sessionId;
		this.#cname = cname;
	}

	/** The names of the streams of this side, which belong together. */
	get cname(): string {
		return this.#cname;
	}

	/** @param current the local description that is in force */
	makeOffer(
		transceivers: readonly T[],
		data: sdp.LocalMedia | undefined,
		transport: LocalTransport,
		current?: sdp.SessionDescription,
	): Draft<T> {
		const mids = newMids(transceivers, current);
		const media = transceivers
			.filter((one) => !one.stopping || one.mid !== null)
			.map((one) => this.localMedia(one, mids.get(one) ?? one.mid ?? undefined));
		if (data) media.push(data);
		const description = this.make("offer", this.offer, (sessionVersion) =>
			sdp.createOffer({
				sessionId: this.#sessionId,
				sessionVersion,
				media,
				transport: { ...transport, setup: "actpass" },
				current,
			}),
		);
		const places = description.parsed.media.map(({ mid }) =>
			transceivers.find((one) => (mids.get(one) ?? one.mid) === mid),
		);
		return (this.offer = { description, places });
	}

	/** @param places the transceivers of the remote's sections */
	makeAnswer(
		options: Pick<sdp.AnswerOptions, "remote" | "transport" | "plan" | "mayRefuseAll">,
		places: Association<T>["places"],
	): Draft<T> {
		const description = this.make("answer", this.answer, (sessionVersion) =>
			sdp.createAnswer({ ...options, sessionId: this.#sessionId, sessionVersion, media: [] }),
		);
		return (this.answer = { description, places });
	}

	/** It is in force: those after it have a higher version. */
	taken({ description }: Draft<T>): void {
		this.#version = versionOf(description);
	}

	clear(): void {
		this.offer = this.answer = undefined;
	}

	localMedia(transceiver: T, mid: string | undefined): sdp.LocalMedia {
		const { kind, codecs, msid, ssrc, rtxSsrc, stopping: stopped } = transceiver;
		const direction = transceiver.direction === "stopped" ? "inactive" : transceiver.direction;
		const extensions = sdp.extensionsOf(kind);
		const cname = this.#cname;
		return { kind, mid: mid || undefined, direction, codecs, extensions, msid, ssrc, rtxSsrc, cname, stopped };
	}

	/** What is the same as last time keeps its version, and so its text. */
	private make(
		type: "offer" | "answer",
		last: Draft<T> | undefined,
		make: (version: number) => sdp.SessionDescription,
	): Description {
		const version = last ? versionOf(last.description) : this.#version + 1;
		const description = new Description(type, make(version));
		if (!last) return description;
		return description.text === last.description.text ? last.description : new Description(type, make(version + 1));
	}
}

function versionOf(description: Description): number {
	return Number(description.parsed.origin.sessionVersion);
}

/** The name that each transceiver without one gets with the next offer. */
function newMids<T extends Negotiable>(transceivers: readonly T[], current?: sdp.SessionDescription): Map<T, string> {
	const taken = [...transceivers, ...(current?.media ?? [])].map(({ mid }) => mid);
	const mids = new Map<T, string>();
	let number = 0;
	for (const transceiver of transceivers) {
		if (transceiver.mid !== null || transceiver.stopping) continue;
		while (taken.includes(String(number))) number++;
		mids.set(transceiver, String(number++));
	}
	return mids;
}
