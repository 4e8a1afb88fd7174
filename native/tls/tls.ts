// SPDX-License-Identifier: Apache-2.0

export interface TlsOptions {
	/** Whom the server's certificate must name, and, where it is no IP address, what the server is told (SNI). */
	serverName: string;
	/** ALPN (RFC 7301): what is spoken over it. A server that does not know of ALPN serves all the same. */
	protocol?: string | undefined;
	/**
	 * Trusted beside the system's authorities, and on a chip in their place: certificates in PEM, or one in DER. Without it the
	 * system's alone; in the simulator `SSL_CERT_FILE` names another file of them.
	 */
	authorities?: string | ArrayBuffer | undefined;
}

/**
 * TLS 1.2, or 1.3 where Mbed TLS has it, under one connection: an option of what connects, which takes it. The server's
 * certificate is verified, always.
 */
export default class Tls extends (Native("xs_rtc_stream_layer_destructor") as unknown as new () => object) {
	/**
	 * @throws TypeError or RangeError naming the option
	 * @throws Error with the code "transport/failed" when there is no memory
	 */
	constructor(options: TlsOptions) {
		super();
		native("xs_rtc_tls").call(this, options);
	}
}
