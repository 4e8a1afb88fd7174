// SPDX-License-Identifier: Apache-2.0
// One session of a peer with a device: what is negotiated, and what must come of it.
// @ts-check
import assert from "node:assert/strict";
import { DeviceSession } from "./device.mjs";
import { attribute, describe, isRefused, refuse, split, ufrag, withoutStrange, withStrange } from "./sdp.mjs";

/** @typedef {import("./peer.mjs").Peer} Peer */
/** @typedef {ReturnType<typeof describe>} Sections */
/** @typedef {"video" | "audio"} Kind */

const enough = Object.freeze({ video: 5, audio: 10 }); // pictures or packets that must come
const arrival = 10_000; // ms that they may take
const settling = 400; // ms for what is still under way
const silence = 600; // ms in which nothing may come

export class Scene {
	/** @type {Sections} the device's newest description; a refusal of either side counts */
	sections = [];
	/** The newest descriptions, for a report. */
	offer = "";
	answer = "";

	/** @param {Peer} peer @param {DeviceSession} device */
	constructor(peer, device) {
		this.peer = peer;
		this.device = device;
	}

	/**
	 * @param {Peer} peer
	 * @param {import("./device.mjs").Sends} sends what the device has
	 * @param {import("./device.mjs").Devices} [devices]
	 */
	static async begin(peer, sends, devices) {
		return new Scene(peer, await DeviceSession.open(sends, devices));
	}

	/** @param {{ strange?: number }} [change] the place of a section of an unknown kind that the peer does not know of */
	async peerOffers({ strange } = {}) {
		const own = await this.peer.do("offer");
		this.offer = strange === undefined ? own : withStrange(own, strange);
		this.device.send({ type: "offer", sdp: this.offer });
		const answer = await this.device.description("answer");
		this.answer = strange === undefined ? answer : withoutStrange(answer, strange);
		this.sections = describe(this.answer);
		await this.peer.do("accept", { sdp: this.answer });
	}

	/** @param {number[]} [refused] the sections that are turned down on the way, of which the peer hears no more */
	async deviceOffers(...refused) {
		this.device.command("offer");
		this.offer = await this.device.description("offer");
		const answer = await this.peer.do("answer", { sdp: this.offer });
		this.answer = refused.reduce(refuse, answer);
		const answered = describe(this.answer);
		this.sections = describe(this.offer).map((section, i) =>
			answered[i]?.refused ? { ...section, refused: true, sends: false } : section,
		);
		this.device.send({ type: "answer", sdp: this.answer });
	}

	/** The place of the section in which a kind is sent, or was. @param {Kind} kind */
	place(kind) {
		const live = this.sections.findIndex((section) => section.kind === kind && !section.refused);
		assert(live >= 0, `${kind}: every section is refused`);
		return live;
	}

	/** The ICE user fragments of the newest offer and answer. */
	get credentials() {
		return [ufrag(this.offer), ufrag(this.answer)];
	}

	/** Neither side's credentials are what they were (RFC 8839 section 4.4.1.1.1). @param {(string | undefined)[]} before */
	restarted(...before) {
		for (const name of this.credentials)
			assert(!before.includes(name), `the user fragment "${name}" is the old one`);
	}

	/** Whether the offer lets one transport carry everything. */
	get bundled() {
		const mids = attribute(split(this.offer).head, "group")?.split(" ").slice(1) ?? [];
		return mids.length > 1 || this.sections.length < 2;
	}

	/** Whether the answer takes the bundle apart, of which one transport is left: that of the first section. */
	get takenApart() {
		const { head, sections } = split(this.answer);
		return attribute(head, "group") === undefined && sections.filter((one) => !isRefused(one)).length > 1;
	}

	/** @param {number[]} places and no others are refused */
	refused(...places) {
		const found = this.sections.flatMap(({ refused }, i) => (refused ? [i] : []));
		assert.deepEqual(found, places, "the refused sections");
	}

	/** Media of each of these kinds comes, as the device's description says, and of no other. @param {Kind[]} kinds */
	async arrives(...kinds) {
		for (const kind of kinds) assert(this.#sent(kind), `the device does not say that it sends ${kind}`);
		const before = await this.peer.do("received");
		const start = Date.now();
		for (;;) {
			const now = await this.peer.do("received");
			const missing = kinds.filter((kind) => this.#growth(kind, before, now) < enough[kind]);
			if (!missing.length) break;
			const { told } = this.device;
			const report = `${JSON.stringify(now)} after ${JSON.stringify(before)}; the device: ${told.join("; ")}`;
			assert(Date.now() - start < arrival, `${missing.join(" and ")} did not arrive: ${report}`);
			await sleep(50);
		}
		for (const kind of /** @type {Kind[]} */ (["video", "audio"]))
			if (!kinds.includes(kind)) await this.silent(kind);
	}

	/** Nothing of a kind comes. @param {Kind} kind */
	async silent(kind) {
		const total = async () => {
			const all = /** @type {import("./w3c.mjs").Received[]} */ (await this.peer.do("received"));
			return all.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
		};
		if (!(await total())) return;
		await sleep(settling);
		const before = await total();
		await sleep(silence);
		assert.equal(await total(), before, `${kind} comes all the same`);
	}

	/** It has ended before it began, and the device knows. */
	turnedDown() {
		assert(this.device.told.some((line) => line.startsWith("peerConnectionFailed")));
		this.device.told.length = 0;
	}

	/** Ends it; the device must have seen nothing wrong. */
	end() {
		this.device.close();
		const wrong = this.device.told.filter((line) => /^(?:error|peerConnectionFailed|peerDisconnected)/.test(line));
		assert.deepEqual(wrong, []);
	}

	/** @param {Kind} kind */
	#sent(kind) {
		return this.sections.find((section) => section.kind === kind && section.sends);
	}

	/**
	 * How much has come with the SSRC and a payload type that the device has announced.
	 * @param {Kind} kind @param {import("./w3c.mjs").Received[]} before @param {import("./w3c.mjs").Received[]} now
	 */
	#growth(kind, before, now) {
		const section = this.#sent(kind);
		const isIt = (/** @type {import("./w3c.mjs").Received} */ one) => one.ssrc === section?.ssrc;
		const found = now.find(isIt);
		if (!found || !section?.payloadTypes.includes(found.payloadType)) return 0;
		return found.count - (before.find(isIt)?.count ?? 0);
	}
}

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
