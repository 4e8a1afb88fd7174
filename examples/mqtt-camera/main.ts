// SPDX-License-Identifier: Apache-2.0
// A camera whose viewers find it by an MQTT broker: see signaling.ts.
import { der, flag, number, password, text } from "examples/config";
import { audio, video } from "examples/media";
import report from "examples/report";
import simulator from "examples/simulator";
import MQTTSignaling from "mqtt-camera/signaling";
import Timer from "timer";
import type { MQTTDictionary } from "mqtt-camera/broker";
import WebRTCApp from "webrtc/app";
import deviceNetwork from "webrtc/device/network";
import { defaultMedia } from "webrtc/media/defaults";

/** The platform's client, which trusts the authority `ca`, too. */
function trusting(): { client?: MQTTDictionary } {
	const certificate = der("ca");
	const { mqtts } = deviceNetwork() as { mqtts?: MQTTDictionary };
	if (certificate === undefined || !mqtts) return {};
	const { secure } = mqtts.socket as { secure?: object };
	return { client: { ...mqtts, socket: { ...mqtts.socket, secure: { ...secure, certificate } } } };
}

async function start(): Promise<void> {
	const topic = text("topic") ?? "cameras/porch";
	const signaling = new MQTTSignaling({
		topic,
		host: text("broker") ?? "localhost",
		port: number("brokerPort", 1, 65535),
		tls: flag("tls"),
		user: text("user"),
		password: password("brokerPassword"),
		...trusting(),
	});
	const app = new WebRTCApp({
		signaling,
		port: number("udpPort", 0, 65535),
		...defaultMedia({ video: video(), audio: audio() }),
		onEvent({ type, peerId = "", error, message }) {
			if (error) trace(`${type} ${peerId}: ${error.message}\n`);
			else if (type === "peerConnected" || type === "peerDisconnected" || type.startsWith("signalingC"))
				trace(`${type} ${peerId}\n`);
			if (message) app.sendMessage({ ...message, data: `You said: ${message.data}` });
		},
	});
	simulator?.onTerminate(() => {
		app.terminate();
		// The broker is told that it is away.
		return new Promise<void>((resolve) => Timer.set(() => resolve(), 500));
	});
	await app.run();
	trace(`The camera is live at ${topic}\n`);
	report(app, number("report") ?? 0);
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
