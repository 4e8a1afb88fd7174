// SPDX-License-Identifier: Apache-2.0
// JSEP (RFC 9429): the descriptions of both sides, current and pending, the offer and answer made last, and which
// transceiver is which media section. No I/O and no natives: descriptions in, and what is to be carried out, back.
import WebRTCError from "webrtc/error";
import associate, { type Association } from "webrtc/peer/association";
import Continuation from "webrtc/peer/continuation";
import Description, { type DescriptionType } from "webrtc/peer/description";
import { checkIce, type IceParameters } from "webrtc/peer/ice";
import type { Effects, Incoming, LocalTransport, MediaKind, Negotiable } from "webrtc/peer/negotiable";
import NegotiationNeeded from "webrtc/peer/needed";
import * as sdp from "webrtc/sdp";

export type RTCSignalingState =
	"stable" | "have-local-offer" | "have-remote-offer" | "have-local-pranswer" | "have-remote-pranswer" | "closed";

export interface NegotiationOptions<T extends Negotiable> {
	/** Digits (RFC 9429 section 5.2.1). */
	sessionId: string;
	/** RFC 7022. */
	cname: string;
	/** What a remote description may hold. Default: what suits a board. */
	limits?: Partial<sdp.SdpLimits> | undefined;
	/** Makes the transceiver of a section that a remote offer brings, and that none of those here can serve. */
	make(kind: MediaKind): T;
}

/** A description that this side made, good for as long as what went into it stays the same. */
interface Draft<T> extends Association<T> {
	readonly description: Description;
}

/** A remote description that was found good; `commit` puts it in force. */
export interface RemotePlan<T> {
	readonly description: Description;
	/** Where the remote's ICE is; undefined: every section is rejected. */
	readonly transport: sdp.RemoteTransport | undefined;
	readonly association: Association<T>;
	readonly answer: sdp.AnswerPlan | undefined;
	/** The local offer gives way (RFC 9429 section 4.1.10.2). */
	readonly rollsBack: boolean;
}

interface Descriptions {
	local?: Description;
	remote?: Description;
}

/** The mids as they were when all was stable; a transceiver that is not here had none. */
type StableMids<T> = { transceiver: T; mid: string | null }[];

const noEffects: Effects<never> = Object.freeze({ incoming: [], ended: [], withdrawn: [] });

/** Every method checks first and throws with nothing changed, or does all of it. */
export default class Negotiation<T extends Negotiable> {
	/** What would make a new offer necessary. */
	readonly needed = new NegotiationNeeded<T>();
	#options: NegotiationOptions<T>;
	#transceivers: T[] = [];
	#state: RTCSignalingState = "stable";
	#current: Descriptions = {};
	#pending: Descriptions = {};
	#offer: Draft<T> | undefined;
	#answer: Draft<T> | undefined;
	#plan: sdp.AnswerPlan | undefined; // of the pending remote offer; undefined: what went into it has changed
	#places: readonly (T | undefined)[] = []; // of the sections of the newest description
	#made: readonly T[] = []; // for the pending remote offer
	#stable: StableMids<T> | undefined;
	#continuation = new Continuation();
	#refusals: readonly sdp.Refusal[] = Object.freeze([]);
	#version = 0;

	constructor(options: NegotiationOptions<T>) {
		this.#options = options;
	}

	get state(): RTCSignalingState {
		return this.#state;
	}

	get transceivers(): readonly T[] {
		return this.#transceivers;
	}

	get currentLocal(): Description | undefined {
		return this.#current.local;
	}

	get currentRemote(): Description | undefined {
		return this.#current.remote;
	}

	get pendingLocal(): Description | undefined {
		return this.#pending.local;
	}

	get pendingRemote(): Description | undefined {
		return this.#pending.remote;
	}

	get local(): Description | undefined {
		return this.#pending.local ?? this.#current.local;
	}

	get remote(): Description | undefined {
		return this.#pending.remote ?? this.#current.remote;
	}

	/** Why live sections of the newest remote offer are not taken. */
	get refusals(): readonly sdp.Refusal[] {
		return this.#refusals;
	}

	/** The type of the local description that is due when none is named. */
	get due(): "offer" | "answer" {
		return this.#state === "have-remote-offer" || this.#state === "have-local-pranswer" ? "answer" : "offer";
	}

	add(transceiver: T): void {
		this.#transceivers.push(transceiver);
		this.changed();
	}

	/** Something that a transceiver wants is other than it was. */
	changed(): void {
		this.#plan = undefined;
	}

