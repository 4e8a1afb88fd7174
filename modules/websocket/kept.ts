// SPDX-License-Identifier: Apache-2.0
// A WebSocket that is kept: watched by pings, made anew when it ends, with what could not be sent meanwhile.
import Backoff from "webrtc/device/backoff";
import Clock from "webrtc/device/clock";
import deviceNetwork from "webrtc/device/network";
import WebRTCError from "webrtc/error";
import guard from "webrtc/error/guard";
import type { URLParts } from "webrtc/http/url";
import { decodeUTF8 } from "webrtc/text";
import Socket, { type SocketClosing, type WebSocketDictionary } from "webrtc/websocket";
import Link, { type LinkTimeouts } from "webrtc/websocket/link";
import Timer from "timer";

/** Milliseconds. */
export interface KeptTimeouts extends Omit<LinkTimeouts, "age" | "silence"> {
	/** As `pong` while the server has never answered a ping; four times as long after each time that it is over, to an hour. */
	silence: number;
	/** From the name to the upgrade. */
	connect: number;
	/** Up from then on, a connection ends the series of failures. */
	stable: number;
	/** First and last bound of the back-off. */
	backoff: number;
	maximumBackoff: number;
	/** That a message may wait to be sent. */
	message: number;
}

export interface KeptClients {
	/** Default: `device.network.wss`. */
	wss?: WebSocketDictionary | undefined;
	/** For URLs without TLS. Default: `device.network.ws`. */
	ws?: WebSocketDictionary | undefined;
}

export interface KeptOptions extends KeptClients {
	/** For errors: "AppRTC". */
	name: string;
	headers?: Map<string, string> | undefined;
	protocol?: string | undefined;
	timeouts?: Partial<KeptTimeouts> | undefined;
	/** Bytes of a message that comes in. Default 16 384. */
	maximumMessage?: number | undefined;
	/** 0 to 1, uniform. */
	random(): number;
	/** It is open, for the first time or again. What `sendFirst` is given now goes before what waits. */
	onOpen(): void;
	onText(text: string): void;
	/** It has ended, or could not be opened; the next attempt is under way unless it is closed now. */
	onLost(error: WebRTCError): void;
	/** Something is wrong with a message, of theirs or ours. */
	onError(error: WebRTCError): void;
}

interface Letter {
	text: string;
	expires: number;
	/** The last ping before it was written: the answer to a later one confirms it. */
	ping: number;
}

export const defaultKeptTimeouts: Readonly<KeptTimeouts> = Object.freeze({
	ping: 10_000,
	pong: 10_000,
	silence: 60_000,
	connect: 10_000,
	stable: 30_000,
	backoff: 500,
	maximumBackoff: 15_000,
	message: 60_000,
});
const longestSilence = 3_600_000; // ms
const defaultMaximumMessage = 16_384;
const maximumLetters = 32;
const maximumSize = 65_536; // characters, of what waits and what is not confirmed yet

/**
 * Sends each message at least once while it lasts: what a connection has swallowed, as far as pings can tell, goes over the
 * next. So a message can arrive twice.
 */
export default class KeptWebSocket {
	#options: KeptOptions;
	#timeouts: Readonly<KeptTimeouts>;
	#linkTimeouts: LinkTimeouts;
	#backoff: Backoff;
	#clock = new Clock();
	#url: URLParts | undefined;
	#socket: Socket | undefined;
	#link: Link | undefined;
	#timer: Timer | undefined;
	#retryAt = Infinity;
	#waiting: Letter[] = [];
	#sent: Letter[] = [];
	#answers: true | undefined; // the server answers pings
	#connections = 0;

	constructor(options: KeptOptions) {
		this.#options = options;
		this.#timeouts = { ...defaultKeptTimeouts, ...options.timeouts };
		this.#linkTimeouts = { ...this.#timeouts, age: Infinity };
		this.#backoff = new Backoff(this.#timeouts.backoff, this.#timeouts.maximumBackoff, options.random);
	}

