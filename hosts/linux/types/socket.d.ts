// SPDX-License-Identifier: Apache-2.0
// ECMA-419 sockets. A callback's `this` is the socket. `close` can be called again without effect; any other use of a
// closed socket throws.

declare module "embedded:io/socket/tcp" {
	export type Bytes = ArrayBufferLike | ArrayBufferView;
	export interface TCPCallbacks {
		/** `count` bytes can be read. */
		onReadable?(this: TCP, count: number): void;
		/** `count` bytes can be written; the first call says that the socket is connected. */
		onWritable?(this: TCP, count: number): void;
		/** The connection failed or ended. The simulator says why; undefined: the peer closed it. */
		onError?(this: TCP, error?: Error): void;
		/** Default "buffer". */
		format?: "buffer" | "number";
		target?: unknown;
	}
	export type TCPOptions = TCPCallbacks & {
		nodelay?: boolean;
	} & (
			| {
					/** An IP address literal. */
					address: string;
					port: number;
			  }
			| {
					/** The connection of another instance, which is closed by this. */
					from: TCP;
			  }
		);

	export default class TCP {
		constructor(options: TCPOptions);
		readonly remoteAddress: string | undefined;
		readonly remotePort: number | undefined;
		/** At most the readable count: an ArrayBuffer, or in format "number" one byte; undefined when there is nothing. */
		read(count?: number): ArrayBuffer | number | undefined;
		/** Fills the buffer; returns its length. */
		read(buffer: Bytes): number | undefined;
		/** Returns how many more bytes can be written. @throws Error when it does not fit */
		write(data: number | Bytes): number;
		close(): void;
		format: "buffer" | "number";
		target?: unknown;
	}
}

declare module "embedded:io/socket/tcp/tls" {
	import type TCP from "embedded:io/socket/tcp";
	import type { Bytes, TCPCallbacks } from "embedded:io/socket/tcp";

	export interface SecureOptions {
		/** The name in the certificate. Default: `host`. */
		serverName?: string;
		/** A certificate authority, DER. The simulator takes PEM and arrays as well, and adds it to the system's. */
		certificate?: Bytes | string | readonly (Bytes | string)[];
		/** Default true. */
		verify?: boolean;
		applicationLayerProtocolNegotiation?: string | readonly string[];
		/** PKCS #8, DER. */
		clientKey?: Bytes | string;
		/** The client's certificate and its issuers, DER. */
		clientCertificates?: readonly (Bytes | string)[];
	}
	export interface TLSOptions extends TCPCallbacks {
		host?: string;
		address: string;
		port: number;
		/** The socket class below and its options. */
		TCP: { io: typeof TCP };
		secure?: SecureOptions;
	}

	export default class TLSSocket {
		constructor(options: TLSOptions);
		read(count?: number): ArrayBuffer | number | undefined;
		read(buffer: Bytes): number | undefined;
		write(data: number | Bytes): number;
		close(): void;
		format: "buffer" | "number";
		target?: unknown;
	}
}

declare module "embedded:io/socket/listener" {
	import type TCP from "embedded:io/socket/tcp";

	export interface ListenerOptions {
		/** 0: any that is free. */
		port?: number;
		/** An IP address of this machine to listen on; default: all. Honoured by the simulator. */
		address?: string;
		/** `count` connections can be read. */
		onReadable?(this: Listener, count: number): void;
		format?: "socket/tcp";
		target?: unknown;
	}

	export default class Listener {
		/** @throws Error when the port cannot be had */
		constructor(options: ListenerOptions);
		readonly port: number;
		/** The next connection, to be given to `new TCP({ from })`; undefined when there is none. */
		read(): TCP | undefined;
		close(): void;
		format: "socket/tcp";
		target?: unknown;
	}
}

declare module "embedded:io/socket/udp" {
	/** The bytes of a datagram, and whence it came. */
	export type Datagram = ArrayBuffer & { readonly address: string; readonly port: number };
	export interface UDPOptions {
		port?: number;
		/** An IP address of this machine to bind to. Honoured by the simulator. */
		address?: string;
		timeToLive?: number;
		/** `count` datagrams can be read. */
		onReadable?(this: UDP, count: number): void;
		format?: "buffer";
		target?: unknown;
	}

	export default class UDP {
		constructor(options: UDPOptions);
		/** The next datagram; undefined when there is none. */
		read(): Datagram | undefined;
		/** `address` is an IP address literal. */
		write(data: ArrayBufferLike | ArrayBufferView, address: string, port: number): void;
		/** Joins a group of multicast. @throws Error */
		add(address: string): void;
		/** Leaves it. @throws Error */
		remove(address: string): void;
		close(): void;
		format: "buffer";
		target?: unknown;
	}
}
