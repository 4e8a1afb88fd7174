// SPDX-License-Identifier: Apache-2.0
// Whether what is seen is what the camera sees now: browsers show the last picture for ever.

const period = 250; // ms between two looks
const looks = 4; // for each count of frames
const pause = 750; // ms without a frame, after which the way to the camera is looked for anew
const quiet = 2000; // ms without a frame, after which a picture is not live

/** Looks after one session until close(). */
export class Liveness {
	#pc;
	#video;
	#events;
	#timer;
	#callback;
	#looks = 0;
	#last; // when the newest frame was shown, or counted; undefined: there was none yet
	#frames = 0;
	#counted = 0; // when
	#bytes = 0;
	#stale = false;
	#paused = false;

	/**
	 * @param {RTCPeerConnection} pc
	 * @param {HTMLVideoElement} video
	 * @param {object} events
	 * @param {() => void} events.onClosed the camera has ended the session
	 * @param {() => void} events.onPause nothing has come for a moment, in a page that is seen; once for each pause
	 * @param {(since: number, sound: boolean) => void} events.onStale no picture since that time of performance.now();
	 *     called while it lasts; `sound` says whether anything else comes
	 * @param {() => void} events.onLive there is a picture again
	 */
	constructor(pc, video, events) {
		this.#pc = pc;
		this.#video = video;
		this.#events = events;
		this.#timer = setInterval(() => this.#look(), period);
		this.#await();
	}

	close() {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#video.cancelVideoFrameCallback?.(this.#callback);
	}

	#await() {
		this.#callback = this.#video.requestVideoFrameCallback?.(() => {
			this.#seen();
			this.#await();
		});
	}

	#seen(at = performance.now()) {
		if (this.#last !== undefined && at <= this.#last) return;
		this.#last = at;
		if (this.#stale) this.#events.onLive();
		this.#stale = false;
		this.#paused &&= performance.now() - at > pause;
	}

	async #look() {
		// The camera's end of DTLS shows here at once, and in connectionState never.
		if (this.#pc.getReceivers().some(({ transport }) => /closed|failed/.test(transport?.state ?? ""))) {
			this.close();
			return this.#events.onClosed();
		}
		const isPaused = this.#last !== undefined && performance.now() - this.#last > pause;
		if (isPaused && !this.#paused && document.visibilityState === "visible") {
			this.#paused = true;
			this.#events.onPause();
		}
		if (++this.#looks % looks) return;
		// A page that is not seen shows no frames, and some browsers do not tell of them: the decoder counts.
		const { frames, bytes } = count(await this.#pc.getStats());
		if (this.#timer === undefined) return; // closed meanwhile
		const sound = bytes > this.#bytes;
		this.#bytes = bytes;
		// Where frames are told of as they are shown, what has come since the last count may be as old as that.
		const isTold = this.#callback !== undefined && document.visibilityState === "visible";
		if (frames > this.#frames) this.#seen(isTold ? this.#counted : performance.now());
		else if (this.#last !== undefined && performance.now() - this.#last > quiet) {
			this.#stale = true;
			this.#events.onStale(this.#last, sound);
		}
		this.#frames = frames;
		this.#counted = performance.now();
	}
}

/** @param {RTCStatsReport} stats */
function count(stats) {
	const sum = { frames: 0, bytes: 0 };
	for (const stat of stats.values()) {
		if (stat.type !== "inbound-rtp") continue;
		if (stat.kind === "video") sum.frames += stat.framesDecoded ?? 0;
		else sum.bytes += stat.bytesReceived ?? 0;
	}
	return sum;
}
