// SPDX-License-Identifier: Apache-2.0
// Talks with OpenAI's realtime API: a microphone there, a loudspeaker here, and events by a data channel.
import { flag, number, text } from "examples/config";
import { audio, play } from "examples/media";
import received from "examples/received";
import simulator from "examples/simulator";
import trust from "examples/trust";
import Timer from "timer";
import Conversation from "voice-assistant/conversation";
import keySource, { type Keys } from "voice-assistant/keys";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import type { AudioCapture } from "webrtc/media";
import { defaultMedia } from "webrtc/media/defaults";
import { smallData, type RTCDataChannel } from "webrtc/peer";
import OpenAIRealtimeSignaling, { eventsLabel, serverId } from "webrtc/signaling/openai";

const echo = 300; // ms that the room still sounds
const largestEvent = 32_768; // bytes

/** No microphone while the assistant speaks: without it, it hears itself. */
class HalfDuplex {
	#app: () => WebRTCApp;
	#microphone: AudioCapture | undefined;
	#timer: Timer | undefined;

	constructor(app: () => WebRTCApp, microphone: AudioCapture | undefined) {
		this.#app = app;
		this.#microphone = microphone;
	}

	onSpeaking(speaks: boolean): void {
		this.stop();
		if (speaks) this.hear(null);
		else
			this.#timer = Timer.set(() => {
				this.#timer = undefined;
				this.hear(this.#microphone ?? null);
			}, echo);
	}

	stop(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	private hear(microphone: AudioCapture | null): void {
		const sender = this.#app().connection(serverId)?.getSenders()[0];
		sender?.replaceTrack(microphone).catch((error: Error) => trace(`microphone: ${error.message}\n`));
	}
}

async function start(keys: Keys): Promise<void> {
	const signaling = new OpenAIRealtimeSignaling({ key: () => keys.next(), url: text("url"), ...trust() });
	const media = defaultMedia({ video: false, audio: audio(), play: play() || { output: "speaker" } });
	const microphone = new HalfDuplex(() => app, media.audioCapture);
	const halfDuplex = flag("halfDuplex") ?? true;
	let conversation: Conversation | undefined;
	let isLive = false;
	const begin = (channel: RTCDataChannel) => {
		const surroundings = {
			send: (event: string) => channel.send(event),
			onSpeaking: (speaks: boolean) => halfDuplex && microphone.onSpeaking(speaks),
			print: (line: string) => trace(`${line}\n`),
		};
		const greeting = text("greeting") ?? "Greet the user in one short sentence.";
		conversation = new Conversation(surroundings, greeting, text("instructions"));
	};
	const app: WebRTCApp = new WebRTCApp({
		signaling,
		role: "viewer", // the offer is ours
		media: "audio",
		port: number("udpPort", 0, 65535),
		maximumSessions: 1,
		...media,
		data: {
			...smallData,
			maxMessageSize: largestEvent,
			receiveQueue: largestEvent,
			control: eventsLabel,
			onOpen: (_peerId, channel) => channel.label === eventsLabel && begin(channel),
			onMessage: (_peerId, _channel, data) => typeof data === "string" && conversation?.take(data),
			onClose: () => microphone.stop(),
		},
		onEvent: ({ type, error }: WebRTCAppEvent) => {
			if (error) trace(`${type}: ${error.message}${reasonOf(error.cause)}\n`);
			else if (type === "peerConnected") trace("The call is there.\n");
			else if (type === "peerDisconnected") trace("The call has ended.\n");
			// A key that is refused is the end, later, too.
			if (isLive && type === "signalingDisconnected" && signaling.state === "failed") simulator?.exit(1);
		},
	});
	const interval = number("report") ?? 0;
	const timer = interval ? Timer.repeat(() => void received(app, serverId), interval * 1000) : undefined;
	simulator?.onTerminate(() => {
		Timer.clear(timer);
		microphone.stop();
		app.terminate();
		keys.close();
	});
	await app.run();
	isLive = true;
}

/** Of keys that do not come: theirs are our own words. */
function reasonOf(cause: unknown): string {
	return cause instanceof Error ? `: ${cause.message}` : "";
}

export default function main(): void {
	const keys = keySource();
	if (!keys) {
		trace(
			"key or keyURL: an ephemeral key, or a server of yours that gives one. To try it without: npm run assistant\n",
		);
		simulator?.exit(2);
		return;
	}
	start(keys).catch((error: Error) => {
		trace(`The assistant cannot be called: ${error.message}\n`);
		simulator?.exit(1);
	});
}
