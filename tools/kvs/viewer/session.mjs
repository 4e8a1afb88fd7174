// SPDX-License-Identifier: Apache-2.0
// The page's two roles: one viewer's session, and a master with one session for each viewer.
// @ts-check

/** @typedef {import("amazon-kinesis-video-streams-webrtc").SignalingClient} SignalingClient */
/**
 * @typedef {object} Events
 * @property {(state: string, text: string) => void} onState
 * @property {(stream: MediaStream) => void} onStream
 * @property {(text: string) => void} onData
 */

/**
 * @param {SignalingClient} signaling
 * @param {RTCConfiguration} configuration
 * @param {Events} events
 * @param {{ data: boolean, voice: MediaStreamTrack | undefined }} options
 */
export function startViewer(signaling, configuration, events, { data, voice }) {
	const pc = new RTCPeerConnection(configuration);
	const stream = new MediaStream();
	let offered = 0;
	pc.addTransceiver("video", { direction: "recvonly" });
	if (voice) pc.addTransceiver(voice, { direction: "sendrecv" });
	else pc.addTransceiver("audio", { direction: "recvonly" });
	if (data) listenTo(pc.createDataChannel("kvsDataChannel"), events);
	pc.ondatachannel = ({ channel }) => listenTo(channel, events);
	pc.ontrack = ({ track }) => {
		stream.addTrack(track);
		events.onStream(stream);
	};
	pc.onicecandidate = ({ candidate }) => candidate && signaling.sendIceCandidate(candidate);
	pc.onconnectionstatechange = () => events.onState(pc.connectionState, describe(pc.connectionState));
	signaling.on("open", async () => {
		events.onState("connecting", "Waiting for the camera…");
		await pc.setLocalDescription();
		offered = performance.now();
		if (pc.localDescription) signaling.sendSdpOffer(pc.localDescription, undefined, "offer");
	});
	signaling.on("sdpAnswer", (answer) => pc.setRemoteDescription(answer).catch(report(events)));
	signaling.on("iceCandidate", (candidate) => pc.addIceCandidate(candidate).catch(report(events)));
	return { connections: () => [pc], close: () => pc.close(), since: () => performance.now() - offered };
}

/**
 * @param {SignalingClient} signaling
 * @param {RTCConfiguration} configuration
 * @param {Events} events
 * @param {{ media: MediaStream, onOpen: () => Promise<void> }} options
 */
export function startMaster(signaling, configuration, events, { media, onOpen }) {
	/** @type {Map<string, RTCPeerConnection>} */
	const peers = new Map();
	const count = () => {
		const connected = [...peers.values()].filter(({ connectionState }) => connectionState === "connected").length;
		events.onState(
			connected ? "connected" : "connecting",
			connected ? `${connected} connected` : "Waiting for viewers…",
		);
	};
	signaling.on("open", () => {
		count();
		onOpen().catch(report(events));
	});
	signaling.on("sdpOffer", async (offer, clientId) => {
		peers.get(clientId)?.close();
		const pc = new RTCPeerConnection(configuration);
		peers.set(clientId, pc);
		pc.onicecandidate = ({ candidate }) => candidate && signaling.sendIceCandidate(candidate, clientId);
		pc.onconnectionstatechange = count;
		pc.ondatachannel = ({ channel }) => listenTo(channel, events);
		for (const track of media.getTracks()) pc.addTrack(track, media);
		await pc.setRemoteDescription(offer);
		await pc.setLocalDescription();
		if (pc.localDescription) signaling.sendSdpAnswer(pc.localDescription, clientId, "answer");
	});
	signaling.on("iceCandidate", (candidate, clientId) =>
		peers.get(clientId)?.addIceCandidate(candidate).catch(report(events)),
	);
	events.onStream(media);
	return {
		connections: () => [...peers.values()],
		close: () => peers.forEach((pc) => pc.close()),
		since: () => 0,
	};
}

/** @param {RTCDataChannel} channel @param {Events} events */
function listenTo(channel, { onData }) {
	channel.onopen = () => channel.send("Hello from the page");
	channel.onmessage = ({ data }) => onData(String(data));
}

/** @param {Events} events */
const report =
	({ onState }) =>
	(/** @type {Error} */ error) =>
		onState("failed", error.message);

/** @param {RTCPeerConnectionState} state */
const describe = (state) =>
	({
		new: "Waiting for the camera…",
		connecting: "Connecting…",
		connected: "Connected",
		disconnected: "Connection lost…",
		failed: "The connection failed",
		closed: "Not connected",
	})[state];
