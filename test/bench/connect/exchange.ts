// SPDX-License-Identifier: Apache-2.0
// Descriptions over TCP, one line of JSON each.
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import type { RTCSessionDescriptionInit } from "webrtc/peer";

type OnDescription = (description: RTCSessionDescriptionInit) => void;

/** One end of the connection. */
export default class Exchange {
	#socket: TCP;
	#text = "";

	/** @param from where to connect to, or a connection that was accepted */
	constructor(
		from: { port: number } | TCP,
		onDescription: OnDescription,
		onOpen?: (exchange: Exchange) => void,
		onEnd?: () => void,
	) {
		const exchange = this;
		let open = false;
		this.#socket = new TCP({
			...(from instanceof TCP ? { from } : { address: "127.0.0.1", port: from.port }),
			nodelay: true,
			onReadable(count) {
				exchange.#text += String.fromArrayBuffer(this.read(count) as ArrayBuffer);
				if (exchange.#text.endsWith("\n")) onDescription(JSON.parse(exchange.#text));
			},
			onWritable() {
				if (!open) onOpen?.(exchange);
				open = true;
			},
			onError() {
				onEnd?.(); // the other one is done
			},
		});
	}

	close(): void {
		this.#socket.close();
	}

	send(description: RTCSessionDescriptionInit): void {
		this.#socket.write(ArrayBuffer.fromString(`${JSON.stringify(description)}\n`));
	}
}

/** Waits for the other end. */
export function accept(port: number, onConnection: (socket: TCP) => void): Listener {
	return new Listener({
		port,
		address: "127.0.0.1",
		onReadable() {
			onConnection(this.read()!);
		},
	});
}
