// SPDX-License-Identifier: Apache-2.0
// Gathers candidates by the servers that the configuration names, and prints when each is found.
import config from "mc/config";
import RTCPeerConnection from "webrtc/peer";

export default function main(): void {
	const { stun, turn, username, credential } = config as Record<string, string>;
	const pc = new RTCPeerConnection({
		iceServers: [{ urls: stun! }, { urls: turn!, username: username!, credential: credential! }],
	});
	pc.createDataChannel("data");
	const start = Date.now();
	pc.onicecandidate = ({ candidate }) => {
		const type = candidate ? (/ typ (\w+)/.exec(candidate.candidate)?.[1] ?? "") : "complete";
		trace(`${type} ${Date.now() - start}\n`);
	};
	void pc.setLocalDescription();
}
