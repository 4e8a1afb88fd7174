// SPDX-License-Identifier: Apache-2.0
// A device that sends back what it gets, on the channel that it comes from, and does with its own channels what it is told.
import LineSignaling, { type Command } from "interop/lines";
import WebRTCApp from "webrtc/app";
import { memory } from "webrtc/native/port";
import type { RTCDataChannel, RTCDataChannelInit } from "webrtc/peer";

interface DataCommand extends Command {
	label?: string;
	init?: RTCDataChannelInit;
	count?: number;
	size?: number;
}

type Data = string | ArrayBuffer;

const waiting = new Map<RTCDataChannel, Data[]>(); // what finds no room yet
const channels = new Map<string, RTCDataChannel>(); // by peer and label

function echo(channel: RTCDataChannel, data: Data): void {
	const queue = waiting.get(channel) ?? [];
	waiting.set(channel, queue);
	queue.push(data);
	flush(channel);
}

function flush(channel: RTCDataChannel): void {
	const queue = waiting.get(channel);
	while (queue?.length && channel.readyState === "open") {
		try {
			channel.send(queue[0]!);
			queue.shift();
		} catch {
			channel.bufferedAmountLowThreshold = channel.bufferedAmount >> 1;
			channel.onbufferedamountlow = () => flush(channel);
			return;
		}
	}
}

/** Sends, whatever waits, until that is refused. @returns what was taken, and how the rest was refused */
function overfill(channel: RTCDataChannel, size: number): string {
	const message = new Uint32Array(size / 4);
	const before = memory().heap;
	for (let count = 0; ; message[0] = ++count) {
		try {
			channel.send(message);
		} catch (error) {
			return `${count} ${(error as Error).name} ${channel.bufferedAmount} ${memory().heap - before}`;
		}
	}
}

/** What has come on a channel of which nothing is sent back: messages that begin with their number. */
const sink = { messages: 0, isInOrder: true };

function sinkIn(data: Data): void {
	sink.isInOrder &&= new Uint32Array(data as ArrayBuffer, 0, 1)[0] === sink.messages;
	sink.messages++;
}

/** Fills a channel with messages of zeros that say their size. */
function flood(channel: RTCDataChannel, count: number, size: number): void {
	for (let i = 0; i < count; i++) echo(channel, new ArrayBuffer(size));
}

export default function main(): void {
	const tell = (peerId: string, name: string, message = "") =>
		signaling.tell(peerId, { type: "event", name, message });
	const adopt = (peerId: string, channel: RTCDataChannel) => {
		channels.set(`${peerId} ${channel.label}`, channel);
		channel.addEventListener("error", ({ error }) =>
			tell(peerId, "channel-error", `${channel.label} ${error.message}`),
		);
		channel.addEventListener("close", () => tell(peerId, "channel-closed", channel.label));
	};
	const perform = (peerId: string, { verb, label = "", init = {}, count = 0, size = 0 }: DataCommand) => {
		const channel = channels.get(`${peerId} ${label}`);
		if (verb === "offer") app.triggerOffer(peerId);
		else if (verb === "make") {
			const made = app.connection(peerId)!.createDataChannel(label, init);
			made.addEventListener("message", ({ data }) => echo(made, data));
			adopt(peerId, made);
		} else if (verb === "close") channel!.close();
		else if (verb === "overfill") tell(peerId, "refuses", overfill(channel!, size));
		else if (verb === "pause" || verb === "resume") app.connection(peerId)!.sctp!.paused = verb === "pause";
		else if (verb === "sunk") {
			tell(peerId, "sunk", `${sink.messages} ${sink.isInOrder} ${memory().heap}`);
			if (count) sink.messages = 0;
		} else if (verb === "shutdown") {
			const sctp = app.connection(peerId)!.sctp!;
			sctp.onstatechange = () => tell(peerId, "association", sctp.state);
			sctp.shutdown();
		} else if (verb === "flood") flood(channel!, count, size);
		else throw new TypeError(`verb: ${verb}`);
	};
	const signaling = new LineSignaling((peerId, command) => {
		try {
			perform(peerId, command as DataCommand);
		} catch (error) {
			tell(peerId, "refused", (error as Error).message);
		}
	});
	const app = new WebRTCApp({
		signaling,
		maximumSessions: 16,
		data: {
			control: "control",
			maxChannels: 256,
			sendQueue: 2_097_152,
			receiveQueue: 1_048_576,
			onOpen: adopt,
			onMessage: (_peerId, channel, data) => (channel.label === "sink" ? sinkIn(data) : echo(channel, data)),
			onClose(peerId, channel) {
				waiting.delete(channel);
				tell(peerId, "channel-over", channel.label);
			},
		},
		onEvent({ type, peerId, error }) {
			if (peerId) tell(peerId, type, error?.message);
			if (error) trace(`${type} ${peerId ?? ""} ${error.message} (${error.code})\n`);
		},
	});
	app.run().then(
		() => {
			globalThis.simulator?.onTerminate(() => app.terminate());
			trace(`data at ${signaling.port}\nthe devices are live\n`);
		},
		(error: Error) => {
			trace(`${error.message}\n`);
			globalThis.simulator?.exit(1);
		},
	);
}
