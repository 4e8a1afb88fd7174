// SPDX-License-Identifier: Apache-2.0
// JSEP (RFC 9429): the descriptions of both sides, current and pending, the offer and answer made last, and which
// transceiver is which media section. No I/O and no natives: descriptions in, and what is to be carried out, back.
import WebRTCError from "webrtc/error";
import associate, { type Association } from "webrtc/peer/association";
import Continuation from "webrtc/peer/continuation";
import Description, { type DescriptionType } from "webrtc/peer/description";
import type { IceParameters } from "webrtc/peer/ice";
import Drafts from "webrtc/peer/drafts";
import type { DataWishes, Effects, Incoming, LocalTransport, MediaKind, Negotiable } from "webrtc/peer/negotiable";
import NegotiationNeeded from "webrtc/peer/needed";
import * as sdp from "webrtc/sdp";

/** W3C webrtc section 4.3.1. */
export type RTCSignalingState =
	"stable" | "have-local-offer" | "have-remote-offer" | "have-local-pranswer" | "have-remote-pranswer" | "closed";

export interface NegotiationOptions<T extends Negotiable> {
	/** Digits (RFC 9429 section 5.2.1). */
	sessionId: string;
	/** RFC 7022. */
	cname: string;
	/** What a remote description may hold. Default: what suits a board. */
	limits?: Partial<sdp.SdpLimits> | undefined;
	owner: NegotiationOwner<T>;
}

/** What a connection is to its negotiation. */
export interface NegotiationOwner<T> {
	/** Of data channels. */
	readonly data: DataWishes;
	/** Makes the transceiver of a section that a remote offer brings, and that none of those here can serve. */
	make(kind: MediaKind): T;
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

const none: readonly never[] = Object.freeze([]);
const noEffects: Effects<never> = Object.freeze({ incoming: none, ended: none, withdrawn: none });

/** Every method checks first and throws with nothing changed, or does all of it. */
export default class Negotiation<T extends Negotiable> {
	/** What would make a new offer necessary. */
	readonly needed = new NegotiationNeeded<T>();
	#owner: NegotiationOwner<T>;
	#dataMid: string | null = null; // the agreed section of data channels
	#limits: Partial<sdp.SdpLimits> | undefined;
	#transceivers: T[] = [];
	#state: RTCSignalingState = "stable";
	#current: Descriptions = {};
	#pending: Descriptions = {};
	#drafts: Drafts<T>;
	#plan: sdp.AnswerPlan | undefined; // of the pending remote offer; undefined: what went into it has changed
	#places: readonly (T | undefined)[] = none; // of the sections of what is pending
	#made: readonly T[] = none; // for the pending remote offer
	#stable: StableMids<T> | undefined;
	#continuation = new Continuation();
	#refusals: readonly sdp.Refusal[] = none;

	constructor({ sessionId, cname, limits, owner }: NegotiationOptions<T>) {
		this.#owner = owner;
		this.#limits = limits;
		this.#drafts = new Drafts(sessionId, cname);
	}

