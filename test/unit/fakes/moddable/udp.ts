// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/udp: what is sent is kept, and tests say what comes.
export type Datagram = ArrayBuffer & { readonly address: string; readonly port: number };

export default class UDP {
	/** Those that are open, for tests to look into. */
	static readonly open = new Set<UDP>();
	readonly sent: { data: Uint8Array; address: string; port: number }[] = [];
	#options: { onReadable?(this: UDP, count: number): void };
	#waiting: Datagram[] = [];

	constructor(options: { onReadable?(this: UDP, count: number): void }) {
		this.#options = options;
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

	close(): void {
		UDP.open.delete(this);
	}
}
