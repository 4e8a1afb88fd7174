// SPDX-License-Identifier: Apache-2.0
// What the service says of our messages: it speaks of failures only.
import type Client from "./client";
import { sdp } from "./client";
import Scene, { minute, second } from "./scene";
import { messageOf } from "./service";
import { advance } from "../fakes/moddable/clock";

let scene: Scene;
let client: Client;

beforeEach(async () => {
	scene = new Scene();
	client = await scene.start();
	client.signaling.send({ type: "answer", peerId: "viewer-1", sdp: sdp("") });
	await advance(100); // it was confirmed by a pong
});
afterEach(() => scene.close());

/** Refuses the last message. */
async function refuse(statusCode: string, errorType: string, description = ""): Promise<void> {
	const { correlationId } = scene.service.received.at(-1)!;
	const statusResponse = { correlationId, errorType, statusCode, description };
	const text = messageOf("STATUS_RESPONSE", undefined, undefined, { statusResponse });
	scene.service.master("porch")!.sendToClient(text);
	await advance(20);
}

describe.each([
	["500", "InternalFailure", "signaling/service-failed"],
	["400", "ThrottlingException", "signaling/throttled"],
	["429", "", "signaling/throttled"],
])("%s %s", (status, type, code) => {
	test("the message goes again, at most twice", async () => {
		for (const [i, delay] of [second, 2 * second].entries()) {
			await refuse(status, type);
			expect(client.codes()).toEqual(Array(i + 1).fill(code));
			await advance(delay - 50);
			expect(scene.service.received).toHaveLength(i + 1);
			await advance(100);
			expect(scene.service.received).toHaveLength(i + 2);
		}
		await refuse(status, type);
		await advance(minute);
		expect(new Set(scene.service.received.map((one) => JSON.stringify({ ...one, from: 0 })))).toHaveProperty(
			"size",
			1,
		);
		expect(scene.service.received).toHaveLength(3);
		expect(client.signaling.statistics).toMatchObject({ messagesSent: 3, messagesRepeated: 2, messagesQueued: 0 });
		expect(client.states).toEqual(["connecting", "connected"]);
	});
});

test("over a connection that ends meanwhile", async () => {
	await refuse("500", "InternalFailure");
	scene.service.master("porch")!.reset();
	await advance(5 * second);
	expect(scene.service.received).toHaveLength(2);
});

test.each([
	["400", "InvalidArgumentException"],
	["403", "AccessDeniedException"],
	["404", "ResourceNotFoundException"],
])("%s %s: it does not go again", async (status, type) => {
	await refuse(status, type);
	await advance(minute);
	expect(scene.service.received).toHaveLength(1);
	expect(client.codes()).toEqual(["signaling/rejected"]);
});

test("what the service says of a message that is long past is reported only", async () => {
	await advance(10 * second);
	expect(client.signaling.statistics.messagesQueued).toBe(0);
	await refuse("500", "InternalFailure");
	await advance(minute);
	expect(scene.service.received).toHaveLength(1);
	expect(client.errors[0]!.message).toContain("viewer-1");
});
