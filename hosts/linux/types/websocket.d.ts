// SPDX-License-Identifier: Apache-2.0

declare module "embedded:network/websocket/client" {
	import type TCP from "embedded:io/socket/tcp";

	export interface WebSocketCallbacks {
		/** `count` bytes of a message can be read; `more`: there is more of this message to come. */
		onReadable?(this: WebSocketClient, count: number, options: { more: boolean; binary: boolean }): void;
		/** A message of `count` bytes can be written; the first call says that the connection is open. */
		onWritable?(this: WebSocketClient, count: number): void;
		/** A control frame came: `WebSocketClient.close` with the code in the first two bytes, ping or pong. */
		onControl?(this: WebSocketClient, opcode: number, data: ArrayBuffer): void;
		/** The connection ended after a closing handshake was begun. */
		onClose?(this: WebSocketClient): void;
		/** The connection failed. The simulator says why. */
		onError?(this: WebSocketClient, error?: Error): void;
		format?: "buffer" | "number";
		target?: unknown;
	}
	export type WebSocketClientOptions = WebSocketCallbacks &
		(
			| {
					host: string;
					/** Default "/". */
					path?: string;
					/** Default 80: give 443 for wss. */
					port?: number;
					protocol?: string;
					headers?: Iterable<readonly [string, string]>;
					dns: NetworkDNS;
					socket: NetworkSocket;
			  }
			| {
					/** A server's side: the socket of an HTTP connection that was upgraded. */
					attach: TCP;
			  }
		);
	export interface WebSocketWriteOptions {
		/** A control frame. */
		opcode?: number;
		/** Default true. */
		binary?: boolean;
		/** A fragment that is not the last. */
		more?: boolean;
	}

	export default class WebSocketClient {
		constructor(options: WebSocketClientOptions);
		/** All that is readable, or `count` bytes; in format "number" one byte. Undefined when there is nothing. */
		read(count?: number): ArrayBuffer | number | undefined;
		/** Fills the buffer as far as there are bytes; returns their number. */
		read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
		/** Returns how much more fits. @throws Error when it does not fit, or before the connection is open */
		write(data: ArrayBufferLike | ArrayBufferView, options?: WebSocketWriteOptions): number;
		/** Drops the connection. For a closing handshake write a frame with opcode `close`. */
		close(): void;
		format: "buffer" | "number";
		target?: unknown;

		static readonly text: 1;
		static readonly binary: 2;
		static readonly close: 8;
		static readonly ping: 9;
		static readonly pong: 10;
	}
}
