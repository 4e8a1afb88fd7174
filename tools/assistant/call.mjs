// SPDX-License-Identifier: Apache-2.0
// One call at the stand-in: libwebrtc hears, finds out when somebody speaks, and answers with a tone and the events.
// @ts-check
import { randomUUID } from "node:crypto";
import wrtc from "@roamhq/wrtc";

const rate = 48_000; // Hz
const frame = rate / 100; // samples of 10 ms
const loud = 300; // of the mean amplitude of 10 ms
const quiet = 400; // ms after which a speaker has ended
const settling = 500; // ms of what was said before, on its way

const id = (/** @type {string} */ what) => `${what}_${randomUUID().replaceAll("-", "").slice(0, 20)}`;

/** @typedef {{ text: string, tone: number, time: number }} Answer `tone` in Hz, `time` in ms */
/** @type {Answer} */
const greeting = { text: "Hello. I am a stand-in, and this is my tone.", tone: 440, time: 2000 };
/** @type {Answer} */
const reply = { text: "I have heard you.", tone: 660, time: 700 };

export default class Call {
	id = id("rtc");
	/** Types of the events that came. @type {string[]} */
	heard = [];
	/** Times that somebody spoke. */
	speeches = 0;
	/** Milliseconds of sound that came while this side was speaking. */
	overheard = 0;
	#pc = new wrtc.RTCPeerConnection();
	#source = new wrtc.nonstandard.RTCAudioSource();
	#track = this.#source.createTrack();
	/** @type {{ stop(): void } | undefined} */
	#sink;
	/** @type {RTCDataChannel | undefined} */
	#channel;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;
	#samples = 0; // sent so far
	#begun = Date.now();
	#tone = 0;
	#spokeAt = 0; // 0: nobody speaks
	#speaking = { since: 0, isOver: true };
	#onEnd;

	/** @param {() => void} onEnd the other side has gone */
	constructor(onEnd) {
		this.#onEnd = onEnd;
	}

	/** Everybody's candidates are in the descriptions. @param {string} offer @returns {Promise<string>} the answer */
	async answer(offer) {
		const pc = this.#pc;
		pc.ondatachannel = ({ channel }) => this.#open(channel);
		pc.ontrack = ({ track }) => this.#listen(track);
		pc.onconnectionstatechange = () => {
			if (["failed", "closed", "disconnected"].includes(pc.connectionState)) this.#onEnd();
		};
		const stream = new wrtc.MediaStream();
		stream.addTrack(this.#track);
		await pc.setRemoteDescription({ type: "offer", sdp: offer });
		pc.addTrack(this.#track, stream);
		await pc.setLocalDescription(await pc.createAnswer());
		while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
		this.#timer = setInterval(() => this.#play(), 10);
		return /** @type {RTCSessionDescription} */ (pc.localDescription).sdp;
	}

	close() {
		clearInterval(this.#timer);
		this.#sink?.stop();
		this.#track.stop();
		this.#pc.close();
	}

	/** @param {string} type @param {object} [rest] */
	#tell(type, rest = {}) {
		if (this.#channel?.readyState !== "open") return;
		this.#channel.send(JSON.stringify({ type, event_id: id("event"), ...rest }));
	}

	/** @param {RTCDataChannel} channel */
	#open(channel) {
		if (channel.label !== "oai-events") return channel.close();
		this.#channel = channel;
		const created = () => this.#tell("session.created", { session: session({}) });
		if (channel.readyState === "open") created();
		else channel.onopen = created;
		channel.onmessage = ({ data }) => this.#take(String(data));
	}

	/** @param {string} text */
	#take(text) {
		let event;
		try {
			event = JSON.parse(text);
		} catch {
			return this.#refuse("invalid_json", "What came is no JSON.");
		}
		this.heard.push(String(event.type));
		if (event.type === "session.update") {
			if (event.session?.type !== "realtime") return this.#refuse("missing_required_parameter", "session.type");
			return this.#tell("session.updated", { session: session(event.session) });
		}
		if (event.type === "response.create") return void this.#respond(greeting);
		if (event.type === "response.cancel" || event.type === "output_audio_buffer.clear") return this.#fallSilent();
		this.#refuse("unknown_event", `There is no event "${event.type}" here.`);
	}

	/** @param {string} code @param {string} message */
	#refuse(code, message) {
		this.#tell("error", { error: { type: "invalid_request_error", code, message } });
	}

