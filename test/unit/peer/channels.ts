// SPDX-License-Identifier: Apache-2.0
// Pairs of connections with data channels.
import type RTCPeerConnection from "webrtc/peer";
import type { RTCDataChannel, RTCDataChannelInit } from "webrtc/peer";
import { advance } from "../fakes/moddable/clock";
import { make, negotiate } from "./helpers";

type Data = ConstructorParameters<typeof RTCPeerConnection>[0];

/** Two connections with such limits. */
export function pair(data: NonNullable<Data>["data"] = {}): [RTCPeerConnection, RTCPeerConnection] {
	return [make({ data }), make({ data })];
}

/** Hears of everything. */
export function listen(channel: RTCDataChannel, log: string[] = []): string[] {
	for (const type of ["open", "closing", "close"] as const) channel.addEventListener(type, () => log.push(type));
	channel.addEventListener("error", ({ error }) => log.push(`error ${error.name}`));
	channel.addEventListener("message", ({ data }) => log.push(`message ${text(data)}`));
	return log;
}

function text(data: string | ArrayBuffer): string {
	return typeof data === "string" ? data : `[${new Uint8Array(data).join()}]`;
}

/** Both ends of a channel that is open. */
export async function open(a: RTCPeerConnection, b: RTCPeerConnection, label = "c", init: RTCDataChannelInit = {}) {
	const ours = a.createDataChannel(label, init);
	let theirs: RTCDataChannel | undefined;
	b.ondatachannel = ({ channel }) => (theirs = channel);
	if (!a.sctp) await negotiate(a, b);
	await advance(200);
	expect(ours.readyState).toBe("open");
	return [ours, theirs!] as const;
}
