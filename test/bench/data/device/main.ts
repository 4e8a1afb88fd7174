// SPDX-License-Identifier: Apache-2.0
// One side of the bench of data channels, in a machine with a desktop's heaps: it floods, counts what comes, sends back, and
// measures how long that takes.
import LineSignaling, { type Command } from "interop/lines";
import Time from "time";
import WebRTCApp from "webrtc/app";
import type { RTCDataChannel } from "webrtc/peer";

interface BenchCommand extends Command {
	label: string;
	count: number;
	size: number;
}

const high = 262_144; // bytes that may wait to be sent, and what is waited for before there are more: as in peer.mjs
const low = 65_536;
const channels = new Map<string, RTCDataChannel>();
const counts = { messages: 0, bytes: 0, first: 0, last: 0 };
let left = 0; // messages of the flood
let pings: { left: number; sent: number; times: number[]; message: ArrayBuffer } | undefined;

const now = (): number => Time.microseconds!;

function flood(channel: RTCDataChannel, count: number, size: number): void {
	const message = new ArrayBuffer(size);
	left = count;
	const fill = () => {
		for (; left && channel.bufferedAmount < high; left--) channel.send(message);
		if (!left) channel.onbufferedamountlow = null;
	};
	channel.bufferedAmountLowThreshold = low;
	channel.onbufferedamountlow = fill;
	fill();
}

function ping(channel: RTCDataChannel): void {
	pings!.sent = now();
	channel.send(pings!.message);
}

export default function main(): void {
	const tell = (peerId: string, name: string, message: unknown) =>
		signaling.tell(peerId, { type: "event", name, message });
	const onCommand = (peerId: string, command: Command) => {
		const { verb, label, count, size } = command as BenchCommand;
		if (verb === "offer") app.triggerOffer(peerId);
		else if (verb === "make") make(peerId, label);
		else if (verb === "flood") flood(channels.get(label)!, count, size);
		else if (verb === "stop") left = 0;
		else if (verb === "count") tell(peerId, "count", counts);
		else if (verb === "reset") tell(peerId, "reset", (counts.messages = counts.bytes = counts.first = 0));
		else if (verb === "ping") {
			pings = { left: count, sent: 0, times: [], message: new ArrayBuffer(64) };
			ping(channels.get(label)!);
		}
	};
	const signaling = new LineSignaling(onCommand);
	const adopt = (channel: RTCDataChannel) => channels.set(channel.label, channel);
	const make = (peerId: string, label: string) => {
		const channel = app.connection(peerId)!.createDataChannel(label);
		adopt(channel);
		channel.onopen = () => tell(peerId, "open", label);
		channel.onmessage = ({ data }) => onMessage(peerId, channel, data);
	};
	const onMessage = (peerId: string, channel: RTCDataChannel, data: string | ArrayBuffer) => {
		if (channel.label === "flood") {
			counts.last = now();
			counts.first ||= counts.last;
			counts.messages++;
			counts.bytes += (data as ArrayBuffer).byteLength;
		} else if (!pings) channel.send(data);
		else {
			pings.times.push(now() - pings.sent);
			if (--pings.left) return ping(channel);
			tell(peerId, "pinged", pings.times);
			pings = undefined;
		}
	};
	const app = new WebRTCApp({
		signaling,
		data: {
			control: "control", // so that the offer has them
			onOpen(peerId, channel) {
				adopt(channel);
				if (channel.label !== "control") tell(peerId, "open", channel.label);
			},
			onMessage,
		},
		onEvent({ type, peerId, error }) {
			if (peerId) tell(peerId, type, null);
			if (error) trace(`${type} ${error.message} (${error.code})\n`);
		},
	});
	app.run().then(
		() => {
			globalThis.simulator?.onTerminate(() => app.terminate());
			trace(`data at ${signaling.port}\n`);
		},
		(error: Error) => {
			trace(`${error.message}\n`);
			globalThis.simulator?.exit(1);
		},
	);
}
