// SPDX-License-Identifier: Apache-2.0
// A doorbell: pages hear it ring, see who is there, talk, and open the door. What is told goes by a data channel, picture and
// sound by a call of its own.
import { flag, number } from "examples/config";
import { answer } from "examples/files";
import { audio, play, video } from "examples/media";
import announce from "examples/announce";
import simulator from "examples/simulator";
import Talk from "examples/talk";
import linkSecret from "lan-camera/link";
import Bell from "doorbell/bell";
import Door from "doorbell/door";
import { makeDoorPin, watchButton } from "doorbell/pins";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import type { RTCDataChannel } from "webrtc/peer";
import WHEPSignaling from "webrtc/signaling/whep";

const help = `ring                  somebody presses the button
`;

async function start(): Promise<void> {
	const secret = linkSecret();
	const signaling = new WHEPSignaling({ port: number("port", 0, 65535) ?? 80, token: secret, onRequest: answer });
	const media = defaultMedia({
		video: video(),
		audio: {
			...audio(),
			cancelEcho: flag("keepEcho") !== true,
			onLevel: (level) => void (talk.own = level),
		},
		play: { ...(play() || {}), levelInterval: 200, onLevel: (level) => void (talk.level = level) },
	});
	const bell = new Bell(() => app.snapshot({ quality: 80 }));
	const door = new Door(number("open", 1, 30) ?? 3, makeDoorPin(), () => bell.tell({ isOpen: door.isOpen }));
	const app: WebRTCApp = new WebRTCApp({
		signaling,
		role: "master",
		port: number("udpPort", 0, 65535) ?? 0,
		maximumSessions: number("pages", 1, 5) ?? 4,
		...media,
		data: {
			maxChannels: 1,
			maxMessageSize: 1024,
			sendQueue: 65_536,
			receiveQueue: 4096,
			window: 32_768,
			streams: 16,
			onOpen: (_peerId, channel) => bell.add(channel),
			onClose: (_peerId, channel) => bell.remove(channel),
			onMessage: (peerId, channel, said) => hear(door, peerId, channel, said),
		},
		onEvent({ type, peerId = "", error }) {
			if (error) trace(`${type} ${peerId.slice(0, 8)}: ${error.message} (${error.code})\n`);
			else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type} ${peerId.slice(0, 8)}\n`);
			if (type === "peerConnected") talk.joined(peerId);
		},
	});
	const talk: Talk = new Talk(app, media);
	const ring = () => trace(bell.ring() ? "It rings.\n" : "It has just rung.\n");
	watchButton(ring);
	simulator?.onLine((line) => {
		if (line.trim() === "ring") ring();
		else trace(talk.command(line, help));
	});
	simulator?.onTerminate(() => {
		door.shut();
		bell.close();
		app.terminate();
	});
	await app.run();
	announce(app, signaling.port, secret, "The doorbell is ready. Who has this address hears it:");
}

/** What a page says. What makes no sense ends its channel. */
function hear(door: Door, peerId: string, channel: RTCDataChannel, said: string | ArrayBuffer): void {
	if (said !== "open") return channel.close();
	trace(`${peerId.slice(0, 8)} opens the door.\n`);
	door.open();
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The doorbell cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
