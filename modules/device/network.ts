// SPDX-License-Identifier: Apache-2.0
// `globalThis.device.network`, as the `config` modules of the SDK's network clients leave it. Libraries take these
// dictionaries as options and default to them. (The SDK's typings do not know them.)
import type HTTPClient from "embedded:network/http/client";
import type WebSocketClient from "embedded:network/websocket/client";

interface Part {
	// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the clients' typings have it
	readonly io: new (options: any) => any;
	readonly [option: string]: unknown;
}

/** A client class and what its constructor needs beside the host: spread it into the options. */
export interface NetworkClient<Client> {
	readonly io: Client;
	/** How to resolve names: a class and its options. */
	readonly dns: Part;
	/** How to connect: a class and its options (for TLS: `TCP` and `secure`). */
	readonly socket: Part;
	readonly port?: number;
}

export interface DeviceNetwork {
	readonly http?: NetworkClient<typeof HTTPClient>;
	readonly https?: NetworkClient<typeof HTTPClient>;
	readonly ws?: NetworkClient<typeof WebSocketClient>;
	readonly wss?: NetworkClient<typeof WebSocketClient>;
}

/** The clients whose manifests are included. */
export default function deviceNetwork(): DeviceNetwork {
	const { device } = globalThis as unknown as { device?: { network?: DeviceNetwork } };
	return device?.network ?? {};
}

/**
 * Adds clients to `device.network`; those that are there stay. For a module that is preloaded, after those of the manifests
 * that its own includes.
 */
export function provideClients(clients: DeviceNetwork): void {
	const target = globalThis as unknown as { device?: object };
	const deep = Object as unknown as { freeze<T>(value: T, deep: boolean): T };
	target.device = deep.freeze({ ...target.device, network: { ...clients, ...deviceNetwork() } }, true);
}
