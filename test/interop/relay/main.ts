// SPDX-License-Identifier: Apache-2.0
// Two connections of one process to each other, with the servers and the policy that the configuration names. Prints the
// selected pair of each, and goes on until it is told to stop; or why there is none.
import config from "mc/config";
import Timer from "timer";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection, { type RTCConfiguration } from "webrtc/peer";

const urls = String(config.urls ?? "").split(",");
const started = Date.now();

function configuration(username: string): RTCConfiguration {
	const credential = String(config.credential ?? "");
	const policy = String(config.policy ?? "relay") as "all" | "relay";
	return { iceServers: [{ urls, username, credential }], iceTransportPolicy: policy };
}

/** Of the selected pair: "relay 127.0.0.1:50000 relay 127.0.0.1:50001 sent 12". */
async function describe(pc: RTCPeerConnection): Promise<string> {
	const report = await pc.getStats();
	const transport = report.get("T0");
	const pair = report.get(String(transport?.selectedCandidatePairId));
	if (!pair) return "none";
	const local = report.get(String(pair.localCandidateId));
	const remote = report.get(String(pair.remoteCandidateId));
	return `${local?.candidateType} ${remote?.candidateType} sent ${transport?.packetsSent} received ${transport?.packetsReceived}`;
}

function join(a: RTCPeerConnection, b: RTCPeerConnection, name: string): void {
	a.onicecandidate = ({ candidate }) => {
		trace(`${name} candidate at ${Date.now() - started} ms: ${candidate?.candidate ?? "none"}\n`);
		if (candidate) void b.addIceCandidate(candidate);
	};
	a.onconnectionstatechange = () => {
		trace(`${name} ${a.connectionState} at ${Date.now() - started} ms${a.error ? `: ${a.error.message}` : ""}\n`);
	};
}

async function connect(): Promise<void> {
	const username = String(config.username ?? "user");
	const device = new RTCPeerConnection(configuration(username));
	const viewer = new RTCPeerConnection(configuration(String(config.otherUsername ?? username)));
	const { videoCapture } = defaultMedia({ audio: false });
	device.addTransceiver(videoCapture as never, { direction: "sendonly" });
	join(device, viewer, "device");
	join(viewer, device, "viewer");
	await device.setLocalDescription();
	await viewer.setRemoteDescription(device.localDescription!);
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	Timer.repeat(() => {
		void Promise.all([describe(device), describe(viewer)]).then(([ours, theirs]) =>
			trace(`at ${Date.now() - started} ms device ${ours}, viewer ${theirs}\n`),
		);
	}, 500);
}

export default function main(): void {
	connect().catch((error) => trace(`failed: ${String(error)}\n`));
}
