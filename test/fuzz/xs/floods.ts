// SPDX-License-Identifier: Apache-2.0
// Many messages at once, as a signaling hands them on that has read them together: nothing of what the first have caused
// happens before the last has come.
import type Mutator from "fuzz/mutator";
import { offers } from "fuzz/seeds";
import type { SignalingMessage } from "webrtc/signaling";

const most = 400; // of 40 bytes each: what a socket holds
const size = 49_152; // characters of descriptions

type Make = (peerId: string, number: number) => SignalingMessage[];

const short = "v=0\r\no=- 1 # IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const ice = { ufrag: "uFrg", pwd: "abcdefghijklmnopqrstuvwx", candidates: [] };

const kinds: readonly Make[] = Object.freeze([
	(peerId) => [{ type: "offer-request", peerId }],
	(peerId) => [
		{ type: "bye", peerId },
		{ type: "offer-request", peerId },
	],
	(peerId) => [{ type: "answer", peerId, sdp: short }],
	(peerId, number) => [{ type: "offer", peerId, sdp: short.replace("#", String(number)) }],
	(peerId) => [{ type: "offer", peerId, sdp: `${offers[0]!.join("\r\n")}\r\n` }],
	(peerId) => [
		{ type: "offer", peerId, sdp: short },
		{ type: "bye", peerId },
	],
	(peerId) => [{ type: "offer", peerId, sdp: short + "a=x\r\n".repeat(2400) }],
	(peerId) => [{ type: "restart", peerId, ice }],
] satisfies Make[]);

/** One kind, of one peer or of many. */
export default function flood(mutator: Mutator, onMessage: (message: SignalingMessage) => void): void {
	const make = mutator.pick(kinds);
	const peers = mutator.pick([1, 3, most]);
	let left = size;
	// There is a session that they are for, half of the time.
	if (mutator.random(2)) onMessage({ type: "offer-request", peerId: "flood-0" });
	for (let number = 0; number < most && left > 0; number++)
		for (const message of make(`flood-${number % peers}`, number)) {
			onMessage(message);
			left -= 40 + ("sdp" in message ? message.sdp.length : 0);
		}
}
