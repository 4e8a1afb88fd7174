// SPDX-License-Identifier: Apache-2.0
// A client in a room, and all that it says.
import type WebRTCError from "webrtc/error";
import type { IceServer, SignalingHandler, SignalingMessage, SignalingSide, SignalingState } from "webrtc/signaling";
import AppRTCSignaling, { type AppRTCSignalingOptions } from "webrtc/signaling/apprtc";
import { sdp, seeded } from "../kvs/client";
import type AppRTCService from "./service";

export default class Client implements SignalingHandler {
	readonly signaling: AppRTCSignaling;
	messages: SignalingMessage[] = [];
	states: SignalingState[] = [];
	errors: WebRTCError[] = [];
	servers: IceServer[][] = [];
	sides: SignalingSide[] = [];
	/** Makes offers when asked, and answers them. */
	active = true;

	constructor(service: AppRTCService, options: AppRTCSignalingOptions = {}) {
		this.signaling = new AppRTCSignaling({ ...service.dictionaries, room: "porch", random: seeded(1), ...options });
	}
	connect(): this {
		this.signaling.connect("master", this);
		return this;
	}
	onMessage(message: SignalingMessage): void {
		this.messages.push(message);
		const { peerId, type } = message;
		if (!this.active) return;
		if (type === "offer-request") this.signaling.send({ type: "offer", peerId, sdp: sdp("offer") });
		if (type === "offer") this.signaling.send({ type: "answer", peerId, sdp: sdp("answer") });
		if (type !== "offer-request" && type !== "offer") return;
		this.signaling.send({ type: "candidate", peerId, candidate: { candidate: "candidate:1", sdpMid: "0" } });
	}
	onStateChange(state: SignalingState): void {
		this.states.push(state);
	}
	onError(error: WebRTCError): void {
		this.errors.push(error);
	}
	onIceServers(servers: IceServer[]): void {
		this.servers.push(servers);
	}
	onSide(side: SignalingSide): void {
		this.sides.push(side);
	}
	types(): string[] {
		return this.messages.map(({ type }) => type);
	}
	codes(): string[] {
		return this.errors.map(({ code }) => code);
	}
}
