// SPDX-License-Identifier: Apache-2.0
// A signaling client at the test's service, and all that it says.
import { CallbackCredentials } from "webrtc/aws/credentials";
import type WebRTCError from "webrtc/error";
import type { IceServer, SignalingHandler, SignalingMessage, SignalingRole, SignalingState } from "webrtc/signaling";
import KVSSignaling, { type KVSSignalingOptions } from "webrtc/signaling/kvs";
import type Service from "./service";

export default class Client implements SignalingHandler {
	readonly signaling: KVSSignaling;
	messages: SignalingMessage[] = [];
	states: SignalingState[] = [];
	errors: WebRTCError[] = [];
	servers: IceServer[][] = [];
	steps: string[] = [];
	credentialCalls = 0;
	/** Called for each offer. */
	answer: ((offer: SignalingMessage) => void) | undefined;

	constructor(service: Service, options: Partial<KVSSignalingOptions> = {}, lifetime = Infinity) {
		const credentials = new CallbackCredentials(() => {
			this.credentialCalls++;
			return service.issue(lifetime);
		});
		this.signaling = new KVSSignaling({
			...service.dictionaries,
			...(options.channelARN === undefined ? { channelName: "porch", region: "eu-west-1" } : {}),
			credentials,
			...options,
		});
	}

	connect(role: SignalingRole = "master"): this {
		this.signaling.connect(role, this);
		return this;
	}
	onMessage(message: SignalingMessage): void {
		this.messages.push(message);
		if (message.type === "offer") this.answer?.(message);
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
	onProgress(step: string): void {
		this.steps.push(step);
	}
	codes(): string[] {
		return this.errors.map(({ code }) => code);
	}
}

/** A random function of its own seed (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

export const sdp = (type: string) => `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${type}\r\nt=0 0\r\n`;
