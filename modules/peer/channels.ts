// SPDX-License-Identifier: Apache-2.0
// The data channels of a connection over its one SCTP association (RFC 8831): opened by either side, in band (RFC 8832) or
// as negotiated, and closed by resetting streams.
import WebRTCError from "webrtc/error";
import fromNative from "webrtc/error/native";
import { contain, type Guarded } from "webrtc/error/guard";
import Sctp, { dcep, full, lifetime, reliable, retransmits, tooLong } from "webrtc/native/sctp";
import type { SctpEvent, SctpOptions } from "webrtc/native/sctp";
import RTCDataChannel, { type ChannelData, type ChannelOwner, type RTCDataChannelInit } from "webrtc/peer/datachannel";
import { largestText, makeAck, makeOpen, readControl, type ChannelParameters } from "webrtc/peer/dcep";
import EarlyMessages from "webrtc/peer/early";
import type { DataWishes } from "webrtc/peer/negotiable";
import RTCSctpTransport, { type SctpOwner } from "webrtc/peer/sctp";
import type Tasks from "webrtc/peer/tasks";
import type { NegotiatedMedia } from "webrtc/sdp";

/** What data channels may hold; bytes, unless something else is said. */
export interface DataLimits {
	/** Channels at once. Default 32. */
	maxChannels?: number | undefined;
	/** Of label and protocol together, of a channel that the peer opens. Default 1,024. */
	labelSize?: number | undefined;
	/** A message that the peer may send: it is announced. Default 262,144. */
	maxMessageSize?: number | undefined;
	/** Streams in each direction, 1 to 65,535: the ids that there are. Each takes 104 bytes (68 with 32 bits). Default 1,024. */
	streams?: number | undefined;
	/** What may be under way in each direction. Default 262,144. */
	window?: number | undefined;
	/** What may wait to be sent, of all channels. Default 1,048,576. */
	sendQueue?: number | undefined;
	/** What may wait to be read. Default 262,144. */
	receiveQueue?: number | undefined;
}

/** What a chip without PSRAM can spare: some 15 KB for each peer that has channels, 70 KB when it sends and nobody reads. */
export const smallData: Readonly<DataLimits> = Object.freeze({
	maxChannels: 8,
	labelSize: 256,
	maxMessageSize: 16384,
	streams: 32,
	window: 8192,
	sendQueue: 8192,
	receiveQueue: 16384,
});

/** What the channels need of their connection. */
export interface ChannelsOwner extends Guarded {
	readonly tasks: Tasks;
	/** Something has to be negotiated. */
	changed(): void;
	/** Whether there is memory to keep something more for the peer. */
	mayGrow(): boolean;
	/** The peer has opened a channel. */
	onDataChannel(channel: RTCDataChannel): void;
	/** The association of the connection's transport. */
	openSctp(options: Omit<SctpOptions, "path" | "dtls">): Sctp;
}

const turn = 64; // events, after which others have theirs
const messageCost = 64; // RTC_SCTP_MESSAGE_COST

export default class Channels implements ChannelOwner, DataWishes, SctpOwner {
	readonly isAccepted = true;
	readonly list: RTCDataChannel[] = [];
	transport: RTCSctpTransport | null = null;
	opened = 0;
	/** That have left "open" (W3C webrtc-stats section 8.9). */
	closed = 0;
	#owner: ChannelsOwner;
	#limits: DataLimits;
	#native: Sctp | undefined;
	#isClient: boolean | undefined;
	#streams = 0; // once it is up
	#isReading = false;
	#isEnding = false;
	#early: EarlyMessages | undefined; // once there is one

	constructor(owner: ChannelsOwner, limits: DataLimits) {
		this.#owner = owner;
		this.#limits = limits;
	}

	get isWanted(): boolean {
		return this.list.length > 0 || this.opened > 0;
	}

	get maxMessageSize(): number {
		return this.#limits.maxMessageSize ?? 262144;
	}

