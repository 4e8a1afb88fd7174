// SPDX-License-Identifier: Apache-2.0

export interface TransportOptions {
	/** UDP port, the same for IPv4 and IPv6; 0, the default, takes any. */
	port?: number | undefined;
	/** The IP address to bind; default: all addresses of both families. */
	address?: string | undefined;
	/**
	 * Peers may connect by TCP, too (RFC 6544), 8 at once, to this port; 0 takes that of UDP where it is free, else any.
	 * Default: none may. Each connection takes 3 KB, and 16 KB once something was sent.
	 */
	tcpPort?: number | undefined;
	/**
	 * A STUN message that is written to a peer by TCP connects to it, if need be: 4 such connections at once. What cannot be
	 * connected in 10 s, or has not become a peer's in 20, is given up. Default: false.
	 */
	tcpActive?: boolean | undefined;
	/** STUN messages are waiting: read until there are none. Many messages may cause one call. */
	onReadable(this: Transport): void;
}

/** An address of this host that can be a candidate (RFC 8445 section 5.1.1.1). */
export interface InterfaceAddress {
	address: string;
	family: 4 | 6;
	/** The interface's name, as "eth0". */
	interface: string;
	loopback: boolean;
}

export interface StunMessage {
	/** Bytes at the beginning of the buffer that was given to `read`. */
	size: number;
	/** The sender's IP address and port. */
	address: string;
	port: number;
	/**
	 * 0: it came by the local socket of UDP; 8, 9: by a connection of TCP over IPv4, IPv6; 10, 11: by one of our own; else the
	 * number of the relay that the sender is behind.
	 */
	relay: number;
	/** Whose ufrag or transaction it bears, as `addUfrag` and `write` had it. */
	owner: number;
}

/** Counters since the transport was opened. */
export interface TransportStatistics {
	packetsReceived: number;
	bytesReceived: number;
	packetsSent: number;
	bytesSent: number;
	/** Datagrams that could not be sent: a full socket buffer, no route, no such address. */
	sendErrors: number;
	/** From an address that no host can have: port 0, or unspecified, reserved, of a group or of broadcasts. */
	badSource: number;
	/** Media or DTLS from an address that belongs to no path. */
	unknownSource: number;
	/** Neither STUN nor DTLS nor SRTP (RFC 7983 section 7), too short, or too large. */
	malformed: number;
	/** STUN for no known ufrag or transaction. */
	stunUnknown: number;
	/** STUN that found the queue full or was over its rate. */
	stunDropped: number;
	/** By TCP. */
	connectionsAccepted: number;
	/** That were closed because no check of a peer came, or found no place. */
	connectionsRefused: number;
	/** By TCP, to peers. */
	connectionsBegun: number;
	/** Of these, that were not connected, or were no peer's; and those for which there was no place. */
	connectionsFailed: number;
}

/**
 * The UDP port of all peers: one socket for each address family, read by a native thread. DTLS and SRTP go from there
 * to the paths of the peers; STUN, filtered, comes here. At most 64 messages of STUN (16 KB) wait; each ufrag may bring
 * 100 a second. Takes 110 KB of C heap on a desktop, 25 KB on a device.
 *
 * Stays alive until it is closed. Paths may outlive it; they send nowhere then.
 */
export default class Transport extends (Native("xs_rtc_transport_destructor") as unknown as new () => object) {
	/**
	 * @throws TypeError or RangeError naming the option
	 * @throws Error with the `code` of a WebRTCError: "transport/address-in-use", "transport/failed"
	 */
	constructor(options: TransportOptions) {
		super();
		native("xs_rtc_transport").call(this, options);
	}

	/** The port that both families are bound to. */
	get localPort(): number {
		return native("xs_rtc_transport_get_localPort").call(this);
	}

	/** The port to which peers may connect by TCP; 0: none. */
	get tcpPort(): number {
		return native("xs_rtc_transport_get_tcpPort").call(this);
	}

	/** Whether there is a socket for IPv4 or IPv6. */
	hasFamily(family: 4 | 6): boolean {
		return native("xs_rtc_transport_hasFamily").call(this, family);
	}

	/** This host's addresses, those of loopback interfaces only if asked for; at most 32. */
	interfaces(loopback: boolean): InterfaceAddress[] {
		return native("xs_rtc_transport_interfaces").call(this, loopback);
	}

	/**
	 * Lets in Binding requests whose USERNAME begins with this local ufrag (RFC 8445 section 7.3).
	 *
	 * @param owner 0 to 65535; comes back with each of them
	 * @throws TypeError when it is empty, longer than 32 bytes or known already
	 * @throws RangeError when 32 are known
	 */
	addUfrag(ufrag: string, owner = 0): void {
		native("xs_rtc_transport_addUfrag").call(this, ufrag, owner);
	}

	/** Without effect when it is not known. */
	removeUfrag(ufrag: string): void {
		native("xs_rtc_transport_removeUfrag").call(this, ufrag);
	}

	/**
	 * Takes the oldest STUN message that waits.
	 *
	 * @param buffer gets the message; 1,280 bytes hold any, those that do not fit are lost
	 * @returns undefined when none waits
	 * @throws Error with the code "transport/failed" when none will come any more: the host cannot read the sockets
	 */
	read(buffer: Uint8Array): StunMessage | undefined {
		return native("xs_rtc_transport_read").call(this, buffer);
	}

	/**
	 * Sends a STUN message. A request's answers are let in for 60 seconds. What cannot be sent is lost, and counted: an
	 * address may have been good when a datagram came from there (a zone of IPv6 ends with its interface), and is not now.
	 *
	 * @param data at most 1,280 bytes
	 * @param relay 0: by the local socket of the address's family; 8 or 9: by the connection of TCP that came from there; 10 or
	 * 11: by one to there; else the number of a relay
	 * @param owner 0 to 65535; comes back with each answer
	 * @throws TypeError or RangeError for arguments of another type, and more data
	 */
	write(data: Uint8Array | ArrayBuffer, address: string, port: number, relay = 0, owner = 0): void {
		native("xs_rtc_transport_write").call(this, data, address, port, relay, owner);
	}

	statistics(): TransportStatistics {
		return native("xs_rtc_transport_statistics").call(this);
	}

	/** Gives the port back. Can be called again without effect; any other use afterwards throws. */
	close(): void {
		native("xs_rtc_transport_close").call(this);
	}
}
