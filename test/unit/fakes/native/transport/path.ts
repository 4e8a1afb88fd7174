// SPDX-License-Identifier: Apache-2.0
import Transport, { countNative, type Datagram } from "../transport";

export default class Path {
	/** Those that exist now, the oldest first, for tests to look into. */
	static readonly open = new Set<Path>();
	readonly transport: Transport;
	#selected = "";
	#yields = false;
	#closed = false;
	onDtls: ((data: { dtls: string; fingerprint: string }) => void) | undefined;

	constructor(transport: Transport) {
		this.transport = transport;
		Path.open.add(this);
		countNative(1);
	}

	accept(address: string, port: number): boolean {
		return this.#take(address, port, (owner) => !owner);
	}

	confirm(address: string, port: number): boolean {
		return this.#take(address, port, (owner, key) => !owner || owner.#yields || owner.#selected !== key);
	}

	/** What data leaves by. */
	relay = 0;

	select(address: string, port: number, relay = 0): boolean {
		if (!this.confirm(address, port)) return false;
		this.relay = relay;
		this.#selected = `${address}:${port}`;
		this.#yields = false;
		return true;
	}

	yield(): void {
		this.#yields = true;
	}

	forget(): void {
		this.#selected = "";
		for (const [key, owner] of this.transport.paths) if (owner === this) this.transport.paths.delete(key);
	}

	/** Where data goes; "" for nowhere. */
	get selected(): string {
		return this.#selected;
	}

	#take(address: string, port: number, mayTake: (owner: Path | undefined, key: string) => boolean): boolean {
		const key = `${address}:${port}`;
		const owner = this.transport.paths.get(key) as Path | undefined;
		if (port < 1 || this.#closed) return false;
		if (owner !== this && !mayTake(owner, key)) return false;
		this.transport.paths.set(key, this);
		return true;
	}

	send(data: Datagram): void {
		const [address, port] = this.#selected.split(":") as [string, string];
		if (address) this.transport.sendDatagram(data, address, Number(port));
	}

	receive(data: Datagram): void {
		if (!(data instanceof Uint8Array)) this.onDtls?.(data);
	}

	statistics() {
		if (this.#closed) throw new SyntaxError("closed");
		return { packetsReceived: 0, bytesReceived: 0, packetsSent: 0, bytesSent: 0 };
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		Path.open.delete(this);
		this.forget();
		countNative(-1);
	}
}