	get native(): Sctp | undefined {
		return this.#native;
	}

	/**
	 * @throws TypeError for parameters that are none, or do not go together; WebRTCError "data/in-use" and "data/full"
	 * (OperationError)
	 */
	create(label: string, init: RTCDataChannelInit): RTCDataChannel {
		const parameters = checkParameters(label, init);
		const negotiated = init.negotiated === true;
		const id = negotiated ? checkId(init.id) : null;
		if (id !== null && this.find(id)) throw new WebRTCError("data/in-use", `id: ${id} is in use`);
		if (this.list.length >= this.maxChannels) throw new WebRTCError("data/full", "there are too many channels");
		if (this.#streams && (id ?? this.freeId() ?? this.#streams) >= this.#streams)
			throw new WebRTCError("data/full", "id: there are fewer streams");
		const channel = new RTCDataChannel(this, parameters, negotiated, id);
		const isFirst = !this.isWanted;
		this.list.push(channel);
		if (this.#isClient !== undefined) channel.id ??= this.freeId();
		if (this.#streams) this.#owner.tasks.post(() => this.open(channel));
		if (isFirst) this.#owner.changed();
		return channel;
	}

	/**
	 * Offer and answer are in force.
	 * @param data undefined: there are no channels, or not any more
	 */
	agree(data: NegotiatedMedia["data"], isClient: boolean): void {
		if (!data) {
			if (this.#native) this.end(false);
			return;
		}
		const sendQueue = this.#limits.sendQueue ?? 1048576;
		const largest = Math.min(data.maxMessageSize, sendQueue - messageCost);
		this.transport ??= new RTCSctpTransport(this, largest);
		this.transport.maxMessageSize = largest;
		if (this.transport.state === "closed" || this.#native) return;
		this.#isClient = isClient;
		for (const channel of this.list) channel.id ??= this.freeId();
		this.begin(data.port, sendQueue);
	}

	private begin(port: number, sendQueue: number): void {
		const { streams, window, receiveQueue } = this.#limits;
		const { maxMessageSize } = this;
		const onEvent = () => {
			try {
				this.resume();
			} catch (cause) {
				contain(this.#owner, cause);
			}
		};
		try {
			this.#native = this.#owner.openSctp({ streams, window, sendQueue, receiveQueue, maxMessageSize, onEvent });
			this.#native.start(port);
		} catch (cause) {
			this.#owner.onException(fromNative(cause, "peer/out-of-resources"));
		}
	}

	/** Reads what there is, for a while. */
	resume(): void {
		if (this.#isReading) return; // by whom this is called, or in a task that is to come
		this.#isReading = true;
		let goesOn = true;
		try {
			for (let count = 0; goesOn && count < turn; count++) {
				const event = this.transport?.paused ? undefined : this.#native?.read();
				goesOn = event !== undefined && this.take(event);
				if (!event) return;
			}
		} finally {
			this.#isReading = false;
		}
		this.later();
	}

	/** Goes on in another task: those who have heard of something may have promises to wait for. */
	private later(): void {
		this.#isReading = true;
		this.#owner.tasks.post(() => {
			this.#isReading = false;
			this.resume();
		});
	}

	/** @returns whether the next may follow at once */
	private take(event: SctpEvent): boolean {
		const channel = event.type === "up" || event.type === "down" ? undefined : this.find(event.stream);
		switch (event.type) {
			case "up":
				this.up(event.stream);
				break;
			case "down":
				this.end(event.stream === 0);
				break;
			case "message":
				if (event.protocol === dcep) return this.control(channel, event);
				this.message(channel, event);
				break;
			case "reset":
				this.onReset(channel, event.stream);
				break;
			case "closed":
				if (channel?.readyState === "connecting") this.open(channel);
				else if (channel) this.conclude(channel);
				break;
			case "sent":
				if (channel) sent(channel, event.size);
				break;
			case "overlong":
				if (channel) this.fail(channel, "a message was longer than announced, or found no room");
				break;
		}
		return true;
	}

	private up(streams: number): void {
		this.#streams = streams;
		const transport = this.transport!;
		transport.maxChannels = streams;
		transport.state = "connected";
		transport.dispatchEvent({ type: "statechange" });
		for (const channel of [...this.list]) this.open(channel);
	}

	/** The association is there: a channel of this side's is opened, or has no stream. */
	private open(channel: RTCDataChannel): void {
		const { readyState, id } = channel;
		if (readyState !== "connecting" || !this.#native) return;
		if (this.#isEnding) return this.break(channel, "the association is about to end");
		if (id === null || id >= this.#streams) return this.break(channel, "id: there are fewer streams");
		if (this.#native.isUsed(id)) return; // by a channel of the peer's that was refused: when that is over, it opens
		try {
			this.openStream(channel, id);
		} catch (cause) {
			return this.break(channel, fromNative(cause, "data/failed").message);
		}
		channel.readyState = "open";
		this.opened++;
		if (channel.negotiated) this.#native.acknowledge(id);
		else if (!this.tell(id, makeOpen(channel))) return this.fail(channel, "open: no room to tell the peer of it");
		channel.dispatchEvent({ type: "open" });
		this.bringEarly(channel);
	}

	private openStream(channel: RTCDataChannel, id: number): void {
		const { ordered, maxPacketLifeTime, maxRetransmits, chunked } = channel;
		const policy = maxRetransmits !== null ? retransmits : maxPacketLifeTime !== null ? lifetime : reliable;
		this.#native!.open(id, !ordered, policy, maxRetransmits ?? maxPacketLifeTime ?? 0);
		if (chunked) this.#native!.setChunks(id, true);
	}

	/** @returns whether the message of DCEP has found room */
	private tell(id: number, message: Uint8Array): boolean {
		try {
			return this.#native!.control(id, message) !== full;
		} catch {
			return false; // no memory
		}
	}

	private control(channel: RTCDataChannel | undefined, { stream, data }: SctpEvent): boolean {
		const read = readControl(data as ArrayBuffer, this.#limits.labelSize ?? 1024);
		if (read === "ack") {
			if (channel) this.#native!.acknowledge(stream);
		} else if (channel?.negotiated || channel?.readyState === "closing") {
			// It is as both sides have made it; or about to close, whatever this says.
		} else if (channel?.readyState === "open") {
			this.fail(channel, "DCEP: an OPEN of a channel that is there, or malformed");
		} else if (!read || !this.mayAccept || stream % 2 === (this.#isClient ? 0 : 1)) {
			this.refuse(stream);
		} else return this.accept(stream, read);
		return true;
	}

	/** It is the peer's loss: what it sends there is nobody's, and this side's channels have other streams, or wait for this one. */
	private refuse(stream: number): void {
		this.#early?.take(stream);
		this.#native!.closeStream(stream);
	}

	/** W3C webrtc section 6.2 (announcing): open within the event; whoever has heard of it hears of messages. */
	private accept(stream: number, parameters: ChannelParameters): boolean {
		const channel = new RTCDataChannel(this, parameters, false, stream);
		const native = this.#native!;
		let isOpen = false;
		try {
			this.openStream(channel, stream);
			native.acknowledge(stream);
			isOpen = this.tell(stream, makeAck());
		} catch {
			// no memory for it, or an earlier one on this stream is not over
		}
		if (!isOpen) {
			this.refuse(stream);
			return true;
		}
		channel.readyState = "open";
		this.list.push(channel);
		this.opened++;
		this.#owner.onDataChannel(channel);
		// Not at once: in XS a promise's reaction comes after this, in a browser before the event.
		this.#owner.tasks.post(() => {
			if (channel.readyState !== "open") return;
			channel.dispatchEvent({ type: "open" });
			this.bringEarly(channel);
		});
		return false;
	}

	private message(channel: RTCDataChannel | undefined, event: SctpEvent): void {
		if (channel?.readyState === "open") deliver(channel, event);
		else if ((!channel || channel.readyState === "connecting") && !this.#native!.isUsed(event.stream))
			(this.#early ??= new EarlyMessages()).keep(event);
	}

	private bringEarly(channel: RTCDataChannel): void {
		const early = this.#early?.take(channel.id!);
		if (!early) return;
		for (const event of early.messages) if (channel.readyState === "open") deliver(channel, event);
		const isReliable = channel.maxRetransmits === null && channel.maxPacketLifeTime === null;
		if (!early.isWhole && isReliable) this.fail(channel, "more came before it than could be kept");
	}

	private onReset(channel: RTCDataChannel | undefined, stream: number): void {
		if (!channel) this.refuse(stream);
		else if (channel.readyState === "open") {
			channel.readyState = "closing";
			this.closed++;
			channel.dispatchEvent({ type: "closing" });
			this.#native?.closeStream(stream);
		}
	}

	private conclude(channel: RTCDataChannel): void {
		const place = this.list.indexOf(channel);
		if (place < 0) return;
		this.list.splice(place, 1);
		if (channel.readyState === "open") this.closed++;
		channel.readyState = "closed";
		channel.dispatchEvent({ type: "close" });
		this.shutdownWhenEmpty();
	}

	/** A channel that has not been opened ends. */
	private break(channel: RTCDataChannel, message: string): void {
		channel.readyState = "closed";
		channel.dispatchEvent({ type: "error", error: new WebRTCError("data/failed", message) });
		this.conclude(channel);
	}

	private fail(channel: RTCDataChannel, message: string): void {
		channel.dispatchEvent({ type: "error", error: new WebRTCError("data/failed", message) });
		channel.close();
	}

	setChunks(channel: RTCDataChannel): void {
		if (channel.id !== null && channel.readyState !== "connecting")
			this.#native?.setChunks(channel.id, channel.chunked);
	}

	closeChannel(channel: RTCDataChannel): void {
		const isOpen = channel.readyState === "open";
		channel.readyState = "closing";
		if (isOpen) this.closed++;
		if (isOpen && this.#native) this.#native.closeStream(channel.id!);
		else this.#owner.tasks.post(() => this.conclude(channel));
	}

	send(channel: RTCDataChannel, data: ChannelData): number {
		const largest = this.transport!.maxMessageSize;
		const size = this.#native!.send(channel.id!, toNative(data), largest);
		if (size === tooLong) throw new TypeError(`send: the peer takes ${largest} bytes at most`);
		if (size === full) throw new WebRTCError("data/full", "send: too much is waiting to be sent");
		return size;
	}

	/** In order: see RTCSctpTransport. Channels first, for libwebrtc tells its own of a reset only. */
	shutdown(): void {
		if (!this.#native) return;
		this.#isEnding = true;
		for (const channel of [...this.list]) channel.close();
		this.shutdownWhenEmpty();
	}

	private shutdownWhenEmpty(): void {
		if (this.#isEnding && !this.list.length) this.#native?.shutdown();
	}

	/**
	 * The association is no more.
	 * @param isFailure it has failed, or the peer has aborted it
	 */
	end(isFailure: boolean): void {
		const { transport } = this;
		this.#native?.close();
		this.#native = undefined;
		this.#early = undefined;
		if (transport && transport.state !== "closed") {
			transport.state = "closed";
			transport.dispatchEvent({ type: "statechange" });
		}
		for (const channel of [...this.list]) {
			const error = new WebRTCError("data/failed", "the peer has ended the association, or cannot be reached");
			if (channel.readyState === "closed") continue; // who has heard of another one has closed the connection
			if (isFailure) channel.dispatchEvent({ type: "error", error });
			this.conclude(channel);
		}
	}

	/** This side closes the connection: nothing is told of (W3C webrtc section 4.4.1.6). */
	close(): void {
		if (this.transport) this.transport.state = "closed";
		for (const channel of this.list) channel.readyState = "closed";
		this.list.length = 0;
		this.#native?.close();
		this.#native = undefined;
	}

	private find(id: number): RTCDataChannel | undefined {
		for (const channel of this.list) if (channel.id === id) return channel; // of each message: without a closure
		return undefined;
	}

	private get mayAccept(): boolean {
		return !this.#isEnding && this.list.length < this.maxChannels && this.#owner.mayGrow();
	}

	private get maxChannels(): number {
		return this.#limits.maxChannels ?? 32;
	}

	/** Even ones are the client's (RFC 8832 section 6); not those that the peer has used nevertheless, and that are not over. */
	private freeId(): number | null {
		const end = this.#streams || (this.#limits.streams ?? 1024);
		for (let id = this.#isClient ? 0 : 1; id < end; id += 2)
			if (!this.find(id) && !this.#native?.isUsed(id)) return id;
		return null;
	}
}

function deliver(channel: RTCDataChannel, { data, size, protocol, first = true, last = true }: SctpEvent): void {
	const { counted } = channel;
	counted.bytesReceived += size;
	if (last) counted.messagesReceived++;
	if (channel.chunked || !first || !last) {
		const bytes = typeof data === "string" ? ArrayBuffer.fromString(data) : data!;
		const isText = protocol === 51 || protocol === 56;
		channel.dispatchEvent({ type: "chunk", data: bytes, isText, first, last });
	} else channel.dispatchEvent({ type: "message", data: data! });
}

function sent(channel: RTCDataChannel, size: number): void {
	const before = channel.bufferedAmount;
	const threshold = channel.bufferedAmountLowThreshold;
	channel.bufferedAmount = Math.max(0, before - size);
	if (before > threshold && channel.bufferedAmount <= threshold) channel.dispatchEvent({ type: "bufferedamountlow" });
}

/** XS gives natives views of bytes only. */
function toNative(data: ChannelData): string | ArrayBufferLike | ArrayBufferView {
	if (typeof data === "string" || data instanceof ArrayBuffer) return data;
	if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	if (data instanceof SharedArrayBuffer) return new Uint8Array(data);
	return String(data);
}

/** @throws TypeError */
function checkParameters(label: string, init: RTCDataChannelInit): ChannelParameters {
	const { ordered = true, protocol = "" } = init;
	const maxPacketLifeTime = checkShort("maxPacketLifeTime", init.maxPacketLifeTime);
	const maxRetransmits = checkShort("maxRetransmits", init.maxRetransmits);
	if (maxPacketLifeTime !== null && maxRetransmits !== null)
		throw new TypeError("maxPacketLifeTime, maxRetransmits: not both");
	checkText("label", label);
	checkText("protocol", protocol);
	return { label, protocol, ordered: Boolean(ordered), maxPacketLifeTime, maxRetransmits };
}

/** @throws TypeError: Web IDL's [EnforceRange] unsigned short */
function checkShort(name: string, value: number | null | undefined): number | null {
	if (value === undefined || value === null) return null;
	const number = Math.trunc(Number(value));
	if (!(number >= 0 && number <= 65535)) throw new TypeError(`${name}: 0 to 65535`);
	return number;
}

function checkId(id: number | undefined): number {
	const value = checkShort("id", id);
	if (value === null) throw new TypeError("id: a negotiated channel has one");
	if (value === 65535) throw new TypeError("id: 0 to 65534");
	return value;
}

/** @throws TypeError */
function checkText(name: string, text: string): void {
	if (text.length * 4 > largestText && ArrayBuffer.fromString(text).byteLength > largestText)
		throw new TypeError(`${name}: more than ${largestText} bytes of UTF-8`);
}
