// SPDX-License-Identifier: Apache-2.0
// Who is heard: the device's own microphone and loudspeaker, each of which can be silent, without a negotiation.
import type WebRTCApp from "webrtc/app";
import type { AudioCapture, AudioPlayer } from "webrtc/media";

const help = `microphone on | off   who calls hears this side, or not: a button to talk
loudspeaker on | off  who calls is heard here, or not
status                who is connected, and how loud they are
`;

/** What is silent of an intercom, for those who are connected and those to come. */
export default class Talk {
	/** How loud the callers are at present, 0 … 1. */
	level = 0;
	/** How loud this side is for them, while it is heard. */
	own = 0;
	#app: Pick<WebRTCApp, "peers" | "connection">;
	#microphone: AudioCapture | undefined;
	#loudspeaker: AudioPlayer | undefined;
	#isTalking = true;

	constructor(
		app: Pick<WebRTCApp, "peers" | "connection">,
		media: { audioCapture?: AudioCapture; audioPlayer?: AudioPlayer },
	) {
		this.#app = app;
		this.#microphone = media.audioCapture;
		this.#loudspeaker = media.audioPlayer;
	}

	/** Whether callers hear this side. */
	get isTalking(): boolean {
		return this.#isTalking;
	}

	set isTalking(isTalking: boolean) {
		if (this.#isTalking === isTalking) return;
		this.#isTalking = isTalking;
		for (const peerId of this.#app.peers) this.apply(peerId);
	}

	/** Whether callers are heard here. */
	get isListening(): boolean {
		return !this.#loudspeaker?.muted;
	}

	set isListening(isListening: boolean) {
		if (this.#loudspeaker) this.#loudspeaker.muted = !isListening;
	}

	/** For a caller that has just connected. */
	joined(peerId: string): void {
		if (!this.#isTalking) this.apply(peerId);
	}

	/**
	 * Does what a line says.
	 * @param more of the help, before what is said here
	 * @returns what is to be said of it
	 */
	command(line: string, more = ""): string {
		const [what, which] = line.split(" ").filter((word) => word !== "");
		if (what === "status") return this.status();
		const isOn = which === "on";
		if (!isOn && which !== "off") return more + help;
		if (what === "microphone") this.isTalking = isOn;
		else if (what === "loudspeaker") this.isListening = isOn;
		else return more + help;
		return this.status();
	}

	private status(): string {
		const word = (isOn: boolean) => (isOn ? "on" : "off");
		const { length } = this.#app.peers;
		const own = this.isTalking && length ? this.own : 0;
		return `microphone ${word(this.isTalking)}, loudspeaker ${word(this.isListening)}, ${length} connected, level ${this.level.toFixed(3)}, own ${own.toFixed(3)}\n`;
	}

	private apply(peerId: string): void {
		for (const { sender, kind } of this.#app.connection(peerId)?.getTransceivers() ?? [])
			if (kind === "audio") void sender.replaceTrack(this.#isTalking ? (this.#microphone ?? null) : null);
	}
}
