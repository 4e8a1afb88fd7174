// SPDX-License-Identifier: Apache-2.0
// An MQTT broker in virtual time, behind the simulator's own client: sockets, packets, who has subscribed to what.
import type { MQTTDictionary } from "../../../examples/mqtt-camera/broker";
import {
	composePacket,
	composePublish,
	readHead,
	types,
} from "../../../hosts/linux/modules/examples/io/tcp/mqttclient/packets";
import { schedule } from "../fakes/moddable/clock";

// Its own imports are named as the simulator's manifests name them.
const { default: MQTTClient } = jest.requireActual<{ default: unknown }>(
	"../../../hosts/linux/modules/examples/io/tcp/mqttclient/mqttclient",
);
const room = 1400; // bytes that a device's TCP takes at once
const delay = 5; // ms of a way
const part = 300; // bytes in which messages come

interface Callbacks {
	host: string;
	port: number;
	onReadable(): void;
	onWritable(count: number): void;
	onError(error?: Error): void;
}

interface Published {
	topic: string;
	text: string;
	retain: boolean;
}

/** One connection, as its client has it: a TCP of ECMA-419. */
class Socket {
	received = Buffer.alloc(0); // by the broker
	topics: string[] = [];
	isClosed = false;
	#room = room;
	#inbox: Buffer[] = [];

	constructor(
		readonly broker: Broker,
		readonly callbacks: Callbacks,
	) {
		broker.clients.add(this);
		broker.ports.push(callbacks.port);
		schedule(() => {
			if (this.isClosed) return;
			if (broker.isDown) return this.fail("Connection refused");
			callbacks.onWritable(room);
		}, delay);
	}
	write(bytes: Uint8Array): number {
		if (this.isClosed || bytes.length > this.#room) throw new Error("would block");
		this.#room -= bytes.length;
		const data = Buffer.from(bytes);
		schedule(() => {
			if (this.isClosed) return;
			this.#room = room;
			this.callbacks.onWritable(room);
		}, 2);
		schedule(() => this.broker.take(this, data), delay);
		return this.#room;
	}
	read(): ArrayBuffer | undefined {
		const data = Buffer.concat(this.#inbox.splice(0));
		return data.length ? (Uint8Array.from(data).buffer as ArrayBuffer) : undefined;
	}
	close(): void {
		this.isClosed = true;
		this.broker.clients.delete(this);
	}

	/* The broker's side */

	tell(packet: Uint8Array): void {
		for (let at = 0; at < packet.length; at += part) {
			const data = Buffer.from(packet.subarray(at, at + part));
			schedule(() => {
				if (this.isClosed) return;
				this.#inbox.push(data);
				this.callbacks.onReadable();
			}, delay);
		}
	}
	fail(reason: string): void {
		if (this.isClosed) return;
		this.callbacks.onError(new Error(reason));
		this.close();
	}
}

export default class Broker {
	/** Connections that their clients hold. */
	clients = new Set<Socket>();
	ports: number[] = [];
	published: Published[] = [];
	connects: string[] = [];
	/** What each was subscribed to. */
	subscriptions: string[] = [];
	isDown = false;
	/** Of the next CONNACK. */
	returnCode = 0;
	answersPings = true;
	onPublish: ((message: Published) => void) | undefined;

	readonly client = this.makeClient();

	private makeClient(): MQTTDictionary {
		const broker = this;
		const dns = {
			io: class {
				resolve({ host, onResolved, onError }: Record<string, (...values: unknown[]) => void>): void {
					schedule(() => (broker.isDown ? onError!(host) : onResolved!(host, "192.0.2.1")), delay);
				}
			},
		};
		const socket = {
			io: class extends Socket {
				constructor(callbacks: Callbacks) {
					super(broker, callbacks);
				}
			},
		};
		return { io: MQTTClient, dns, socket } as unknown as MQTTDictionary;
	}

	/** The connection that is there. */
	get socket(): Socket | undefined {
		return [...this.clients].at(-1);
	}

	/** Sends a message to the client, if it has subscribed to the topic. */
	tell(topic: string, text: string, QoS = 0): void {
		const payload = Buffer.from(text);
		this.socket?.tell(composePublish({ topic, QoS }, 7, payload, payload.length));
	}

	take(socket: Socket, data: Buffer): void {
		socket.received = Buffer.concat([socket.received, data]);
		for (let head = readHead(socket.received); head; head = readHead(socket.received)) {
			const end = head.size + head.length;
			if (socket.received.length < end) return;
			const content = socket.received.subarray(head.size, end);
			socket.received = socket.received.subarray(end);
			this.handle(socket, head.type, head.flags, content);
		}
	}

	private handle(socket: Socket, type: number, flags: number, content: Buffer): void {
		const text = (at: number) => content.toString("utf8", at + 2, at + 2 + content.readUInt16BE(at));
		switch (type) {
			case types.CONNECT:
				this.connects.push(content.toString("latin1"));
				socket.tell(composePacket(types.CONNACK, 0, [Uint8Array.of(0, this.returnCode)]));
				break;
			case types.SUBSCRIBE:
				this.subscriptions.push(text(2));
				socket.tell(composePacket(types.SUBACK, 0, [content.subarray(0, 2), Uint8Array.of(0)]));
				break;
			case types.PUBLISH: {
				const topic = text(0);
				const message = { topic, text: content.toString("utf8", 2 + topic.length), retain: (flags & 1) !== 0 };
				this.published.push(message);
				this.onPublish?.(message);
				break;
			}
			case types.PINGREQ:
				if (this.answersPings) socket.tell(composePacket(types.PINGRESP, 0, []));
				break;
		}
	}
}
