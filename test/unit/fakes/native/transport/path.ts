// SPDX-License-Identifier: Apache-2.0
import Transport, { countNative, type Datagram } from "../transport";

export default class Path {
	#transport: Transport;
	#addresses = new Set<string>();
	#selected: { address: string; port: number } | undefined;
	#closed = false;
	onDtls: ((data: { dtls: string; fingerprint: string }) => void) | undefined;

	constructor(transport: Transport) {
		this.#transport = transport;
		countNative(1);
	}

	accept(address: string, port: number): void {
		const key = `${address}:${port}`;
		this.#addresses.add(key);
		this.#transport.paths.set(key, (data: Datagram) => {
			if (!(data instanceof Uint8Array)) this.onDtls?.(data);
		});
	}

	select(address: string, port: number): void {
		this.accept(address, port);
		this.#selected = { address, port };
	}

	send(data: Datagram): void {
		if (this.#selected) this.#transport.sendDatagram(data, this.#selected.address, this.#selected.port);
	}

	statistics() {
		return { packetsReceived: 0, bytesReceived: 0, packetsSent: 0, bytesSent: 0 };
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const key of this.#addresses) this.#transport.paths.delete(key);
		countNative(-1);
	}
}