	/** Whether this side should make an offer (W3C webrtc section 4.7.3); only asked in the state "stable". */
	isNeeded(): boolean {
		return this.needed.check(this.#transceivers);
	}

	/**
	 * The offer for what is wanted now. Without side effects: twice the same gives the same text.
	 * @throws WebRTCError "peer/invalid-state"
	 */
	createOffer(transport: LocalTransport): Description {
		this.#check("createOffer", "stable", "have-local-offer");
		const current = this.#current.local?.parsed;
		const mids = this.#newMids();
		const media = this.#transceivers
			.filter((one) => !one.stopping || mids.get(one) === undefined)
			.map((one) => this.#localMedia(one, mids.get(one) ?? one.mid ?? undefined));
		const make = (sessionVersion: number) =>
			sdp.createOffer({
				...this.#session(sessionVersion),
				media,
				transport: { ...transport, setup: "actpass" },
				current,
			});
		const description = this.#draft("offer", make, this.#offer);
		const places = description.parsed.media.map(({ mid }) =>
			this.#transceivers.find((one) => (mids.get(one) ?? one.mid) === mid),
		);
		this.#offer = { description, places, made: [] };
		return description;
	}

	/**
	 * The answer to the pending remote offer. Without side effects, as createOffer.
	 * @throws WebRTCError "peer/invalid-state", or "sdp/…" when nothing of a first offer can be taken
	 */
	createAnswer(transport: LocalTransport): Description {
		this.#check("createAnswer", "have-remote-offer", "have-local-pranswer");
		const remote = this.#pending.remote!.parsed;
		const plan = (this.#plan ??= sdp.planAnswer(remote, this.#answerMedia(this.#places, remote)));
		this.#refusals = plan.refusals;
		const setup = this.#continuation.setup ?? "active";
		const make = (sessionVersion: number) =>
			sdp.createAnswer({
				...this.#session(sessionVersion),
				remote,
				media: [],
				plan,
				mayRefuseAll: this.#current.remote !== undefined,
				transport: { ...transport, setup },
			});
		const description = this.#draft("answer", make, this.#answer);
		this.#answer = { description, places: this.#places, made: [] };
		return description;
	}

	/**
	 * Puts a description of this side in force.
	 * @param text what createOffer or createAnswer gave last; undefined: it is made now
	 * @throws WebRTCError "peer/invalid-state", "peer/invalid-modification" for another text
	 */
	setLocal(type: DescriptionType, text: string | undefined, transport: LocalTransport): Effects<T> {
		const method = `setLocalDescription(${type})`;
		if (type === "offer") this.#check(method, "stable", "have-local-offer");
		else this.#check(method, "have-remote-offer", "have-local-pranswer");
		const known = type === "offer" ? this.#offer : this.#answer;
		if (text !== undefined && known?.description.text !== text) {
			const message = `${method}: the text is not what create${type === "offer" ? "Offer" : "Answer"} gave last`;
			throw new WebRTCError("peer/invalid-modification", message);
		}
		if (text === undefined) {
			if (type === "offer") this.createOffer(transport);
			else this.createAnswer(transport);
		}
		const draft = (type === "offer" ? this.#offer : this.#answer)!;
		this.#version = Number(draft.description.parsed.origin.sessionVersion);
		if (type !== "offer") return this.#conclude(draft.description.as(type), this.#pending.remote!, "answerer");
		this.#leaveStable();
		this.#pending = { local: draft.description };
		this.needed.offered();
		this.#associate(draft.places, draft.description);
		this.#state = "have-local-offer";
		return noEffects;
	}

	/**
	 * Checks a remote description, and plans what becomes of it. Nothing is changed.
	 * @param required the kind of media that is worth a session: a first offer that wants it, and cannot have it, is refused
	 * @throws WebRTCError "peer/invalid-state", or "sdp/…" when it cannot be used
	 */
	planRemote(type: DescriptionType, text: string, required?: MediaKind): RemotePlan<T> {
		const method = `setRemoteDescription(${type})`;
		if (type === "offer") this.#check(method, "stable", "have-local-offer", "have-remote-offer");
		else this.#check(method, "have-local-offer", "have-remote-pranswer");
		const description = new Description(type, text, this.#options.limits);
		return type === "offer" ? this.#planOffer(description, required) : this.#planAnswer(description);
	}

	/** Puts a remote description in force. It cannot fail. */
	commit(plan: RemotePlan<T>): Effects<T> {
		const { description, association, transport } = plan;
		if (description.type !== "offer") {
			const controlling = this.#current.remote ? undefined : true;
			return { ...this.#conclude(this.#pending.local!, description, "offerer"), controlling };
		}
		const withdrawn = plan.rollsBack ? this.#rollBack() : [];
		this.#leaveStable();
		this.#pending = { remote: description };
		this.#transceivers.push(...association.made);
		this.#made = [...this.#made, ...association.made];
		this.#associate(association.places, description);
		this.#answer = undefined;
		this.#plan = plan.answer;
		this.#refusals = plan.answer?.refusals ?? [];
		this.#state = "have-remote-offer";
		// RFC 8445 section 6.1.1: the offerer controls, unless only one of the two is a full agent.
		const controlling = this.#current.remote ? undefined : transport?.iceLite;
		return { ...noEffects, remote: transport, controlling, incoming: this.#offered(description), withdrawn };
	}

	/**
	 * Takes the pending offer back.
	 * @throws WebRTCError "peer/invalid-state" when there is none of that side
	 */
	rollback(side: "local" | "remote"): Effects<T> {
		const method = side === "local" ? "setLocalDescription(rollback)" : "setRemoteDescription(rollback)";
		this.#check(method, "have-local-offer", "have-remote-offer");
		return { ...noEffects, withdrawn: this.#rollBack() };
	}

	/**
	 * A local candidate has been found: the local description has it from now on.
	 * @returns its section, for those who tell of it
	 */
	addLocalCandidate(candidate: string): { mid: string | null; index: number } {
		const { local } = this;
		const section = local && sdp.taggedSection(local.parsed);
		if (!section) return { mid: null, index: 0 };
		if (!section.candidates.includes(candidate)) local.edit(() => section.candidates.push(candidate));
		return { mid: section.mid ?? null, index: local.parsed.media.indexOf(section) };
	}

	/** There are no more. */
	endLocalCandidates(): void {
		const { local } = this;
		const section = local && sdp.taggedSection(local.parsed);
		if (section && !section.endOfCandidates) local.edit(() => (section.endOfCandidates = true));
	}

	/** ICE has restarted without descriptions: those in force say what is true now. */
	replaceIce(remote: IceParameters, local: IceParameters): void {
		this.#current.remote?.edit((parsed) => sdp.replaceIce(parsed, remote));
		this.#current.local?.edit((parsed) => sdp.replaceIce(parsed, local));
	}

	close(): void {
		this.#state = "closed";
		this.#offer = this.#answer = this.#plan = this.#stable = undefined;
	}

	/** Gives memory of the machine back, when what was agreed stands in the transport and the transceivers. */
	release(): void {
		if (this.#state !== "stable") return;
		this.#current.local?.release();
		this.#current.remote?.release();
	}

	#planOffer(description: Description, required: MediaKind | undefined): RemotePlan<T> {
		const offer = description.parsed;
		const rollsBack = this.#state === "have-local-offer";
		const midOf = (one: T) => (rollsBack ? this.#midWhenStable(one) : one.mid);
		const local = (one: T, mid: string) => this.#localMedia(one, mid);
		const association = associate(offer, this.#transceivers, midOf, local, (kind) => this.#options.make(kind));
		const answer = sdp.planAnswer(offer, this.#answerMedia(association.places, offer));
		if (!this.#current.remote) sdp.checkAccepted(answer, required);
		const transport = answer.media.some(sdp.isLive) ? sdp.remoteTransport(offer, answer) : undefined;
		if (transport) checkIce(transport);
		this.#continuation.checkOffer(offer, transport);
		return { description, transport, association, answer, rollsBack };
	}

	#planAnswer(description: Description): RemotePlan<T> {
		const offer = this.#pending.local!.parsed;
		const answer = description.parsed;
		sdp.validateAnswer(offer, answer);
		const transport = answer.media.some(sdp.isLive) ? sdp.remoteTransport(answer, offer) : undefined;
		if (transport) checkIce(transport);
		if (transport) this.#continuation.checkAnswer(sdp.dtlsRole(offer, answer), transport);
		return {
			description,
			transport,
			association: { places: this.#places, made: [] },
			answer: undefined,
			rollsBack: false,
		};
	}

	/** Offer and answer are both there. A provisional one is carried out as well, but may be followed by another. */
	#conclude(local: Description, remote: Description, weAre: "offerer" | "answerer"): Effects<T> {
		const { type } = weAre === "answerer" ? local : remote;
		const effects: Effects<T> = { ...noEffects, incoming: [], ended: [] };
		const all = sdp.negotiated(local.parsed, remote.parsed, weAre);
		const sections = all.flatMap((media, place) => {
			const transceiver = this.#places[place];
			return transceiver ? [{ transceiver, media }] : [];
		});
		for (const { transceiver, media } of sections) {
			const sends = sdp.receives(media.direction);
			effects.incoming.push({ transceiver, sends, msid: media.remoteMsid });
		}
		if (all.some(({ rejected }) => !rejected)) {
			effects.remote = sdp.remoteTransport(remote.parsed, local.parsed);
			const dtlsRole = sdp.dtlsRole(local.parsed, remote.parsed);
			const { fingerprints } = effects.remote;
			effects.agreement = { dtlsRole, fingerprints, sections };
		}
		this.#answer = undefined;
		if (type === "pranswer") {
			this.#pending = { local, remote };
			this.#state = weAre === "answerer" ? "have-local-pranswer" : "have-remote-pranswer";
			return effects;
		}
		const ended = sections.filter(({ media }) => media.rejected).map(({ transceiver }) => transceiver);
		effects.ended = [...ended, ...this.#transceivers.filter(({ mid, stopping }) => mid === null && stopping)];
		this.#transceivers = this.#transceivers.filter((one) => !effects.ended.includes(one));
		this.#current = { local, remote };
		this.#continuation.agree(all.length, effects.agreement);
		this.needed.agree(local.parsed, remote.parsed, weAre, this.#places);
		this.#settle();
		return effects;
	}

	/** @returns the transceivers that are no more */
	#rollBack(): T[] {
		const withdrawn = this.#made.filter(({ hasTrack }) => !hasTrack);
		this.#transceivers = this.#transceivers.filter((one) => !withdrawn.includes(one));
		for (const transceiver of this.#transceivers) transceiver.mid = this.#midWhenStable(transceiver);
		this.#refusals = [];
		this.needed.rolledBack();
		this.#settle();
		return withdrawn;
	}

	#settle(): void {
		this.#pending = {};
		this.#offer = this.#answer = this.#plan = this.#stable = undefined;
		this.#places = this.#made = [];
		this.#state = "stable";
	}

	#leaveStable(): void {
		this.#stable ??= this.#transceivers.map((transceiver) => ({ transceiver, mid: transceiver.mid }));
	}

	#midWhenStable(transceiver: T): string | null {
		if (!this.#stable) return transceiver.mid;
		return this.#stable.find((entry) => entry.transceiver === transceiver)?.mid ?? null;
	}

	#associate(places: readonly (T | undefined)[], description: Description): void {
		this.#places = places;
		description.parsed.media.forEach(({ mid }, place) => {
			const transceiver = places[place];
			if (transceiver) transceiver.mid = mid ?? "";
		});
	}

	/** What the remote's offer would send. */
	#offered(description: Description): Incoming<T>[] {
		return description.parsed.media.flatMap((section, place) => {
			const transceiver = this.#places[place];
			if (!transceiver) return [];
			return [{ transceiver, sends: sdp.isLive(section) && sdp.sends(section.direction), msid: section.msid }];
		});
	}

	/** The name that each transceiver without one gets with the next offer. */
	#newMids(): Map<T, string> {
		const taken = [
			...this.#transceivers.map(({ mid }) => mid),
			...(this.#current.local?.parsed.media ?? []).map(({ mid }) => mid),
		];
		const mids = new Map<T, string>();
		let number = 0;
		for (const transceiver of this.#transceivers) {
			if (transceiver.mid !== null || transceiver.stopping) continue;
			while (taken.includes(String(number))) number++;
			mids.set(transceiver, String(number++));
		}
		return mids;
	}

	/** By the places of the offer. */
	#answerMedia(places: readonly (T | undefined)[], offer: sdp.SessionDescription): (sdp.LocalMedia | undefined)[] {
		return places.map(
			(transceiver, place) => transceiver && this.#localMedia(transceiver, offer.media[place]!.mid),
		);
	}

	#localMedia(transceiver: T, mid: string | undefined): sdp.LocalMedia {
		const { kind, direction, codecs, msid, ssrc, stopping: stopped } = transceiver;
		const { cname } = this.#options;
		return {
			kind,
			mid: mid || undefined,
			direction,
			codecs,
			extensions: [sdp.midExtension],
			msid,
			ssrc,
			cname,
			stopped,
		};
	}

	#session(sessionVersion: number): { sessionId: string; sessionVersion: number } {
		return { sessionId: this.#options.sessionId, sessionVersion };
	}

	/** What is the same as last time keeps its version, and so its text. */
	#draft(
		type: "offer" | "answer",
		make: (version: number) => sdp.SessionDescription,
		known: Draft<T> | undefined,
	): Description {
		const version = known ? Number(known.description.parsed.origin.sessionVersion) : this.#version + 1;
		const description = new Description(type, make(version));
		if (!known) return description;
		if (description.text === known.description.text) return known.description;
		return new Description(type, make(version + 1));
	}

	#check(method: string, ...states: RTCSignalingState[]): void {
		if (states.includes(this.#state)) return;
		throw new WebRTCError("peer/invalid-state", `${method} in the state "${this.#state}"`);
	}
}