	/** @param {Answer} answer */
	async #respond({ text, tone, time }) {
		if (!this.#speaking.isOver) return this.#refuse("conversation_already_has_active_response", "One at a time.");
		this.#speaking = { since: Date.now(), isOver: false };
		const response_id = id("resp");
		const item_id = id("item");
		this.#tell("response.created", {
			response: { object: "realtime.response", id: response_id, status: "in_progress" },
		});
		this.#tell("output_audio_buffer.started", { response_id });
		this.#tone = tone;
		for (const word of text.split(" "))
			this.#tell("response.output_audio_transcript.delta", { response_id, item_id, delta: `${word} ` });
		this.#tell("response.output_audio_transcript.done", { response_id, item_id, transcript: text });
		const content = [{ type: "output_audio", transcript: text }];
		const output = [{ id: item_id, type: "message", role: "assistant", status: "completed", content }];
		this.#tell("response.done", { response: { id: response_id, status: "completed", output } });
		await new Promise((resolve) => setTimeout(resolve, time));
		this.#fallSilent(response_id);
	}

	/** @param {string} [response_id] */
	#fallSilent(response_id) {
		if (this.#speaking.isOver) return;
		this.#speaking.isOver = true;
		this.#tone = 0;
		this.#tell(response_id ? "output_audio_buffer.stopped" : "output_audio_buffer.cleared", { response_id });
	}

	/** What is due of this side's sound. */
	#play() {
		for (; this.#samples < ((Date.now() - this.#begun) * rate) / 1000; this.#samples += frame) {
			const samples = new Int16Array(frame);
			for (let i = 0; this.#tone && i < frame; i++)
				samples[i] = 8000 * Math.sin((2 * Math.PI * this.#tone * (this.#samples + i)) / rate);
			this.#source.onData({
				samples,
				sampleRate: rate,
				bitsPerSample: 16,
				channelCount: 1,
				numberOfFrames: frame,
			});
		}
	}

	/** @param {MediaStreamTrack} track */
	#listen(track) {
		if (track.kind !== "audio") return;
		const sink = new wrtc.nonstandard.RTCAudioSink(track);
		this.#sink = sink;
		sink.ondata = (/** @type {{ samples: Int16Array }} */ { samples }) => this.#hear(samples);
	}

	/** @param {Int16Array} samples of 10 ms */
	#hear(samples) {
		const now = Date.now();
		let sum = 0;
		for (const sample of samples) sum += Math.abs(sample);
		const isLoud = sum / samples.length > loud;
		if (!this.#speaking.isOver) {
			if (isLoud && now - this.#speaking.since > settling) this.overheard += 10;
			return;
		}
		if (isLoud && !this.#spokeAt) {
			this.speeches++;
			this.#tell("input_audio_buffer.speech_started", { audio_start_ms: now - this.#begun });
		}
		if (isLoud) this.#spokeAt = now;
		else if (this.#spokeAt && now - this.#spokeAt > quiet) {
			this.#spokeAt = 0;
			this.#tell("input_audio_buffer.speech_stopped", { audio_end_ms: now - this.#begun });
			this.#tell("input_audio_buffer.committed", { item_id: id("item") });
			void this.#respond(reply);
		}
	}
}

/** As the service describes one. @param {{ instructions?: string }} settings */
function session({ instructions = "" }) {
	const format = { type: "audio/pcm", rate: 24_000 };
	const turn_detection = { type: "server_vad", threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: quiet };
	return {
		...{ type: "realtime", object: "realtime.session", id: id("sess"), model: "stand-in", instructions },
		output_modalities: ["audio"],
		audio: { input: { format, turn_detection }, output: { format, voice: "tone", speed: 1 } },
		...{ tools: [], tool_choice: "auto", max_output_tokens: "inf", truncation: "auto" },
	};
}
