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
	 * Datagrams from this address belong to the peer from now on: it has proved itself by STUN. The path keeps 16
	 * addresses, and drops the oldest that is not selected for a new one. An address of another path moves here.
	 *
	 * @throws TypeError or RangeError for what is no IP address or port
	 */
	accept(address: string, port: number): void {
		native("xs_rtc_path_accept").call(this, address, port);
	}

	/** Datagrams to the peer go to this address from now on; it is accepted, too. */
	select(address: string, port: number): void {
		native("xs_rtc_path_select").call(this, address, port);
	}

	statistics(): PathStatistics {
		return native("xs_rtc_path_statistics").call(this);
	}

	/** Gives the addresses back. Can be called again without effect; any other use afterwards throws. */
	close(): void {
		native("xs_rtc_path_close").call(this);
	}
}
