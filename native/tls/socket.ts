// SPDX-License-Identifier: Apache-2.0

type Bytes = ArrayBufferLike | ArrayBufferView;

export interface SecureOptions {
	/** Whom the server's certificate must name, and, where it is no IP address, what the server is told (SNI). Default: `host`. */
	serverName?: string;
	/** Authorities, PEM or DER: trusted beside the system's, and on a chip in their place. */
	certificate?: Bytes | string | readonly (Bytes | string)[];
	/** Default true. */
	verify?: boolean;
	/** ALPN (RFC 7301): at most four. A server that does not know of it serves all the same. */
	applicationLayerProtocolNegotiation?: string | readonly string[];
	/** PEM or DER (PKCS #8). */
	clientKey?: Bytes | string;
	/** Our own certificate, then its issuers, PEM or DER. */
	clientCertificates?: readonly (Bytes | string)[];
}

export interface TLSSocketOptions {
	/** An IP address. */
	address: string;
	/** Default 443. */
	port?: number;
	/** Default: `address`. */
	host?: string;
	secure?: SecureOptions;
	/** `count` bytes can be read. */
	onReadable?(this: TLSSocket, count: number): void;
	/** `count` bytes can be written; the first call says that it is connected. */
	onWritable?(this: TLSSocket, count: number): void;
	/** It failed, and why; without an error: the server has said good-bye. What came before is read first. */
	onError?(this: TLSSocket, error?: Error): void;
	/** Default "buffer". */
	format?: "buffer" | "number";
	target?: unknown;
	/** What the SDK's class connects by; this one connects by itself. */
	TCP?: unknown;
}

/**
 * ECMA-419's TLSSocket over Mbed TLS: a client of TLS 1.2, or 1.3 where the library has it. Handshakes are made on a thread.
 * The server's certificate is verified, its chain, its dates and its name. 4,096 bytes wait in each direction; at most 8 are
 * open at once, and 30 s may pass until one is connected.
 */
export default class TLSSocket extends (Native("xs_rtc_tls_socket_destructor") as unknown as new () => object) {
	declare target?: unknown;
	/**
	 * @throws TypeError or RangeError naming the option
	 * @throws Error with the code "transport/failed" when there is no memory, no socket or no thread
	 */
	constructor(options: TLSSocketOptions) {
		super();
		native("xs_rtc_tls_socket").call(this, options);
	}
	/** Can be called again without effect. What was written leaves as far as the network takes it at once. */
	close(): void {
		native("xs_rtc_tls_socket_close").call(this);
	}
	/**
	 * All that there is, `count` bytes of it, or in format "number" one byte; with a buffer, fills it and returns how many
	 * bytes that were. Undefined when there is nothing.
	 *
	 * @throws Error for more than there is
	 */
	read(count?: number | Bytes): ArrayBuffer | number | undefined {
		return native("xs_rtc_tls_socket_read").call(this, count);
	}
	/** Returns how many more bytes can be written. @throws Error when it does not fit, or it is not connected */
	write(data: number | Bytes): number {
		return native("xs_rtc_tls_socket_write").call(this, data);
	}
	get format(): "buffer" | "number" {
		return native("xs_rtc_tls_socket_get_format").call(this);
	}
	set format(format: "buffer" | "number") {
		native("xs_rtc_tls_socket_set_format").call(this, format);
	}
}
