// SPDX-License-Identifier: Apache-2.0
// `globalThis.device.network`, as the `config` modules of the network clients leave it. Libraries take these
// dictionaries as options and default to them.

/** How to resolve names: a resolver class and its options. */
interface NetworkDNS {
	readonly io: new (options: any) => any;
	readonly [option: string]: unknown;
}
/** How to connect: a socket class and its options (for TLS: `TCP` and `secure`). */
interface NetworkSocket {
	readonly io: new (options: any) => any;
	readonly [option: string]: unknown;
}
/** A client class and what its constructor needs beside the host: spread it into the options. */
interface NetworkClient<Client> {
	readonly io: Client;
	readonly dns: NetworkDNS;
	readonly socket: NetworkSocket;
	readonly port?: number;
}
interface Device {
	readonly network?: {
		readonly http?: NetworkClient<typeof import("embedded:network/http/client").default>;
		readonly https?: NetworkClient<typeof import("embedded:network/http/client").default>;
		readonly ws?: NetworkClient<typeof import("embedded:network/websocket/client").default>;
		readonly wss?: NetworkClient<typeof import("embedded:network/websocket/client").default>;
	};
	readonly [name: string]: unknown;
}
// eslint-disable-next-line no-var -- only a var is a property of globalThis
declare var device: Device;

/** The module that sets up `globalThis.device`; imported for its effect. */
declare module "system";
/** Sets up `globalThis.device.network.http`. */
declare module "httpclient/config";
/** Sets up `globalThis.device.network.ws`. The SDK calls it "config". */
declare module "config";
