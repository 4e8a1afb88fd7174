// SPDX-License-Identifier: Apache-2.0
// What peers call themselves and say makes no lines of its own in a log.
import type { WebRTCAppOptions } from "webrtc/app";
import type { SignalingHandler } from "webrtc/signaling";
import { settle } from "../fakes/moddable/clock";

const forged = "hello\nsignalingConnected\r\u001b[2J";
const harmless = "hello?signalingConnected??[2J";

test.each([
	["custom-signaling", `signalingMessage peer ${harmless}\n`],
	["apprtc-camera", `signalingMessage: ${harmless}\n`],
])("%s writes one line of a message", async (example, line) => {
	jest.resetModules();
	let options: WebRTCAppOptions | undefined;
	const sent = jest.fn();
	class App {
		sendMessage = sent;
		constructor(given: WebRTCAppOptions) {
			options = given;
		}
		run = () => Promise.resolve();
	}
	jest.doMock("webrtc/app", () => ({ __esModule: true, default: App }));
	jest.doMock("webrtc/media/defaults", () => ({ __esModule: true, defaultMedia: () => ({}) }));
	const nothing = () => undefined;
	const names = ["flag", "number", "text", "audio", "play", "retransmission", "show", "video"];
	const functions = Object.fromEntries(names.map((name) => [name, nothing]));
	for (const name of ["config", "media", "report", "simulator", "trust"]) {
		const module = { __esModule: true, default: name === "simulator" ? undefined : nothing, ...functions };
		jest.doMock(`examples/${name}`, () => module, { virtual: true });
	}
	class Signaling {}
	jest.doMock("webrtc/signaling/apprtc", () => ({ __esModule: true, default: Signaling }));
	jest.doMock("../../../examples/custom-signaling/rooms", () => ({ __esModule: true, default: Signaling }));
	jest.doMock("../../../examples/apprtc-camera/terminal", () => ({ __esModule: true, default: nothing }));
	const lines: string[] = [];
	Object.defineProperty(globalThis, "trace", { configurable: true, value: (text: string) => void lines.push(text) });
	const { default: main } = (await import(`../../../examples/${example}/main`)) as { default: () => void };
	main();
	await settle();
	const begun = lines.length;
	const message = { type: "custom", peerId: "peer", kind: "say", data: forged } as const;
	options!.onEvent!({ type: "signalingMessage" as never, peerId: "peer", message } as never);
	expect(lines.slice(begun)).toEqual([line]);
});

test("custom-signaling takes no name that would write lines of its own", async () => {
	jest.resetModules();
	jest.dontMock("../../../examples/custom-signaling/rooms");
	let receive: ((text: string) => void) | undefined;
	class Kept {
		constructor({ onText }: { onText(text: string): void }) {
			receive = onText;
		}
		open() {}
		close() {}
	}
	jest.doMock("webrtc/websocket/kept", () => ({ __esModule: true, default: Kept }));
	const { default: RoomSignaling } = await import("../../../examples/custom-signaling/rooms");
	const signaling = new RoomSignaling({ server: "ws://rooms.example/", room: "porch" });
	const handler = { onMessage: jest.fn(), onError: jest.fn(), onStateChange() {}, onIceServers() {} };
	signaling.connect("master", handler as SignalingHandler);
	for (const from of ["a\nb", "a\rb", "\u001b[2J", "a b", "ü", "", "x".repeat(65), 7, null, undefined])
		receive!(JSON.stringify({ type: "wanted", from }));
	expect(handler.onMessage).not.toHaveBeenCalled();
	expect(handler.onError).toHaveBeenCalledTimes(10);
	receive!(JSON.stringify({ type: "wanted", from: "a-b_7" }));
	expect(handler.onMessage).toHaveBeenCalledWith({ type: "offer-request", peerId: "a-b_7" });
	signaling.close();
});
