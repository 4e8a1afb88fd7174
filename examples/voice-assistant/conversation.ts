// SPDX-License-Identifier: Apache-2.0
// What is said besides the sound: events of the service, in JSON, each of them a message of the data channel.
import { isObject, parseObject, printable, textOf } from "webrtc/device/json";

/** What a conversation needs of the device. */
export interface Surroundings {
	/** Sends an event to the service. */
	send(event: string): void;
	/** The assistant begins to speak, or has ended. */
	onSpeaking(speaks: boolean): void;
	/** A line for the log. */
	print(line: string): void;
}

const names = ["type", "transcript", "error", "message", "code"] as const;
const longestLine = 300; // characters

/** One call's. What makes no sense, or is too much for a device to read, is told, and changes nothing. */
export default class Conversation {
	#device: Surroundings;
	#greeting: string;
	#instructions: string | undefined;

	/** @param greeting what the assistant is told to do first @param instructions how it is to behave from now on */
	constructor(device: Surroundings, greeting: string, instructions: string | undefined) {
		this.#device = device;
		this.#greeting = greeting;
		this.#instructions = instructions;
	}

	/** Takes an event of the service. */
	take(text: string): void {
		try {
			this.hear(parseObject(new Uint8Array(ArrayBuffer.fromString(text)), names));
		} catch (cause) {
			this.print(`an event that cannot be read: ${(cause as Error).message}`);
		}
	}

	/** The service is ready. */
	private begin(): void {
		const instructions = this.#instructions;
		if (instructions !== undefined) this.say("session.update", { session: { type: "realtime", instructions } });
		this.say("response.create", { response: { instructions: this.#greeting } });
	}

	private hear({ type, transcript, error }: { [Name in (typeof names)[number]]?: unknown }): void {
		const name = textOf(type, 64);
		if (name === undefined || name.endsWith(".delta")) return; // the whole follows
		if (name === "response.output_audio_transcript.done") this.print(`assistant: ${String(transcript)}`);
		else if (name === "error" && isObject<(typeof names)[number]>(error))
			this.print(`error: ${String(error.message)} (${String(error.code)})`);
		else this.print(`event ${name}`);
		if (name === "session.created") this.begin();
		if (name === "output_audio_buffer.started") this.#device.onSpeaking(true);
		else if (name === "output_audio_buffer.stopped" || name === "output_audio_buffer.cleared")
			this.#device.onSpeaking(false);
	}

	private say(type: string, rest: object): void {
		this.#device.send(JSON.stringify({ type, ...rest }));
	}

	private print(line: string): void {
		this.#device.print(printable(line.slice(0, longestLine)));
	}
}
