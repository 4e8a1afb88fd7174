// SPDX-License-Identifier: Apache-2.0
// One call: an offer to the device's WHEP endpoint, with the secret that stands behind "#" of the address. The microphone is
// part of it from the beginning, and silent until somebody talks: so talking needs no negotiation.

const authorization = `Bearer ${location.hash.slice(1)}`;

/** How loud a stream is: the root of the mean square of the newest 40 ms, 0 … 1. */
export class Level {
	#analyser;
	#samples = new Float32Array(2048);

	/** @param {AudioContext} context @param {MediaStream} stream */
	constructor(context, stream) {
		this.#analyser = new AnalyserNode(context, { fftSize: this.#samples.length });
		context.createMediaStreamSource(stream).connect(this.#analyser);
	}

	get value() {
		this.#analyser.getFloatTimeDomainData(this.#samples);
		return Math.sqrt(this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length);
	}
}

/** Why the microphone is not to be had; "": it is. */
export const obstacle = navigator.mediaDevices
	? ""
	: "This browser gives its microphone to pages of https and localhost only: you can listen.";

/** What the device will not do, however often it is asked. */
class Refusal extends Error {
	isFinal = true;
}

function refusal({ status }, text) {
	if (status === 401) return new Refusal("The address lacks its secret: open the one that the device prints.");
	if (status === 503) return new Error("Others are talking to it. Try again later.");
	return new Error(text.trim() || `The device answered ${status}.`);
}

/** Offers what a connection has, and takes the answer. It ends with the page. @returns {Promise<URL>} the session's */
export async function post(pc) {
	await pc.setLocalDescription();
	while (pc.iceGatheringState !== "complete")
		await new Promise((resolve) => pc.addEventListener("icegatheringstatechange", resolve, { once: true }));
	const response = await fetch("whep", {
		method: "POST",
		headers: { "content-type": "application/sdp", authorization },
		body: pc.localDescription.sdp,
	});
	const text = await response.text();
	if (response.status !== 201) throw refusal(response, text);
	const session = new URL(response.headers.get("location"), response.url);
	addEventListener("pagehide", () => pc.signalingState === "closed" || leave(session));
	await pc.setRemoteDescription({ type: "answer", sdp: text });
	return session;
}

/** Ends a session. */
function leave(session) {
	fetch(session, { method: "DELETE", headers: { authorization }, keepalive: true }).catch(() => {});
}

export class Call {
	pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
	stream = new MediaStream();
	#microphone;
	#session;

	/** @param {(state: RTCPeerConnectionState) => void} onState */
	constructor(onState) {
		this.pc.onconnectionstatechange = () => onState(this.pc.connectionState);
		this.pc.ontrack = ({ track }) => this.stream.addTrack(track);
	}

	/** Connects. @returns {Promise<MediaStream | undefined>} the microphone's; undefined: there is none */
	async open() {
		this.#microphone = await navigator.mediaDevices
			?.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
			.catch(() => undefined);
		const [track] = this.#microphone?.getAudioTracks() ?? [];
		this.talk(false);
		this.pc.addTransceiver("video", { direction: "recvonly" });
		this.pc.addTransceiver(track ?? "audio", { direction: track ? "sendrecv" : "recvonly" });
		this.#session = await post(this.pc);
		return this.#microphone;
	}

	/** @param {boolean} isTalking whether the device hears the microphone */
	talk(isTalking) {
		for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = isTalking;
	}

	/** Of the sound that comes: seconds, and packets since the beginning. undefined: none has come. */
	async statistics() {
		const report = [...(await this.pc.getStats()).values()];
		const sound = report.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
		const pair = report.find(({ nominated, currentRoundTripTime: trip }) => nominated && trip !== undefined);
		if (!sound) return undefined;
		const { jitter, packetsLost: lost = 0, packetsReceived: received = 0 } = sound;
		return { jitter, lost, received, roundtrip: pair?.currentRoundTripTime };
	}

	close() {
		this.pc.onconnectionstatechange = null;
		this.pc.close();
		for (const track of this.#microphone?.getTracks() ?? []) track.stop();
		if (this.#session) leave(this.#session);
		this.#session = undefined;
	}
}
