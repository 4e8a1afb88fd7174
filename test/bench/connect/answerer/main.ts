// SPDX-License-Identifier: Apache-2.0
// Answers one offer, and prints how many milliseconds it took from setRemoteDescription to "connected".
import Exchange, { accept } from "bench/exchange";
import config from "mc/config";
import Time from "time";
import RTCPeerConnection, { type RTCSessionDescriptionInit } from "webrtc/peer";

let exchange: Exchange;

async function answer(pc: RTCPeerConnection, offer: RTCSessionDescriptionInit): Promise<void> {
	const start = Time.microseconds!;
	pc.onconnectionstatechange = () => {
		if (pc.connectionState === "connected") trace(`connected ${(Time.microseconds! - start) / 1000}\n`);
		else if (pc.connectionState === "failed") trace(`failed ${pc.error?.message}\n`);
		else return;
		globalThis.simulator?.exit(0);
	};
	await pc.setRemoteDescription(offer);
	await pc.setLocalDescription();
	exchange.send(pc.localDescription!);
}

export default function main(): void {
	const pc = new RTCPeerConnection();
	pc.addTransceiver("video");
	accept(Number(config.port), (socket) => {
		exchange = new Exchange(socket, (offer) => void answer(pc, offer));
	});
	trace("waiting\n");
}
