// SPDX-License-Identifier: Apache-2.0
// What a connection brings along, and nobody waits for: TURN servers and storage sessions, each with its schedule.
import WebRTCError from "webrtc/error";
import type { IceServer } from "webrtc/signaling";
import type Calls from "webrtc/signaling/kvs/calls";
import { patience, type Failure } from "webrtc/signaling/kvs/failure";
import IceSchedule from "webrtc/signaling/kvs/ice";
import { iceBody, joinBody, parseIceConfiguration } from "webrtc/signaling/kvs/requests";
import Backoff from "webrtc/device/backoff";
import StorageSchedule from "webrtc/signaling/kvs/storage";
import type { Action, Knowledge, MachineOptions } from "webrtc/signaling/kvs/types";

/** What it needs of the machine. */
export interface BackgroundHost {
	readonly knowledge: Readonly<Knowledge>;
	readonly calls: Calls;
	emit(action: Action): void;
	/** Reports a failure, and gives up what it has proved wrong. */
	learn(failure: Failure): void;
	/** Takes a description of the channel's media storage. */
	learnStorage(body: string): void;
	/** The connection is of no more use, or its endpoint is wrong: make another. */
	renew(now: number): void;
}

const manyFailures = 3; // in a row, after which the endpoint is asked for again, once
const slower = 4; // times the bound of the connection's back-off

export default class Background {
	#options: MachineOptions;
	#host: BackgroundHost;
	#ice: IceSchedule;
	#storage: StorageSchedule;
	#servers: IceServer[];

	constructor(options: MachineOptions, host: BackgroundHost) {
		const { timeouts, random, stunServer } = options;
		const backoff = () => new Backoff(timeouts.backoff, slower * timeouts.maximumBackoff, random);
		this.#options = options;
		this.#host = host;
		this.#ice = new IceSchedule(backoff(), random);
		this.#storage = new StorageSchedule(timeouts, backoff());
		this.#servers = stunServer === undefined ? [] : [{ urls: stunServer }];
	}

	get iceServers(): readonly IceServer[] {
		return this.#servers;
	}

	needsIceServers(now: number): boolean {
		return this.#ice.isNeeded(now);
	}

	/** While there is a connection. */
	get deadline(): number {
		return Math.min(this.#ice.due, this.#storage.due);
	}

	/** A connection is there. */
	start(now: number): void {
		const { storage, endpoints } = this.#host.knowledge;
		this.#ice.start(now);
		if (storage && endpoints?.webrtc) this.#storage.start(now);
		else this.#storage.stop();
	}

	/** It has ended. */
	suspend(now: number): void {
		this.#storage.suspend(now);
	}

	refreshIceServers(now: number): void {
		this.#ice.refresh(now);
	}

	/** An offer has come. */
	offered(peerId: string, now: number): void {
		// A master has offers of viewers too, whose names do not start so. To a viewer nobody else makes one.
		if (this.#options.role === "viewer" || peerId.slice(0, 4).toUpperCase() === "AWS_")
			this.#storage.offered(peerId, now);
	}

	/** A session has ended. */
	ended(peerId: string, now: number): void {
		if (this.#storage.ended(peerId, now)) this.report("rejected", "the storage session ended at once");
	}

	/** To be called while there is a connection. */
	handleTimeout(now: number): void {
		if (now >= this.#ice.due) this.getIceServers(now);
		const storage = this.#storage.expire(now);
		if (storage === "join") this.join(now);
		else if (storage === "missing") this.report("timeout", "no offer came for the storage session");
	}

	private report(code: "rejected" | "timeout", text: string): void {
		this.#host.emit({ type: "error", error: new WebRTCError(`signaling/${code}`, `KVS: ${text}`) });
	}

	private getIceServers(now: number): void {
		const { knowledge, calls, emit } = this.#host;
		const { arn, endpoints } = knowledge;
		if (!arn || !endpoints) return this.#ice.fail(now);
		this.#ice.asked(now);
		emit({ type: "progress", step: "getIceServers" });
		const body = iceBody(arn, this.#options.clientId);
		calls.start("getIceServerConfig", endpoints.https, body, now, (failure, text, later) => {
			if (failure) return this.iceFailed(failure, later);
			const { servers, ttl } = parseIceConfiguration(text);
			const { stunServer } = this.#options;
			this.#ice.succeed(ttl, later);
			this.#servers = stunServer === undefined ? servers : [{ urls: stunServer }, ...servers];
			emit({ type: "iceServers", servers: this.#servers });
		});
	}

	private iceFailed(failure: Failure, now: number): void {
		this.#host.learn(failure);
		this.#ice.fail(now, patience(failure));
		const { kind } = failure;
		const isOthersFault = ["credentials", "denied", "throttled", "clock"].includes(kind);
		if (kind === "channel" || (this.#ice.failures === manyFailures && !isOthersFault)) this.#host.renew(now);
	}

	private join(now: number): void {
		const { role, clientId } = this.#options;
		const { knowledge, calls } = this.#host;
		const { arn, endpoints } = knowledge;
		if (!arn || !endpoints?.webrtc) return this.#storage.failed(now);
		this.#storage.joining();
		const call = role === "master" ? "joinStorageSession" : "joinStorageSessionAsViewer";
		calls.start(call, endpoints.webrtc, joinBody(arn, clientId), now, (failure, _text, later) => {
			if (!failure) return this.#storage.accepted(later);
			this.#storage.failed(later, patience(failure));
			this.storageFailed(failure);
			if (failure.kind === "channel" || failure.kind === "request") this.describeStorage(arn, later);
		});
	}

	/** Whether it is enabled still. */
	private describeStorage(channelARN: string, now: number): void {
		const host = this.#host;
		const body = JSON.stringify({ ChannelARN: channelARN });
		host.calls.start("describeMediaStorageConfiguration", this.#options.control, body, now, (failure, text) => {
			if (failure) return this.storageFailed(failure);
			host.learnStorage(text);
			if (!host.knowledge.storage) this.#storage.stop();
		});
	}

	/** What is not found may be the stream or its session: nothing is wrong with the connection. */
	private storageFailed(failure: Failure): void {
		if (failure.kind === "channel") this.#host.emit({ type: "error", error: failure.error });
		else this.#host.learn(failure);
	}
}
