// SPDX-License-Identifier: Apache-2.0
// Data channels of an application: its callbacks are there before the first peer is.
import WebRTCError from "webrtc/error";
import type RTCPeerConnection from "webrtc/peer";
import type { ChannelData, DataLimits, RTCDataChannel, RTCDataChannelEvent } from "webrtc/peer";
import type { PeerEvent } from "webrtc/peer/events";

/** What an application does with data channels. What its callbacks throw is reported and changes nothing. */
export interface DataOptions extends DataLimits {
	/** A channel of this label is made for each peer from this side, reliable and in order. Default: none. */
	control?: string | undefined;
	/** A channel is open, of either side's making. `channel.chunked` may be set here. */
	onOpen?(peerId: string, channel: RTCDataChannel): void;
	/** A whole message has come. Chunks come to the channel's own "chunk" event. */
	onMessage?(peerId: string, channel: RTCDataChannel, data: string | ArrayBuffer): void;
	/** A channel that was open has closed. */
	onClose?(peerId: string, channel: RTCDataChannel): void;
}

type Heard = PeerEvent & { target?: unknown; channel?: RTCDataChannel; data?: string | ArrayBuffer };

/** The open channels of one peer. */
export default class PeerData {
	#peerId: string;
	#options: DataOptions;
	#open: RTCDataChannel[] = [];

	constructor(peerId: string, connection: RTCPeerConnection, options: DataOptions) {
		this.#peerId = peerId;
		this.#options = options;
		connection.addEventListener("datachannel", this);
		if (options.control !== undefined) this.listen(connection.createDataChannel(options.control));
	}

	/** Of the connection, and of its channels. */
	handleEvent(event: PeerEvent | RTCDataChannelEvent): void {
		const { type, target, channel, data } = event as Heard;
		const it = target as RTCDataChannel;
		if (type === "datachannel") this.listen(channel!);
		else if (type === "open") {
			this.#open.push(it);
			this.#options.onOpen?.(this.#peerId, it);
		} else if (type === "message") this.#options.onMessage?.(this.#peerId, it, data!);
		else if (this.forget(it)) this.#options.onClose?.(this.#peerId, it);
	}

	/**
	 * Sends by the first open channel of that label.
	 * @throws as RTCDataChannel.send; WebRTCError "data/failed" when there is none
	 */
	send(label: string, data: ChannelData): void {
		const channel = this.#open.find((one) => one.label === label && one.readyState === "open");
		if (!channel) throw new WebRTCError("data/failed", `send: no channel "${label}" is open`);
		channel.send(data);
	}

	/** The session is over: a connection that is closed here tells of nothing. */
	close(): void {
		for (const channel of this.#open.splice(0)) {
			try {
				this.#options.onClose?.(this.#peerId, channel);
			} catch (error) {
				trace(`exception in onClose: ${error instanceof Error ? (error.stack ?? error.message) : ""}\n`);
			}
		}
	}

	private listen(channel: RTCDataChannel): void {
		channel.addEventListener("open", this);
		channel.addEventListener("message", this);
		channel.addEventListener("close", this);
	}

	private forget(channel: RTCDataChannel): boolean {
		const place = this.#open.indexOf(channel);
		if (place >= 0) this.#open.splice(place, 1);
		return place >= 0;
	}
}
