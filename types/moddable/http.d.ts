// SPDX-License-Identifier: Apache-2.0

declare module "embedded:network/http/client" {
	interface RequestOptions {
		/** Names, in lower case, of the response's header fields that `onHeaders` is to get. Default: all. */
		headersMask?: string[];
	}
}

declare module "embedded:network/http/server" {
	import type Listener from "embedded:io/socket/listener";
	import type TCP from "embedded:io/socket/tcp";

	export interface HTTPRequest {
		method: string;
		/** The target as it came, with the query. */
		path: string;
		/** Names in lower case. */
		headers: Map<string, string>;
	}
	export interface HTTPResponse {
		status: number;
		/** A body needs `content-length` or `transfer-encoding: chunked`. */
		headers: Map<string, string | number>;
	}
	export interface HTTPConnectionHandlers {
		/** The head has come. */
		onRequest?(this: HTTPConnection, request: HTTPRequest): void;
		/** `count` bytes of the request's body can be read. */
		onReadable?(this: HTTPConnection, count: number): void;
		/** The request is complete: call `respond`, now or later. */
		onResponse?(this: HTTPConnection, response: HTTPResponse): void;
		/** `count` bytes of the response's body can be written. */
		onWritable?(this: HTTPConnection, count: number): void;
		/** The response was handed to the network. */
		onDone?(this: HTTPConnection): void;
		/** The client broke a rule or went away. */
		onError?(this: HTTPConnection): void;
	}
	/** One request and its response. */
	export interface HTTPConnection {
		accept(handlers: HTTPConnectionHandlers): void;
		/** The handlers in place of those of `accept`. Setting it in `onRequest` calls the route's own `onRequest`. */
		route: HTTPConnectionHandlers;
		read(count?: number): ArrayBuffer | undefined;
		respond(response: HTTPResponse): void;
		/** Returns how much more fits. Without data: ends a chunked body. @throws Error when it does not fit */
		write(data?: ByteBuffer): number;
		/** Takes the socket away, for another protocol. */
		detach(): TCP;
		close(): void;
		format: "buffer";
	}
	export interface HTTPServerOptions {
		io: typeof Listener;
		/** Default 80; 0: any that is free. */
		port?: number;
		/** Called for each request (on a device: for each TCP connection, which carries one request). */
		onConnect(this: HTTPServer, connection: HTTPConnection): void;
	}

	export default class HTTPServer {
		/** @throws Error when the port cannot be had */
		constructor(options: HTTPServerOptions);
		readonly port: number;
		close(): void;
	}
}

declare module "embedded:network/http/server/options/webpage" {
	import type { HTTPConnectionHandlers } from "embedded:network/http/server";
	/** Spread it into a route together with `data` (ArrayBuffer, view or string) and `contentType` ("text/html"). */
	const WebPage: Readonly<HTTPConnectionHandlers>;
	export default WebPage;
}
