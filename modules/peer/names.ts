// SPDX-License-Identifier: Apache-2.0
// Names of the local network in candidates, for all connections of a network: the peers' are looked up, by one socket that is
// there while anything is asked for; this host's are told of, by one on port 5353, while there are any.
import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import { contain } from "webrtc/error/guard";
import MdnsResolver, { mdnsGroup } from "webrtc/ice/mdns";
import MdnsResponder from "webrtc/ice/responder";
import { randomBytes } from "webrtc/native/crypto";

type Socket = UDP & { close(): void; add(address: string): void }; // the SDK's typing lacks these

/** Who waits for a name. */
export interface NamesUser {
	/** Its addresses; none: nobody has it. Never throws. */
	onName(name: string, addresses: readonly string[]): void;
}

const maximumUsers = 64; // and names of each
const mostMessages = 100; // a second, of the group's, that are looked at: a whole network talks there
const timeToLive = 255; // RFC 6762 section 11
const none: readonly string[] = Object.freeze([]);

export default class Names {
	readonly #now: () => number;
	readonly #resolver = new MdnsResolver(randomBytes);
	#responder: MdnsResponder | undefined; // once there is a name
	#waiting: { name: string; user: NamesUser }[] = [];
	#socket: Socket | undefined;
	#group: Socket | undefined; // of port 5353
	#second = -Infinity;
	#messages = 0; // in that second
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

	/** An address of this host's gets a name, until all who have asked for it have withdrawn. undefined: there are too many. */
	publish(address: string): string | undefined {
		this.#responder ??= new MdnsResponder(randomBytes);
		const name = this.#responder.publish(address, this.#now());
		try {
			this.#group ??= this.join();
		} catch (error) {
			trace(`webrtc: names are not told of: ${(error as Error).message}\n`);
		}
		this.pump();
		return name;
	}

	/** For one user less. */
	withdraw(address: string): void {
		this.#responder?.withdraw(address);
		this.pump();
	}

	/** Can be called again without effect. */
	close(): void {
		this.#waiting = [];
		this.#responder?.close();
		this.sayAnswers();
		this.#socket?.close();
		this.#group?.close();
		this.#socket = this.#group = undefined;
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	/** What nobody is to blame for is traced. */
	onException(): void {}

	private pump(): void {
		const resolver = this.#resolver;
		const now = this.#now();
		resolver.handleTimeout(now);
		this.#responder?.handleTimeout(now);
		for (let event = resolver.pollEvent(); event; event = resolver.pollEvent())
			this.tell(event.name, event.type === "resolved" ? event.addresses : none);
		for (let data = resolver.pollTransmit(); data; data = resolver.pollTransmit()) this.ask(data);
		this.sayAnswers();
		if (!resolver.isBusy) {
			this.#socket?.close();
			this.#socket = undefined;
		}
		if (!this.#responder?.isBusy) {
			this.#group?.close();
			this.#group = undefined;
		}
		this.schedule();
	}

	private tell(name: string, addresses: readonly string[]): void {
		const told = this.#waiting.filter((one) => one.name === name);
		this.#waiting = this.#waiting.filter((one) => one.name !== name);
		for (const { user } of told) user.onName(name, addresses);
	}

	/** What cannot be sent is lost, as on any network: another query follows. */
	private ask(data: Uint8Array): void {
		const { address, port } = mdnsGroup;
		try {
			// From port 5353 responders answer that pass over other ports.
			(this.#group ?? (this.#socket ??= this.open())).write(data, address, port);
		} catch {
			// without a network there are no names
		}
	}

	private sayAnswers(): void {
		for (let out = this.#responder?.pollTransmit(); out; out = this.#responder?.pollTransmit()) {
			try {
				this.#group?.write(out.data, out.address, out.port);
			} catch {
				// as above
			}
		}
	}

	private open(port?: number): Socket {
		const names = this;
		return new UDP({
			...(port !== undefined && { port }),
			timeToLive,
			onReadable(count) {
				try {
					for (; count > 0 && (names.#socket === this || names.#group === this); count--)
						names.receive(this.read(), names.#group === this);
				} catch (cause) {
					contain(names, cause);
				}
			},
		}) as Socket;
	}

	/** @throws Error when the port cannot be had, or there is no network */
	private join(): Socket {
		const socket = this.open(mdnsGroup.port);
		try {
			socket.add(mdnsGroup.address);
		} catch (error) {
			socket.close();
			throw error;
		}
		return socket;
	}

	private receive(datagram: ReturnType<UDP["read"]>, isGroup: boolean): void {
		if (!datagram) return;
		const now = this.#now();
		if (isGroup && !this.mayLook(now)) return;
		const data = new Uint8Array(datagram);
		const isResponse = data.length > 2 && (data[2]! & 0x80) !== 0;
		if (isGroup && !isResponse) this.#responder?.handleMessage(data, datagram, now);
		else if (this.#resolver.isBusy) this.#resolver.handleMessage(data, datagram.port, now);
		else return;
		this.pump();
	}

	private mayLook(now: number): boolean {
		if (now >= this.#second + 1000) {
			this.#second = now;
			this.#messages = 0;
		}
		return ++this.#messages <= mostMessages;
	}

	private schedule(): void {
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		const deadline = Math.min(this.#resolver.deadline, this.#responder?.deadline ?? Infinity);
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
