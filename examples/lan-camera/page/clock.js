// SPDX-License-Identifier: Apache-2.0
// How long a picture is under way, from the camera's lens to this page: its packets tell when it was captured
// (abs-capture-time), by the camera's clock, and the camera tells what time that is.

const uri = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
const epoch = 2_208_988_800_000; // ms from NTP's to that of Date
const questions = 3; // the quickest answer counts
const period = 30_000; // ms until it is asked again: clocks drift
const timeout = 2000; // ms

/** Asks for the time of capture, where the browser lets a page do so. @param {RTCRtpTransceiver} transceiver */
export function askForCaptureTime(transceiver) {
	const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
	const wanted = extensions.find((extension) => extension.uri === uri);
	if (!wanted) return;
	wanted.direction = "recvonly";
	try {
		transceiver.setHeaderExtensionsToNegotiate(extensions);
	} catch {
		// It does not take it: then the delay is not known.
	}
}

export class CameraClock {
	#offset; // ms that the camera's clock is ahead; undefined: not known
	#asked = -Infinity;

	/** Seconds from the capture of the newest picture until it could be shown; undefined: not known. @param {RTCRtpReceiver | undefined} receiver */
	delay(receiver) {
		if (performance.now() - this.#asked > period) this.#ask();
		const [source] = receiver?.getSynchronizationSources() ?? [];
		if (source?.captureTimestamp === undefined || this.#offset === undefined) return undefined;
		const captured = source.captureTimestamp - epoch - this.#offset;
		return Math.max(0, source.timestamp - captured) / 1000;
	}

	async #ask() {
		this.#asked = performance.now();
		let quickest = Infinity;
		for (let i = 0; i < questions; i++) {
			const before = Date.now();
			const theirs = await fetch("clock", { signal: AbortSignal.timeout(timeout), cache: "no-store" })
				.then((response) => (response.ok ? response.text() : ""))
				.catch(() => "");
			const after = Date.now();
			if (!theirs || after - before >= quickest) continue;
			quickest = after - before;
			this.#offset = Number(theirs) - (before + after) / 2;
		}
	}
}
