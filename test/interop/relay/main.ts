// SPDX-License-Identifier: Apache-2.0
// Two connections of one process to each other, with the servers and the policy that the configuration names. Prints the
// selected pair of each, and goes on until it is told to stop; or why there is none.
import Base64 from "base64";
import config from "mc/config";
import Timer from "timer";
import { defaultMedia } from "webrtc/media/defaults";
import { hmacSHA1 } from "webrtc/native/crypto";
import RTCPeerConnection, { type RTCConfiguration } from "webrtc/peer";

const urls = String(config.urls ?? "").split(",");
const started = Date.now();

function configuration(username: string, credential = String(config.credential ?? "")): RTCConfiguration {
	const policy = String(config.policy ?? "relay") as "all" | "relay";
	return { iceServers: [{ urls, username, credential }], iceTransportPolicy: policy };
}

/** Credentials for a time, as coturn has them by a secret that both know. */
function temporary(name: string): RTCConfiguration {
	const username = `${Math.floor(Date.now() / 1000) + Number(config.life)}:${name}`;
	const key = ArrayBuffer.fromString(String(config.secret));
	return configuration(username, Base64.encode(hmacSHA1(key, ArrayBuffer.fromString(username))));
}

/** Of the selected pair: "relay 127.0.0.1:50000 relay 127.0.0.1:50001 sent 12". */
async function describe(pc: RTCPeerConnection): Promise<string> {
	const report = await pc.getStats();
	const transport = report.get("T0");
	const pair = report.get(String(transport?.selectedCandidatePairId));
	if (!pair) return "none";
	const local = report.get(String(pair.localCandidateId));
	const remote = report.get(String(pair.remoteCandidateId));
	const count = `sent ${transport?.packetsSent} received ${transport?.packetsReceived} by ${local?.port}`;
	return `${local?.candidateType} ${remote?.candidateType} ${count}`;
}

function join(a: RTCPeerConnection, b: RTCPeerConnection, name: string): void {
	a.onicecandidate = ({ candidate }) => {
		trace(`${name} candidate at ${Date.now() - started} ms: ${candidate?.candidate ?? "none"}\n`);
		if (candidate) void b.addIceCandidate(candidate);
		else trace(`${name} explains: ${a.explain()}\n`);
	};
	a.onconnectionstatechange = () => {
		trace(`${name} ${a.connectionState} at ${Date.now() - started} ms${a.error ? `: ${a.error.message}` : ""}\n`);
	};
}

async function connect(): Promise<void> {
	const username = String(config.username ?? "user");
	const isTemporary = config.secret !== undefined;
	const make = (name: string) => (isTemporary ? temporary(name) : configuration(username));
	const device = new RTCPeerConnection(make("device"));
	const viewer = new RTCPeerConnection(make("viewer"));
	const { videoCapture } = defaultMedia({ audio: false });
	device.addTransceiver(videoCapture as never, { direction: "sendonly" });
	join(device, viewer, "device");
	join(viewer, device, "viewer");
	await device.setLocalDescription();
	await viewer.setRemoteDescription(device.localDescription!);
	await viewer.setLocalDescription();
	await device.setRemoteDescription(viewer.localDescription!);
	if (isTemporary) {
		Timer.repeat(() => {
			device.setConfiguration(make("device"));
			viewer.setConfiguration(make("viewer"));
		}, Number(config.renewal));
	}
	Timer.repeat(() => {
		void Promise.all([describe(device), describe(viewer)]).then(([ours, theirs]) =>
			trace(`at ${Date.now() - started} ms device ${ours}, viewer ${theirs}\n`),
		);
	}, 500);
}

export default function main(): void {
	connect().catch((error) => trace(`failed: ${String(error)}\n`));
}