	get cname(): string {
		return this.#drafts.cname;
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
		return (this.#owner.data.isWanted && this.#dataMid === null) || this.needed.check(this.#transceivers);
	}

	/**
	 * The offer for what is wanted now. Without side effects: twice the same gives the same text.
	 * @throws WebRTCError "peer/invalid-state"
	 */
	createOffer(transport: LocalTransport): Description {
		this.check("createOffer", "stable", "have-local-offer");
		return this.#drafts.makeOffer(
			this.#transceivers,
			this.#dataMid !== null || this.#owner.data.isWanted
				? this.localData(this.#dataMid ?? undefined)
				: undefined,
			transport,
			this.#current.local?.parsed,
		).description;
	}

	/**
	 * The answer to the pending remote offer. Without side effects, as createOffer.
	 * @throws WebRTCError "peer/invalid-state", or "sdp/…" when nothing of a first offer can be taken
	 */
	createAnswer(transport: LocalTransport): Description {
		this.check("createAnswer", "have-remote-offer", "have-local-pranswer");
		const remote = this.#pending.remote!.parsed;
		const plan = (this.#plan ??= sdp.planAnswer(remote, this.answerMedia(this.#places, remote)));
		this.#refusals = plan.refusals;
		const mayRefuseAll = this.#current.remote !== undefined;
		const setup = this.#continuation.setup ?? "active";
		const options = { remote, plan, mayRefuseAll, transport: { ...transport, setup } };
		return this.#drafts.makeAnswer(options, this.#places).description;
	}

	/**
	 * Puts a description of this side in force.
	 * @param text what createOffer or createAnswer gave last; undefined: it is made now
	 * @throws WebRTCError "peer/invalid-state", "peer/invalid-modification" for another text
	 */
	setLocal(type: DescriptionType, text: string | undefined, transport: LocalTransport): Effects<T> {
		const method = `setLocalDescription(${type})`;
		if (type === "offer") this.check(method, "stable", "have-local-offer");
		else this.check(method, "have-remote-offer", "have-local-pranswer");
		const side = type === "offer" ? "offer" : "answer";
		const known = this.#drafts[side];
		if (text !== undefined && !known?.description.isOf(text)) {
			const message = `${method}: the text is not what createOffer or createAnswer gave last`;
			throw new WebRTCError("peer/invalid-modification", message);
		}
		if (text === undefined) {
			if (type === "offer") this.createOffer(transport);
			else this.createAnswer(transport);
		}
		const draft = this.#drafts[side]!;
		this.#drafts.taken(draft);
		if (type !== "offer") return this.conclude(draft.description.as(type), this.#pending.remote!, "answerer");
		this.leaveStable();
		this.#pending = { local: draft.description };
		this.needed.offered();
		this.associate(draft.places, draft.description);
		this.#state = "have-local-offer";
		const tagged = sdp.taggedSection(draft.description.parsed);
		return tagged && this.#continuation.isMoved(tagged.mid) ? { ...noEffects, mayMove: true } : noEffects;
	}

	/**
	 * Checks a remote description, and plans what becomes of it. Nothing is changed.
	 * @param required the kind of media that is worth a session: a first offer that wants it, and cannot have it, is refused
	 * @throws WebRTCError "peer/invalid-state", or "sdp/…" when it cannot be used
	 */
	planRemote(type: DescriptionType, text: string, required?: MediaKind): RemotePlan<T> {
		const method = `setRemoteDescription(${type})`;
		if (type === "offer") this.check(method, "stable", "have-local-offer", "have-remote-offer");
		else this.check(method, "have-local-offer", "have-remote-pranswer");
		const description = new Description(type, text, this.#limits);
		return type === "offer" ? this.planOffer(description, required) : this.planRemoteAnswer(description);
	}

	/** Puts a remote description in force. It cannot fail. */
	commit(plan: RemotePlan<T>): Effects<T> {
		const { description, association, transport } = plan;
		if (description.type !== "offer") {
			const controlling = this.#current.remote ? undefined : true;
			return { ...this.conclude(this.#pending.local!, description, "offerer"), controlling };
		}
		const withdrawn = plan.rollsBack ? this.rollBack() : [];
		this.leaveStable();
		this.#pending = { remote: description };
		this.#transceivers.push(...association.made);
		this.#made = [...this.#made, ...association.made];
		this.associate(association.places, description);
		this.#drafts.answer = undefined;
		this.#plan = plan.answer;
		this.#refusals = plan.answer?.refusals ?? none;
		this.#state = "have-remote-offer";
		// RFC 8445 section 6.1.1: the offerer controls, unless only one of the two is a full agent.
		const controlling = this.#current.remote ? undefined : transport?.iceLite;
		return { ...noEffects, remote: transport, controlling, incoming: this.offered(description), withdrawn };
	}

	/**
	 * Takes the pending offer back.
	 * @throws WebRTCError "peer/invalid-state" when there is none of that side
	 */
	rollback(side: "local" | "remote"): Effects<T> {
		const method = side === "local" ? "setLocalDescription(rollback)" : "setRemoteDescription(rollback)";
		this.check(method, "have-local-offer", "have-remote-offer");
		return { ...noEffects, withdrawn: this.rollBack() };
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
		this.#drafts.clear();
		this.#plan = this.#stable = undefined;
	}

	/** Gives memory of the machine back, when what was agreed stands in the transport and the transceivers. */
	release(): void {
		if (this.#state !== "stable") return;
		this.#current.local?.release();
		this.#current.remote?.release();
	}

	private planOffer(description: Description, required: MediaKind | undefined): RemotePlan<T> {
		const offer = description.parsed;
		const rollsBack = this.#state === "have-local-offer";
		const midOf = (one: T) => (rollsBack ? this.midWhenStable(one) : one.mid);
		const local = (one: T, mid: string) => this.#drafts.localMedia(one, mid);
		const make = (kind: MediaKind) => this.#owner.make(kind);
		const association = associate(offer, this.#transceivers, midOf, local, make);
		const answer = sdp.planAnswer(offer, this.answerMedia(association.places, offer));
		if (!this.#current.remote) sdp.checkAccepted(answer, required);
		const transport = answer.media.some(sdp.isLive) ? sdp.remoteTransport(offer, answer) : undefined;
		this.#continuation.checkOffer(offer, transport);
		return { description, transport, association, answer, rollsBack };
	}

	private planRemoteAnswer(description: Description): RemotePlan<T> {
		const offer = this.#pending.local!.parsed;
		const answer = description.parsed;
		sdp.validateAnswer(offer, answer);
		const transport = answer.media.some(sdp.isLive) ? sdp.remoteTransport(answer, offer) : undefined;
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
	private conclude(local: Description, remote: Description, weAre: "offerer" | "answerer"): Effects<T> {
		const { type } = weAre === "answerer" ? local : remote;
		const all = sdp.negotiated(local.parsed, remote.parsed, weAre);
		const sections = all.flatMap((media, place) => {
			const transceiver = this.#places[place];
			return transceiver ? [{ transceiver, media }] : [];
		});
		const incoming = sections.map(({ transceiver, media }) => ({
			transceiver,
			sends: sdp.receives(media.direction),
			msid: media.remoteMsid,
		}));
		const effects: Effects<T> = { ...noEffects, incoming };
		if (all.some(({ rejected }) => !rejected)) {
			effects.remote = sdp.remoteTransport(remote.parsed, local.parsed);
			const dtlsRole = sdp.dtlsRole(local.parsed, remote.parsed);
			const { fingerprints } = effects.remote;
			const isMoved = this.#continuation.isMoved(effects.remote.mid);
			const { data } = all.find((media) => media.data) ?? {};
			effects.agreement = { dtlsRole, fingerprints, sections, data, isMoved };
		}
		if (type === "pranswer") {
			this.#pending = { local, remote };
			this.#state = weAre === "answerer" ? "have-local-pranswer" : "have-remote-pranswer";
			return effects;
		}
		const ended = sections.filter(({ media }) => media.rejected).map(({ transceiver }) => transceiver);
		effects.ended = [...ended, ...this.#transceivers.filter(({ mid, stopping }) => mid === null && stopping)];
		this.#transceivers = this.#transceivers.filter((one) => !effects.ended.includes(one));
		this.#current = { local, remote };
		this.#dataMid = all.find(({ data }) => data)?.mid ?? null;
		this.#continuation.agree(all.length, effects.agreement, effects.remote?.mid);
		this.needed.agree(local.parsed, remote.parsed, weAre, this.#places);
		this.settle();
		return effects;
	}

	/** @returns the transceivers that are no more */
	private rollBack(): T[] {
		const withdrawn = this.#made.filter(({ hasTrack }) => !hasTrack);
		this.#transceivers = this.#transceivers.filter((one) => !withdrawn.includes(one));
		for (const transceiver of this.#transceivers) transceiver.mid = this.midWhenStable(transceiver);
		this.#refusals = none;
		this.needed.rolledBack();
		this.settle();
		return withdrawn;
	}

	private settle(): void {
		this.#pending = {};
		this.#drafts.clear();
		this.#plan = this.#stable = undefined;
		this.#places = this.#made = none;
		this.#state = "stable";
	}

	private leaveStable(): void {
		this.#stable ??= this.#transceivers.map((transceiver) => ({ transceiver, mid: transceiver.mid }));
	}

	private midWhenStable(transceiver: T): string | null {
		if (!this.#stable) return transceiver.mid;
		return this.#stable.find((entry) => entry.transceiver === transceiver)?.mid ?? null;
	}

	private associate(places: readonly (T | undefined)[], description: Description): void {
		this.#places = places;
		description.parsed.media.forEach(({ mid }, place) => {
			const transceiver = places[place];
			if (transceiver) transceiver.mid = mid ?? "";
		});
	}

	/** What the remote's offer would send. */
	private offered(description: Description): Incoming<T>[] {
		return description.parsed.media.flatMap((section, place) => {
			const transceiver = this.#places[place];
			if (!transceiver) return [];
			return [
				{ transceiver, sends: sdp.isLive(section) && sdp.sends(section.direction), msid: sdp.msidOf(section) },
			];
		});
	}

	/** By the places of the offer. */
	private answerMedia(
		places: readonly (T | undefined)[],
		offer: sdp.SessionDescription,
	): (sdp.LocalMedia | undefined)[] {
		const data = this.#owner.data.isAccepted ? offer.media.findIndex((section) => this.isForData(section)) : -1;
		return places.map((transceiver, place) => {
			const { mid } = offer.media[place]!;
			if (place === data) return this.localData(mid);
			return transceiver && this.#drafts.localMedia(transceiver, mid);
		});
	}

	private localData(mid: string | undefined): sdp.LocalMedia {
		const { maxMessageSize } = this.#owner.data;
		return { kind: "application", mid, direction: "sendrecv", codecs: [], extensions: [], maxMessageSize };
	}

	/** The section that has them, or else the first that offers them. */
	private isForData(section: sdp.MediaSection): boolean {
		const { kind, mid } = section;
		return kind === "application" && sdp.isLive(section) && (this.#dataMid === null || this.#dataMid === mid);
	}

	private check(method: string, ...states: RTCSignalingState[]): void {
		if (states.includes(this.#state)) return;
		throw new WebRTCError("peer/invalid-state", `${method} in the state "${this.#state}"`);
	}
}
