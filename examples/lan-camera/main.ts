// SPDX-License-Identifier: Apache-2.0
// A camera for the local network: the device serves a page, and its live picture and sound by WHEP.
import { audio, retransmission, video } from "examples/media";
import report from "examples/report";
import simulator from "examples/simulator";
import viewers from "examples/viewers";
import estimate from "lan-camera/estimate";
import linkSecret from "lan-camera/link";
import Record from "lan-camera/record";
import * as settings from "lan-camera/settings";
import site, { guarded } from "lan-camera/site";
import Why from "lan-camera/why";
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import Pictures from "webrtc/pictures";
import WHEPSignaling from "webrtc/signaling/whep";

function tell({ type, peerId, error, quality }: WebRTCAppEvent): void {
	const viewer = peerId ? ` viewer ${peerId.slice(0, 8)}` : "";
	if (error) trace(`${type}${viewer}: ${error.message} (${error.code})\n`);
	else if (quality) trace(`${type}: ${quality.width} × ${quality.height}, ${quality.framerate} fps\n`);
	else if (type === "peerConnected" || type === "peerDisconnected") trace(`${type}${viewer}\n`);
}

async function start(): Promise<void> {
	const link = settings.link();
	if (link && settings.token() !== undefined) throw new TypeError("token: the link has its own");
	const media = defaultMedia({ video: video(), audio: audio(), retransmission: retransmission() });
	const { videoCapture: source } = media;
	const pictures = source && new Pictures({ source });
	const signaling: WHEPSignaling = new WHEPSignaling({
		port: settings.port(),
		token: link ? linkSecret() : settings.token(),
		password: settings.password(),
		origins: settings.origins(),
		hosts: settings.hosts(),
		iceServers: settings.iceServers(),
		viewerIceServers: settings.iceServers(),
		guarded,
		onRequest: site({
			isOpen: () => signaling.isOpen,
			why: (id) => why.of(id),
			pictures,
			estimate(id) {
				const connection = app.connection(id);
				return connection && estimate(connection);
			},
		}),
	});
	const why: Why = new Why((id) => (app.peers.includes(id) ? app.explain(id) : undefined));
	const app = new WebRTCApp({
		signaling,
		role: "master",
		port: settings.udpPort(),
		maximumSessions: viewers(),
		...media,
		onEvent(event) {
			tell(event);
			if (event.type === "peerConnectionFailed" && event.peerId) why.keep(event.peerId);
		},
	});
	simulator?.onTerminate(() => app.terminate());
	await app.run();
	const record = new Record(app);
	const file = settings.record();
	if (file !== undefined) record.begin(file);
	simulator?.onLine((line) => record.command(line));
	trace("The camera is live. Open it in a browser:\n");
	// The secret stands behind "#": a browser keeps that to itself.
	const secret = link ? `#${linkSecret()}` : "";
	if (simulator) trace(`  http://localhost:${signaling.port}/${secret}\n`);
	for (const address of app.addresses) trace(`  http://${address}:${signaling.port}/${secret}\n`);
	const closing = simulator ? "--link or --password" : "link=true or cameraPassword=…";
	if (signaling.isOpen) trace(`Everybody in its network can watch and listen: ${closing} closes it.\n`);
	report(app, settings.reportInterval());
}

export default function main(): void {
	start().catch((error: Error) => {
		trace(`The camera cannot start: ${error.message}\n`);
		simulator?.exit(1);
	});
}