	get isOpen(): boolean {
		return this.#link !== undefined;
	}

	/** Connections that opened. */
	get connections(): number {
		return this.#connections;
	}

	/** Messages that wait, or that may have to be repeated. */
	get length(): number {
		return this.#waiting.length + this.#sent.length;
	}

	/** Connects, in place of any connection before. What waits stays. */
	open(url: URLParts): void {
		this.drop();
		this.#url = url;
		this.connect();
	}

	/** Sends a text, now or when there is a connection. Beyond 32 that wait, or 65 536 characters, the oldest is dropped. */
	send(text: string): void {
		const expires = this.#clock.now + this.#timeouts.message;
		this.#waiting.push({ text, expires, ping: 0 });
		this.shrink();
		this.pump();
		this.schedule();
	}

	/** Sends a text before what waits, and not again over another connection: for `onOpen`. */
	sendFirst(text: string): void {
		this.#waiting.unshift({ text, expires: -Infinity, ping: 0 });
		this.pump();
		this.schedule();
	}

	/** Ends the connection, and makes another after the back-off; what waits is forgotten. */
	reopen(): void {
		if (!this.#url) return;
		this.judge();
		this.drop();
		this.forget();
		this.#retryAt = this.#clock.now + this.#backoff.next();
		this.schedule();
	}

	/** What waits, or may have to be repeated, is of no more use. */
	forget(): void {
		this.#waiting.length = this.#sent.length = 0;
	}

	/** Ends the connection without `onLost`, and forgets what waits. Can be opened again. */
	close(): void {
		this.#url = undefined;
		this.#waiting.length = this.#sent.length = 0;
		this.drop();
	}

	/** A fault of this SDK: it ends the connection, and another one is made. */
	onException(error: WebRTCError): void {
		this.lost({ reason: error.message });
	}

	private connect(): void {
		const url = this.#url!;
		const { headers, protocol, maximumMessage = defaultMaximumMessage } = this.#options;
		const network = deviceNetwork();
		const { wss = network.wss, ws = network.ws } = this.#options;
		const dictionary = url.secure ? wss : ws;
		this.#retryAt = Infinity;
		if (!dictionary) return this.lost({ reason: `no ${url.secure ? "wss" : "ws"} client; include its manifest` });
		const socket: Socket = new Socket({
			dictionary,
			url,
			headers,
			protocol,
			timeout: this.#timeouts.connect,
			maximumMessage,
			onOpen: () => this.onOpen(),
			onMessage: (bytes) => this.onMessage(bytes),
			onTooLong: (size) => this.report("bad-message", `a message of ${size} bytes was skipped`),
			onPong: (payload) => this.onPong(payload),
			onWritten: () => this.onWritten(),
			onEnd: (closing) => {
				if (this.#socket === socket) this.lost(closing);
			},
		});
		this.#socket = socket;
	}

	private onOpen(): void {
		this.#connections++;
		this.#link = new Link(
			this.#connections,
			this.#clock.now,
			this.#linkTimeouts,
			this.#answers,
			this.#options.random,
		);
		this.#options.onOpen();
		this.pump();
		this.schedule();
	}

	private onMessage(bytes: Uint8Array): void {
		this.#link?.heard();
		let text: string;
		try {
			text = decodeUTF8(bytes);
		} catch {
			return this.report("bad-message", "a message is not UTF-8");
		}
		this.#options.onText(text);
	}

	private onPong(payload: number): void {
		this.#answers = true;
		if (!this.#link) return;
		this.#link.answers = true;
		this.#link.heard();
		this.#sent = this.#sent.filter(({ ping }) => ping >= payload);
		this.schedule();
	}

	private onWritten(): void {
		if (!this.#link) return;
		this.#link.busy = false;
		const last = this.#sent.at(-1);
		if (last) last.ping = this.#link.pings;
		this.#link.ask();
		this.ping(this.#link);
		this.pump();
		this.schedule();
	}

	private ping(link: Link): void {
		const number = link.takePing(this.#clock.now);
		if (number !== undefined) this.#socket?.ping(number);
	}

	private pump(): void {
		const link = this.#link;
		if (!link || link.busy) return;
		const letter = this.#waiting.shift();
		if (!letter) return;
		link.busy = true;
		letter.ping = Infinity;
		if (letter.expires !== -Infinity) this.#sent.push(letter);
		this.#socket?.write(letter.text);
	}

	private onTimer(): void {
		const { now } = this.#clock;
		const link = this.#link;
		if (now >= this.#retryAt) this.connect();
		else if (link?.isDead(now)) {
			this.doubt();
			this.lost({ reason: "it does not answer any more" });
		} else if (link) this.ping(link);
		this.expire(now);
		this.schedule();
	}

	private lost({ code, reason }: SocketClosing): void {
		const { now } = this.#clock;
		const link = this.#link;
		this.judge();
		this.drop();
		const delay = this.#backoff.next();
		this.#retryAt = now + delay;
		const { name } = this.#options;
		const what = link ? "ended" : "cannot be opened";
		const text = `${name}: the WebSocket ${what}: ${reason || `code ${code ?? 1006}`}; the next attempt is in ${Math.ceil(delay / 1000)} s`;
		this.#options.onLost(new WebRTCError("signaling/connection-failed", text));
		if (this.#url) this.schedule();
	}

	/** Either the server answers no pings at all, or the connection was dead from its start: the next has more time. */
	private doubt(): void {
		if (this.#answers) return;
		const silence = Math.min(this.#linkTimeouts.silence * 4, longestSilence);
		this.#linkTimeouts = { ...this.#linkTimeouts, silence };
	}

	/** A connection that has lasted ends the series of failures. */
	private judge(): void {
		if (this.#link && this.#clock.now - this.#link.openedAt >= this.#timeouts.stable) this.#backoff.reset();
	}

	private drop(): void {
		const socket = this.#socket;
		this.#socket = this.#link = undefined;
		this.#retryAt = Infinity;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		// What was to go first was for this connection alone.
		this.#waiting = [...this.#sent.splice(0), ...this.#waiting.filter(({ expires }) => expires !== -Infinity)];
		socket?.close();
	}

	private schedule(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		if (!this.#url) return;
		const expiry = this.#waiting[0]?.expires ?? Infinity;
		const deadline = Math.min(this.#retryAt, this.#link?.deadline ?? Infinity, this.#link ? Infinity : expiry);
		if (deadline === Infinity) return;
		this.#timer = Timer.set(
			guard(this, () => this.onTimer()),
			Math.max(0, Math.ceil(deadline - this.#clock.now)),
		);
	}

	/** What has waited too long is of no more use. */
	private expire(now: number): void {
		if (this.#link) return;
		const before = this.#waiting.length;
		this.#waiting = this.#waiting.filter(({ expires }) => expires > now);
		this.dropped(before - this.#waiting.length);
	}

	private shrink(): void {
		let size = 0;
		for (const letters of [this.#sent, this.#waiting]) for (const { text } of letters) size += text.length;
		let dropped = 0;
		while (this.length > maximumLetters || size > maximumSize) {
			const isSent = this.#sent.length > 0;
			size -= (isSent ? this.#sent : this.#waiting).shift()!.text.length;
			if (!isSent) dropped++;
		}
		this.dropped(dropped);
	}

	private dropped(count: number): void {
		if (count) this.report("queue-full", `${count} message(s) could not be sent in time`);
	}

	private report(code: "bad-message" | "queue-full", text: string): void {
		this.#options.onError(new WebRTCError(`signaling/${code}`, `${this.#options.name}: ${text}`));
	}
}
