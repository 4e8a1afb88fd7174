// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/udp: what is sent is kept, and tests say what comes.
export type Datagram = ArrayBuffer & { readonly address: string; readonly port: number };

export default class UDP {
	/** Those that are open, for tests to look into. */
	static readonly open = new Set<UDP>();
	readonly sent: { data: Uint8Array; address: string; port: number }[] = [];
	/** Groups of multicast. */
	readonly groups = new Set<string>();
	readonly port: number | undefined;
	readonly timeToLive: number | undefined;
	/** Port 5353 is another's. */
	static isTaken = false;
	#options: { onReadable?(this: UDP, count: number): void };
	#waiting: Datagram[] = [];

	constructor(options: { port?: number; timeToLive?: number; onReadable?(this: UDP, count: number): void }) {
		if (options.port && UDP.isTaken) throw new Error("the port is in use");
		this.#options = options;
		this.port = options.port;
		this.timeToLive = options.timeToLive;
		UDP.open.add(this);
	}

	read(): Datagram | undefined {
		return this.#waiting.shift();
	}

	write(data: ArrayBuffer | Uint8Array, address: string, port: number): void {
		this.sent.push({ data: new Uint8Array(data).slice(), address, port });
	}

	/** Something comes. */
	receive(data: Uint8Array, port = 5353, address = "192.0.2.99"): void {
		this.#waiting.push(Object.assign(data.slice().buffer as ArrayBuffer, { address, port }) as Datagram);
		this.#options.onReadable?.call(this, 1);
	}

	add(group: string): void {
		this.groups.add(group);
	}

	close(): void {
		UDP.open.delete(this);
	}
}
