// SPDX-License-Identifier: Apache-2.0
import WebSocketClient from "embedded:network/websocket/client";
import config from "mc/config";
import { Deferred } from "test/cases";

export interface Message {
	data: Uint8Array;
	binary: boolean;
	pieces: number;
}

export const setting = (name: string): string => String(config[name]);

/** A client that collects messages and control frames. */
export class Session {
	readonly opened = new Deferred<number>();
	readonly ended = new Deferred<string>();
	readonly controls: string[] = [];
	readonly client: WebSocketClient;
	room = 0;
	#messages: Message[] = [];
	#waiting: ((message: Message) => void)[] = [];
	#current: Message = { data: new Uint8Array(0), binary: false, pieces: 0 };

	constructor(path: string, options: object = {}) {
		const { ws, wss } = device.network!;
		const secure = { ...wss!, socket: { ...wss!.socket, secure: { certificate: setting("ca") } } };
		this.client = new WebSocketClient({
			...(setting("secure") === "1" ? secure : ws!),
			host: "localhost",
			port: Number(setting("port")),
			path,
			target: this,
			...options,
			onReadable(count, { more, binary }) {
				(this.target as Session).#collect(this.read(count) as ArrayBuffer | undefined, more, binary);
			},
			onWritable(count) {
				const session = this.target as Session;
				session.room = count;
				session.opened.resolve(count);
			},
			onControl(opcode, data) {
				const bytes = new Uint8Array(data);
				const code = opcode === WebSocketClient.close && bytes.length ? `${(bytes[0]! << 8) | bytes[1]!} ` : "";
				const rest = String.fromArrayBuffer(data.slice(code ? 2 : 0));
				(this.target as Session).controls.push(`${opcode}:${code}${rest}`);
			},
			onClose() {
				(this.target as Session).ended.resolve("closed");
			},
			onError(error) {
				(this.target as Session).ended.resolve(`error ${error?.message}`);
			},
		});
	}

	#collect(part: ArrayBuffer | undefined, more: boolean, binary: boolean): void {
		const current = this.#current;
		const bytes = new Uint8Array(part ?? new ArrayBuffer(0));
		const data = new Uint8Array(current.data.length + bytes.length);
		data.set(current.data);
		data.set(bytes, current.data.length);
		this.#current = { data, binary, pieces: current.pieces + 1 };
		if (more) return;
		const message = this.#current;
		this.#current = { data: new Uint8Array(0), binary: false, pieces: 0 };
		const waiting = this.#waiting.shift();
		if (waiting) waiting(message);
		else this.#messages.push(message);
	}

	message(): Promise<Message> {
		const message = this.#messages.shift();
		return message ? Promise.resolve(message) : new Promise((resolve) => this.#waiting.push(resolve));
	}

	async textMessage(): Promise<string> {
		const { data, binary } = await this.message();
		if (binary) throw new Error("binary, not text");
		return String.fromArrayBuffer(data.buffer as ArrayBuffer);
	}

	send(text: string, options: object = {}): number {
		return this.client.write(ArrayBuffer.fromString(text), { binary: false, ...options });
	}
}
