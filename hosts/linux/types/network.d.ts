// SPDX-License-Identifier: Apache-2.0

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
interface Device {
	/** By name: "http", "https", "ws", "wss". modules/device/network.ts knows their classes. */
	readonly network?: {
		readonly [name: string]: {
			readonly io: new (options: any) => any;
			readonly dns: NetworkDNS;
			readonly socket: NetworkSocket;
			readonly port?: number;
		};
	};
	readonly [name: string]: unknown;
}
// eslint-disable-next-line no-var -- only a var is a property of globalThis
declare var device: Device;

/** The module that sets up `globalThis.device`; imported for its effect. */
declare module "system";
/** Sets up `globalThis.device.network.http`. */
declare module "httpclient/config";
/** Sets up `globalThis.device.network.mqtt`. */
declare module "mqttclient/config";
/** Sets up `globalThis.device.network.ws`. The SDK calls it "config". */
declare module "config";
