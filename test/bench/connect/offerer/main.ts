// SPDX-License-Identifier: Apache-2.0
// Makes one offer, and stays until the other end goes. It is the server of DTLS: answerers choose to be clients.
import Exchange from "bench/exchange";
import config from "mc/config";
import RTCPeerConnection from "webrtc/peer";

async function offer(pc: RTCPeerConnection, exchange: Exchange): Promise<void> {
	await pc.setLocalDescription();
	exchange.send(pc.localDescription!);
}

export default function main(): void {
	const pc = new RTCPeerConnection();
	pc.addTransceiver("video");
	new Exchange(
		{ port: Number(config.port) },
		(answer) => void pc.setRemoteDescription(answer),
		(exchange) => void offer(pc, exchange),
		() => globalThis.simulator?.exit(0),
	);
}
