// SPDX-License-Identifier: Apache-2.0
// A machine that a page controls by data channels: "control" for buttons and the log, "stick" for the joystick, of which a
// late message is worth nothing, and "file" for files. There is no media.
import announce from "examples/announce";
import { number } from "examples/config";
import { answer } from "examples/files";
import simulator from "examples/simulator";
import linkSecret from "lan-camera/link";
import Machine from "remote-control/machine";
import Transfer from "remote-control/transfer";
import WebRTCApp from "webrtc/app";
import type { RTCDataChannel } from "webrtc/peer";
import WHEPSignaling from "webrtc/signaling/whep";

const users = 3;
const transfers = new Map<RTCDataChannel, Transfer>();

async function start(): Promise<void> {
	const secret = linkSecret();
	const signaling = new WHEPSignaling({
		port: number("port", 0, 65535) ?? 80,
		token: secret,
		onRequest: answer,
	});
	const machine = new Machine(() => tell({ pins: machine.pins }));
	/** All who look on. Who does not listen misses it, and the next one has all of it. */
	const tell = (message: object) => {
		const text = JSON.stringify(message);
		for (const peerId of app.peers) {
			try {
				app.sendData(peerId, "control", text);
			} catch {
				continue; // it is not open yet, or too much waits
			}
		}
	};
	const control = (peerId: string, text: string) => {
		const { pin, on } = JSON.parse(text) as { pin?: unknown; on?: unknown };
		machine.toggle(pin, on);
		tell({ log: `${String(pin)} is ${on ? "on" : "off"}, by ${peerId.slice(0, 4)}` });
	};
	const app = new WebRTCApp({
		signaling,
		role: "master",
		port: number("udpPort", 0, 65535) ?? 0,
		maximumSessions: users,
		data: {
			maxChannels: 3,
			maxMessageSize: 16_384,
			sendQueue: 65_536,
			receiveQueue: 65_536,
			window: 65_536,
			streams: 16,
			onOpen(_peerId, channel) {
				if (channel.label === "file") transfers.set(channel, new Transfer(channel));
				else if (channel.label === "control") channel.send(JSON.stringify({ pins: machine.pins }));
			},
			onMessage(peerId, channel, data) {
				try {
					if (channel.label === "stick" && typeof data !== "string") machine.drive(data);
					else if (channel.label === "file") transfers.get(channel)?.take(data);
					else if (channel.label === "control" && typeof data === "string") control(peerId, data);
				} catch (error) {
					trace(`${channel.label} of ${peerId.slice(0, 8)}: ${(error as Error).message}\n`);
					channel.close(); // what it says is no sense
				}
			},
			onClose(_peerId, channel) {
				transfers.delete(channel);
				if (channel.label === "stick") machine.stop();
			},
		},
		onEvent({ type, peerId = "", error }) {
			if (error) trace(`${type} ${peerId.slice(0, 8)}: ${error.message} (${error.code})\n`);
			else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type} ${peerId.slice(0, 8)}\n`);
		},
	});
	simulator?.onTerminate(() => app.terminate());
	await app.run();
	announce(app, signaling.port, secret, "The machine is live. Who has this address controls it:");
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The machine cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
