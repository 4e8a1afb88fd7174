// SPDX-License-Identifier: Apache-2.0
// An intercom: a page to call the device from, see what it sees, hear and talk to it; or a device that calls another.
import announce from "examples/announce";
import { flag, number, text } from "examples/config";
import { answer } from "examples/files";
import { audio, play, video } from "examples/media";
import simulator from "examples/simulator";
import trust from "examples/trust";
import Talk from "examples/talk";
import endpointOf from "intercom/endpoint";
import linkSecret from "lan-camera/link";
import Timer from "timer";
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import WHEPSignaling from "webrtc/signaling/whep";
import WHEPClientSignaling from "webrtc/signaling/whep/client";

async function start(): Promise<void> {
	const secret = linkSecret();
	const other = text("call");
	const page = other
		? undefined
		: new WHEPSignaling({ port: number("port", 0, 65535) ?? 80, token: secret, onRequest: answer });
	const signaling = page ?? new WHEPClientSignaling({ ...endpointOf(other!), ...trust() });
	const media = defaultMedia({
		video: video(),
		audio: {
			...audio(),
			cancelEcho: flag("keepEcho") !== true,
			onLevel: (level) => void (talk.own = level),
		},
		play: { ...(play() || {}), levelInterval: 200, onLevel: (level) => void (talk.level = level) },
	});
	const app: WebRTCApp = new WebRTCApp({
		signaling,
		role: page ? "master" : "viewer",
		...(page ? {} : { media: "audio" as const }),
		port: number("udpPort", 0, 65535) ?? 0,
		maximumSessions: number("callers", 1, 4) ?? 2,
		...media,
		onEvent({ type, peerId = "", error }) {
			if (error) trace(`${type} ${peerId.slice(0, 8)}: ${error.message} (${error.code})\n`);
			else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type} ${peerId.slice(0, 8)}\n`);
			if (type === "peerConnected") talk.joined(peerId);
		},
	});
	const talk: Talk = new Talk(app, media);
	simulator?.onLine((line) => trace(talk.command(line)));
	simulator?.onTerminate(() => {
		app.terminate();
		return page ? undefined : new Promise<void>((resolve) => Timer.set(() => resolve(), 500)); // it says good-bye
	});
	await app.run();
	if (page) announce(app, page.port, secret, "The intercom is ready. Who has this address can call it:");
	else trace(`Calling ${other!.split("#")[0]}\n`);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The intercom cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
