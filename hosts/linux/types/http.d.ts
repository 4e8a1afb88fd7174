// SPDX-License-Identifier: Apache-2.0

declare module "embedded:network/dns/resolver/udp" {
	export interface ResolverOptions {
		/** IPv4 addresses of name servers. The simulator asks the system's resolver instead. */
		servers: readonly string[];
		socket: { io: new (options: any) => any };
	}
	export interface ResolveOptions {
		host: string;
		onResolved?(this: Resolver, host: string, address: string): void;
		/** The simulator adds the reason. */
		onError?(this: Resolver, host: string, error?: Error): void;
	}

	export default class Resolver {
		constructor(options: ResolverOptions);
		resolve(options: ResolveOptions): void;
		/** Queries under way are dropped. */
		close(): void;
	}
}

declare module "embedded:network/http/client" {
	export interface HTTPClientOptions {
		host: string;
		/** Default 80: give 443 for https, or spread `device.network.https`. */
		port?: number;
		dns: NetworkDNS;
		socket: NetworkSocket;
		/** The connection is gone, and the client with it. Called after the `onDone` of its requests. */
		onError?(error?: unknown): void;
	}
	export interface RequestOptions {
		/** Default "GET". */
		method?: string;
		/** With the query. Default "/". */
		path?: string;
		/** `host` is added. A body needs `content-length` or `transfer-encoding: chunked`. */
		headers?: Map<string, string | number>;
		/** Names, in lower case, of the response's header fields that `onHeaders` is to get. Default: all. */
		headersMask?: readonly string[];
		onHeaders?(this: HTTPRequest, status: number, headers: Map<string, string>, statusText: string): void;
		/** `count` bytes of the body can be read. */
		onReadable?(this: HTTPRequest, count: number): void;
		/** `count` bytes of the body can be written. */
		onWritable?(this: HTTPRequest, count: number): void;
		/** `error` is null when the response is complete. The simulator's errors have a message. */
		onDone?(this: HTTPRequest, error: Error | null): void;
	}
	export interface HTTPRequest {
		/** At most `count` bytes of the body; undefined when there is nothing. */
		read(count?: number): ArrayBuffer | undefined;
		/** Fills the buffer as far as there are bytes; returns their number. */
		read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
		/**
		 * Writes to the body, at most what `onWritable` said; returns how much more fits. Without data: ends a chunked body.
		 * @throws Error when it does not fit
		 */
		write(data?: ArrayBufferLike | ArrayBufferView): number;
		/** Properties of the application's. */
		[name: string]: any;
	}

	/** One persistent connection to a server; requests are sent one after the other. */
	export default class HTTPClient {
		constructor(options: HTTPClientOptions);
		request(options: RequestOptions): HTTPRequest;
		/** Requests under way end without a callback. */
		close(): void;
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
		/** The client broke a rule or went away. The simulator says why. */
		onError?(this: HTTPConnection, error?: Error): void;
	}
	/** One request and its response. */
	export interface HTTPConnection {
		accept(handlers: HTTPConnectionHandlers): void;
		/** The handlers in place of those of `accept`. Setting it in `onRequest` calls the route's own `onRequest`. */
		get route(): HTTPConnectionHandlers | undefined;
		set route(route: HTTPConnectionHandlers);
		read(count?: number): ArrayBuffer | undefined;
		respond(response: HTTPResponse): void;
		/** Returns how much more fits. Without data: ends a chunked body. @throws Error when it does not fit */
		write(data?: ArrayBufferLike | ArrayBufferView): number;
		/** Takes the socket away, for another protocol. */
		detach(): TCP;
		close(): void;
		/** Properties of the application's. */
		[name: string]: any;
	}
	export interface HTTPServerOptions {
		/** The class of "embedded:io/socket/listener", or one like it. */
		io: unknown;
		/** Default 80; 0: any that is free. */
		port?: number;
		/** Called for each request (on a device: for each TCP connection, which carries one request). */
		onConnect(this: HTTPServer, connection: HTTPConnection): void;
		/** The simulator only: the address to listen on. Default: all. */
		address?: string;
		/** The simulator only: seconds that a client may take for a head, or without progress in a body. Default 20. */
		timeout?: number;
		/** The simulator only: TCP connections at once. Default 16. */
		maximumConnections?: number;
		/** The simulator only: bytes of a request's body. Default 1 MiB. */
		maximumBody?: number;
	}

	export default class HTTPServer {
		/** @throws Error when the port cannot be had */
		constructor(options: HTTPServerOptions);
		readonly port: number;
		close(): void;
	}
	export type { Listener };
}

declare module "embedded:network/http/server/options/webpage" {
	import type { HTTPConnectionHandlers } from "embedded:network/http/server";
	/** Spread it into a route together with `data` (ArrayBuffer, view or string) and `contentType` ("text/html"). */
	const WebPage: Readonly<HTTPConnectionHandlers>;
	export default WebPage;
}
