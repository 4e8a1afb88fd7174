// SPDX-License-Identifier: Apache-2.0
import type Transport from "webrtc/native/transport";

export interface RelayOptions {
	/** The TURN server's IP address and port. */
	address: string;
	port: number;
	/** Comes back with each of its answers (`Transport.read`). */
	owner: number;
	/** "tcp": the relay can be used from `onOpen` on. Default "udp". */
	transport?: "udp" | "tcp" | undefined;
	/** Under TCP: a `Tls`, which serves once. */
	layer?: object | undefined;
	/** Milliseconds until the connection must be there, and TLS have shaken hands. Default 10,000. */
	patience?: number | undefined;
	/** The connection is there. */
	onOpen?(this: Relay): void;
	/** The server's port is closed, or there is no way to it; its connection has ended, or never was. */
	onError(this: Relay, reason: string): void;
}

/** Counters since the relay was opened, with what relaying adds to each datagram. */
export interface RelayStatistics {
	packetsReceived: number;
	bytesReceived: number;
	packetsSent: number;
	bytesSent: number;
	/** Neither ChannelData nor STUN, or an indication without peer or data. */
	malformed: number;
	/** By channels that are not bound, or of peers that cannot be. */
	unknown: number;
	sendErrors: number;
}

/**
 * A socket to one TURN server (RFC 8656), of UDP, or a connection of TCP or TLS. Peers behind it are reached by their addresses together with `number`: in ChannelData
 * when they are bound to a channel, otherwise in Send indications. The control plane makes allocations, permissions and
 * channels. A transport has at most 6; each takes 1.3 KB and a socket, and over TCP or TLS 20 KB more and, while it
 * connects, a thread.
 */
export default class Relay extends (Native("xs_rtc_relay_destructor") as unknown as new () => object) {
	/**
	 * @throws TypeError or RangeError naming the option
	 * @throws Error with the code "transport/failed"
	 */
	constructor(transport: Transport, options: RelayOptions) {
		super();
		native("xs_rtc_relay").call(this, transport, options);
	}

	/** What tells it from the local sockets and other relays: 16 or more. */
	get number(): number {
		return native("xs_rtc_relay_get_number").call(this);
	}

	/** @returns false: one of them has another already, there are 32, or it is no channel or no peer */
	bind(channel: number, address: string, port: number): boolean {
		return native("xs_rtc_relay_bind").call(this, channel, address, port);
	}

	/** Without effect when it is not bound. */
	unbind(channel: number): void {
		native("xs_rtc_relay_unbind").call(this, channel);
	}

	/** A message for the server itself. What cannot be sent is lost, and counted. */
	write(data: Uint8Array | ArrayBuffer): void {
		native("xs_rtc_relay_write").call(this, data);
	}

	statistics(): RelayStatistics {
		return native("xs_rtc_relay_statistics").call(this);
	}

	/** Gives the socket back. Can be called again without effect; any other use afterwards throws. */
	close(): void {
		native("xs_rtc_relay_close").call(this);
	}
}
