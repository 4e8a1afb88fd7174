// SPDX-License-Identifier: Apache-2.0
// Signaling of the test alone: who connects by TCP is a peer, and each line of JSON is a message.
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import WebRTCError from "webrtc/error";
import type {
	IceServer,
	SignalingClient,
	SignalingHandler,
	SignalingMessage,
	SignalingRole,
	SignalingState,
} from "webrtc/signaling";

/** What the test wants done besides: a verb of interop/commands with its parameters. */
export interface Command {
	type: "command";
	verb: string;
	kind?: "audio" | "video";
	direction?: string;
}

type Incoming = SignalingMessage | Command;
type OnCommand = (peerId: string, command: Command) => void;

const longestLine = 65_536;

/** A peer's socket, which takes texts of any length. */
class Line {
	readonly peerId: string;
	#socket: TCP;
	#read = "";
	#unwritten = "";
	#writable = 0;

	constructor(from: TCP, peerId: string, onLine: (line: Line, text: string) => void, onEnd: (line: Line) => void) {
		const line = this;
		this.peerId = peerId;
		this.#socket = new TCP({
			from,
			nodelay: true,
			onReadable(count) {
				line.#read += String.fromArrayBuffer(this.read(count) as ArrayBuffer);
				if (line.#read.length > longestLine) onEnd(line);
				for (let end = line.#read.indexOf("\n"); end >= 0; end = line.#read.indexOf("\n")) {
					const text = line.#read.slice(0, end);
					line.#read = line.#read.slice(end + 1);
					onLine(line, text);
				}
			},
			onWritable(count) {
				line.#writable = count;
				line.#flush();
			},
			onError() {
				onEnd(line);
			},
		});
	}

	send(message: object): void {
		this.#unwritten += `${JSON.stringify(message)}\n`; // of ASCII: descriptions and messages of our own
		this.#flush();
	}

	close(): void {
		this.#socket.close();
	}

	#flush(): void {
		const count = Math.min(this.#writable, this.#unwritten.length);
		if (!count) return;
		this.#writable = this.#socket.write(ArrayBuffer.fromString(this.#unwritten.slice(0, count))) as number;
		this.#unwritten = this.#unwritten.slice(count);
	}
}

/** Gives each connection the name of a peer; its end is that peer's "bye". */
export default class LineSignaling implements SignalingClient {
	readonly name = "lines";
	readonly capabilities = { trickle: false, reoffer: true };
	readonly iceServers: readonly IceServer[] = [];
	#onCommand: OnCommand;
	#state: SignalingState = "new";
	#handler: SignalingHandler | undefined;
	#listener: Listener | undefined;
	#lines = new Map<string, Line>();
	#count = 0;

	constructor(onCommand: OnCommand) {
		this.#onCommand = onCommand;
	}

	get state(): SignalingState {
		return this.#state;
	}

	get port(): number {
		return (this.#listener as unknown as { port: number }).port;
	}

	connect(role: SignalingRole, handler: SignalingHandler): void {
		const signaling = this;
		this.#handler = handler;
		this.#listener = new Listener({
			port: 0,
			address: "127.0.0.1",
			onReadable(count) {
				for (; count > 0; count--) signaling.#accept(this.read()!);
			},
		});
		this.#state = "connected";
		handler.onStateChange("connected");
	}

	send(message: SignalingMessage): void {
		if (this.#state !== "connected") throw new WebRTCError("signaling/closed", "lines: closed");
		this.tell(message.peerId, message);
	}

	/** Anything that is not signaling's, for the test. */
	tell(peerId: string, message: object): void {
		this.#lines.get(peerId)?.send(message);
	}

	refreshIceServers(): void {}

	close(): void {
		this.#state = "disconnected";
		this.#listener?.close();
		for (const line of this.#lines.values()) line.close();
		this.#lines.clear();
	}

	#accept(socket: TCP): void {
		const peerId = `peer-${++this.#count}`;
		const onLine = (line: Line, text: string) => this.#receive(line, JSON.parse(text));
		this.#lines.set(peerId, new Line(socket, peerId, onLine, (line) => this.#end(line)));
	}

	#receive({ peerId }: Line, message: Incoming): void {
		if (message.type === "command") this.#onCommand(peerId, message);
		else this.#handler?.onMessage({ ...message, peerId });
	}

	#end(line: Line): void {
		if (!this.#lines.delete(line.peerId)) return;
		line.close();
		this.#handler?.onMessage({ type: "bye", peerId: line.peerId });
	}
}
