// SPDX-License-Identifier: Apache-2.0
// What of others' words gets into errors, and from there into logs.
import { inspect } from "node:util";
import type Client from "./client";
import Scene, { minute, refused, second } from "./scene";
import { messageOf } from "./service";
import { advance } from "../fakes/moddable/clock";

let scene: Scene;

beforeEach(() => {
	scene = new Scene();
});
afterEach(() => scene.close());

const forged = "one\r\nERROR a line of its own\u001b[31m\u0085\u2028\u009b";
const textOf = (client: Client) => inspect(client.errors, { depth: 9, showHidden: true });

describe("control characters", () => {
	const expectClean = (client: Client) => {
		expect(client.errors.length).toBeGreaterThan(0);
		for (const { message } of client.errors) expect(message).toMatch(/^[\x20-\x7e]+$/);
	};

	test("of a status", async () => {
		const client = await scene.start();
		const statusResponse = { correlationId: "x", errorType: forged, statusCode: "4\n0", description: forged };
		const text = messageOf("STATUS_RESPONSE", undefined, undefined, { statusResponse });
		scene.service.master("porch")!.sendToClient(text);
		await advance(second);
		expectClean(client);
		expect(client.errors[0]!.message).toContain("a line of its own");
	});

	test("of a response", async () => {
		let left = 3;
		const info = { ChannelInfo: { ChannelARN: "x", ChannelType: forged, ChannelStatus: forged } };
		scene.service.script = () => {
			if (left-- <= 0) return undefined;
			if (!left) return { status: 200, body: JSON.stringify(info) };
			return left % 2
				? { ...refused("A\u001bB"), body: JSON.stringify({ message: forged }) }
				: { status: 400, body: JSON.stringify({ __type: forged, message: forged }) };
		};
		const client = await scene.start();
		await advance(10 * second);
		expect(client.errors).toHaveLength(3);
		expectClean(client);
	});

	test("of a malformed message", async () => {
		const client = await scene.start();
		for (const text of [messageOf(forged, {}), forged, `{"messageType":"${"\u0007"}`])
			scene.service.master("porch")!.sendToClient(text);
		await advance(second);
		expect(client.errors).toHaveLength(3);
		expectClean(client);
	});
});

test("the canonical request of a refused signature, with its session token, shows nowhere", async () => {
	const message = (token: string) =>
		`The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:${token}\n'`;
	const tokens = () => [...scene.service.accounts.values()].map(({ token }) => token!);
	scene.service.script = () => refused("InvalidSignatureException", 403, message(tokens().at(-1)!));
	const write = jest.spyOn(process.stdout, "write");
	const client = await scene.start();
	await advance(minute);
	expect(client.codes()).toContain("aws/credentials");
	expect(client.errors[0]!.message).toContain("does not match");
	const logs = write.mock.calls.join("\n") + textOf(client);
	for (const token of tokens()) expect(logs).not.toContain(token);
	expect(logs).not.toContain("x-amz-security-token");
});
