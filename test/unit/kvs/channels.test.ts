// SPDX-License-Identifier: Apache-2.0
import KVSChannels from "webrtc/signaling/kvs/channels";
import Service from "./service";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

let service: Service;
let channels: KVSChannels;
let deviceOffset: number;

beforeEach(() => {
	resetClock();
	deviceOffset = 0;
	service = new Service();
	jest.spyOn(Date, "now").mockImplementation(() => service.now + deviceOffset);
	channels = new KVSChannels({ ...service.dictionaries, region: "eu-west-1", credentials: service.issue() });
});
afterEach(() => jest.restoreAllMocks());

async function settled<T>(promise: Promise<T>): Promise<T> {
	promise.catch(() => undefined);
	await advance(15_000);
	return promise;
}

test("a channel is made, described, given storage, and deleted", async () => {
	const arn = await settled(channels.create("porch", { messageTtlSeconds: 20 }));
	expect(await settled(channels.describe("porch"))).toEqual({
		arn,
		name: "porch",
		status: "ACTIVE",
		version: "abc",
		messageTtlSeconds: 60,
	});
	expect((await settled(channels.describe(arn))).name).toBe("porch");
	await settled(channels.updateMediaStorage(arn, true, "arn:stream"));
	expect(await settled(channels.describeMediaStorage(arn))).toEqual({ enabled: true, streamARN: "arn:stream" });
	await settled(channels.updateMediaStorage(arn, false));
	expect(await settled(channels.describeMediaStorage(arn))).toEqual({ enabled: false, streamARN: undefined });
	await settled(channels.delete(arn, "abc"));
	expect(service.requests.at(-1)!.body).toEqual({ ChannelARN: arn, CurrentVersion: "abc" });
	await expect(settled(channels.describe("porch"))).rejects.toMatchObject({ code: "signaling/channel-missing" });
	channels.close();
});

test("a wrong clock is set right on the way", async () => {
	deviceOffset = 86_400_000;
	service.addChannel("porch");
	expect((await settled(channels.describe("porch"))).name).toBe("porch");
	expect(service.requests).toHaveLength(2);
});

test("failures tell their class", async () => {
	service.script = () => ({ status: 200, body: "[]" });
	await expect(settled(channels.describe("porch"))).rejects.toMatchObject({ code: "signaling/service-failed" });
	service.script = () => ({ status: 400, headers: { "x-amzn-errortype": "ThrottlingException" } });
	await expect(settled(channels.describe("porch"))).rejects.toMatchObject({ code: "signaling/throttled" });
	service.script = () => ({ status: 400, body: '{"__type":"com.amazon#InvalidArgumentException","Message":"bad"}' });
	await expect(settled(channels.describe("porch"))).rejects.toThrow("status 400 InvalidArgumentException: bad");
	service.script = () => "drop";
	await expect(settled(channels.describe("porch"))).rejects.toMatchObject({ code: "signaling/timeout" });
	await expect(channels.create("a b")).rejects.toThrow("channelName");
	await expect(channels.create("a", { messageTtlSeconds: 1 })).rejects.toThrow("messageTtlSeconds");
});

test("close rejects what is under way", async () => {
	const promise = channels.describe("porch");
	promise.catch(() => undefined);
	await advance(20);
	channels.close();
	await expect(promise).rejects.toMatchObject({ code: "signaling/closed" });
	await advance(100_000);
	expect(pendingTimers()).toBe(0);
});
