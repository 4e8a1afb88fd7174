// SPDX-License-Identifier: Apache-2.0
import type Transport from "webrtc/native/transport";

/** Counters since the path was made. */
export interface PathStatistics {
	packetsReceived: number;
	bytesReceived: number;
	packetsSent: number;
	bytesSent: number;
	/** DTLS that came too early to be kept (more than 8 datagrams), and media before its keys. */
	earlyDropped: number;
}

/**
 * One peer's share of a transport: the addresses that its datagrams come from, and the one that they are sent to. What
 * takes and gives them are the native segments that are made with the path, DTLS and SRTP.
 */
export default class Path extends (Native("xs_rtc_path_destructor") as unknown as new () => object) {
	constructor(transport: Transport) {
		super();
		native("xs_rtc_path").call(this, transport);
	}

	/**
	 * A request with the peer's credentials came from this address: datagrams from there belong to the peer from now on,
	 * unless the address is another path's. The path keeps 16 addresses, and drops the oldest that is not selected for a
	 * new one.
	 *
	 * @param relay 0: by the local socket; else the number of the relay that the address is behind
	 * @returns whether the path has it; false also for what can be no host's address
	 * @throws TypeError for arguments of another type
	 */
	accept(address: string, port: number, relay = 0): boolean {
		return native("xs_rtc_path_accept").call(this, address, port, relay);
	}

	/**
	 * A check of our own was answered from this address, which proves that the peer has it: it is taken from another path,
	 * too, unless that one has selected it.
	 *
	 * @returns as `accept`
	 */
	confirm(address: string, port: number, relay = 0): boolean {
		return native("xs_rtc_path_confirm").call(this, address, port, relay);
	}

	/**
	 * Datagrams to the peer go to this address from now on; it is confirmed, too. With false nothing has changed: another
	 * path has selected it, and keeps it until it closes, selects another, yields, or forgets it.
	 *
	 * @returns as `accept`
	 */
	select(address: string, port: number, relay = 0): boolean {
		return native("xs_rtc_path_select").call(this, address, port, relay);
	}

	/**
	 * The peer was not heard of for a while: a path that confirms the selected address may have it, as when a peer has begun
	 * anew. Until the next `select`.
	 */
	yield(): void {
		native("xs_rtc_path_yield").call(this);
	}

	/** The peer's consent has ended (RFC 7675 section 5.1): nothing is sent any more, and its addresses are free again. */
	forget(): void {
		native("xs_rtc_path_forget").call(this);
	}

	statistics(): PathStatistics {
		return native("xs_rtc_path_statistics").call(this);
	}

	/** Gives the addresses back. Can be called again without effect; any other use afterwards throws. */
	close(): void {
		native("xs_rtc_path_close").call(this);
	}
}
