// SPDX-License-Identifier: Apache-2.0
// Messages by the data channel that Amazon's pages call "kvsDataChannel": the master answers them, both show them.
import type { DataOptions } from "webrtc/app";
import { printable } from "webrtc/device/json";
import { smallData } from "webrtc/peer";

const shown = 60; // characters

const show = (peerId: string, data: string | ArrayBuffer) =>
	trace(
		`message of ${peerId}: ${typeof data === "string" ? printable(data.slice(0, shown)) : `${data.byteLength} bytes`}\n`,
	);

/** Of the master. */
export const answering: DataOptions = Object.freeze({
	...smallData,
	onMessage(peerId, channel, data) {
		show(peerId, data);
		channel.send(`The camera has heard: ${typeof data === "string" ? data.slice(0, shown) : "bytes"}`);
	},
} satisfies DataOptions);

/** Of a viewer that has something to say. */
export function saying(text: string): DataOptions {
	return {
		...smallData,
		control: "kvsDataChannel",
		onOpen: (_peerId, channel) => channel.send(text),
		onMessage: (peerId, _channel, data) => show(peerId, data),
	};
}
