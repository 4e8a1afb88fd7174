// SPDX-License-Identifier: Apache-2.0
// The names in candidates of all connections of a network, looked up in the local network by one socket that is there while
// anything is asked for.
import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import { contain } from "webrtc/error/guard";
import MdnsResolver, { mdnsGroup } from "webrtc/ice/mdns";
import { randomBytes } from "webrtc/native/crypto";

type Closable = UDP & { close(): void }; // the SDK's typing lacks it

/** Who waits for a name. */
export interface NamesUser {
	/** Its addresses; none: nobody has it. Never throws. */
	onName(name: string, addresses: readonly string[]): void;
}

const maximumUsers = 64; // and names of each
const none: readonly string[] = Object.freeze([]);

export default class Names {
	readonly #now: () => number;
	readonly #resolver = new MdnsResolver(randomBytes);
	#waiting: { name: string; user: NamesUser }[] = [];
	#socket: UDP | undefined;
	#timer: Timer | undefined;

	/** @param now monotonic milliseconds */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** The user hears of each name once, maybe before this returns. */
	resolve(name: string, user: NamesUser): void {
		if (this.#waiting.length >= maximumUsers) return user.onName(name, none);
		if (!this.#waiting.some((one) => one.name === name && one.user === user)) this.#waiting.push({ name, user });
		this.#resolver.ask(name, this.#now());
		this.pump();
	}

	/** It hears of nothing any more; what nobody else waits for is not asked for any more. */
	leave(user: NamesUser): void {
		this.#waiting = this.#waiting.filter((one) => one.user !== user);
		this.#resolver.retain((name) => this.#waiting.some((one) => one.name === name));
		this.pump();
	}

	/** Can be called again without effect. */
	close(): void {
		this.#waiting = [];
		this.closeSocket();
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	/** What nobody is to blame for is traced. */
	onException(): void {}

	private closeSocket(): void {
		(this.#socket as Closable | undefined)?.close();
		this.#socket = undefined;
	}

	private pump(): void {
		const resolver = this.#resolver;
		resolver.handleTimeout(this.#now());
		for (let event = resolver.pollEvent(); event; event = resolver.pollEvent())
			this.tell(event.name, event.type === "resolved" ? event.addresses : none);
		for (let data = resolver.pollTransmit(); data; data = resolver.pollTransmit()) this.send(data);
		if (!resolver.isBusy) this.closeSocket();
		this.schedule();
	}

	private tell(name: string, addresses: readonly string[]): void {
		const told = this.#waiting.filter((one) => one.name === name);
		this.#waiting = this.#waiting.filter((one) => one.name !== name);
		for (const { user } of told) user.onName(name, addresses);
	}

	/** What cannot be sent is lost, as on any network: another query follows. */
	private send(data: Uint8Array): void {
		try {
			this.#socket ??= this.open();
			this.#socket.write(data, mdnsGroup.address, mdnsGroup.port);
		} catch {
			// without a network there are no names
		}
	}

	private open(): UDP {
		const names = this;
		return new UDP({
			timeToLive: 255, // RFC 6762 section 11
			onReadable(count) {
				try {
					for (; count > 0 && names.#socket === this; count--) names.receive(this.read());
				} catch (cause) {
					contain(names, cause);
				}
			},
		});
	}

	private receive(datagram: ReturnType<UDP["read"]>): void {
		if (!datagram) return;
		this.#resolver.handleMessage(new Uint8Array(datagram), datagram.port, this.#now());
		this.pump();
	}

	private schedule(): void {
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		const { deadline } = this.#resolver;
		if (deadline === Infinity) return;
		const wait = Math.max(0, Math.ceil(deadline - this.#now()));
		this.#timer = Timer.set(() => {
			try {
				this.#timer = undefined;
				this.pump();
			} catch (cause) {
				contain(this, cause);
			}
		}, wait);
	}
}
