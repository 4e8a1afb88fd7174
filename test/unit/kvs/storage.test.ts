// SPDX-License-Identifier: Apache-2.0
// Storage sessions that go wrong.
import type Client from "./client";
import Scene, { hour, minute, offer, second } from "./scene";
import { advance, schedule } from "../fakes/moddable/clock";

let scene: Scene;

beforeEach(() => {
	scene = new Scene();
	scene.service.storage = { Status: "ENABLED", StreamARN: "arn:aws:kinesisvideo:eu-west-1:1:stream/s/1" };
});
afterEach(() => scene.close());

const joins = () => scene.count("joinStorageSession");

/** Each join brings an offer. */
function answerJoins(): void {
	scene.service.script = ({ call }) => {
		if (call === "joinStorageSession")
			schedule(() => scene.service.master("porch")?.sendToClient(offer("AWS_STORAGE")), 100);
		return undefined;
	};
}

describe("a session that does not last", () => {
	test.each(["turned down", "given up after a second"])("%s: is no reason for a storm", async (how) => {
		answerJoins();
		const client: Client = await scene.start({ useMediaStorage: true });
		const rejection = { reason: "failed", message: "no such codec" } as const;
		client.answer = ({ peerId }) => {
			if (how === "turned down") client.signaling.send({ type: "reject", peerId, rejection });
			else schedule(() => client.signaling.send({ type: "bye", peerId }), second);
		};
		client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" }); // the first
		await advance(10 * minute);
		expect(joins()).toBeGreaterThan(6);
		expect(joins()).toBeLessThan(14);
		expect(client.codes()).toEqual(Array(joins()).fill("signaling/rejected"));
		expect(client.errors[0]!.message).toBe("KVS: the storage session ended at once");
	});

	test("one that lasts ends the series", async () => {
		answerJoins();
		const client = await scene.start({ useMediaStorage: true });
		for (let i = 0; i < 20; i++) {
			await advance(31 * second);
			client.signaling.send({ type: "bye", peerId: "AWS_STORAGE" });
			const before = joins();
			await advance(second);
			expect(joins()).toBe(before + 1);
		}
		await advance(hour);
		expect(client.errors).toEqual([]);
	});
});
