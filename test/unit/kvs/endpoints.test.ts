// SPDX-License-Identifier: Apache-2.0
// Host names, against those that AWS's own SDK works out.
import { DescribeSignalingChannelCommand, KinesisVideoClient } from "@aws-sdk/client-kinesis-video";
import { readFileSync } from "node:fs";
import { controlEndpoint, stunServer } from "webrtc/signaling/kvs/endpoints";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true"; // looked at when a client is made

interface Partitions {
	partitions: { id: string; regions: Record<string, unknown> }[];
}

/** All that the SDK knows of, without "aws-global" and the like; and some that are still to be built. */
function allRegions(): string[] {
	const file = require.resolve("@aws-sdk/util-endpoints/dist-cjs/lib/aws/partitions.json");
	const { partitions } = JSON.parse(readFileSync(file, "utf8")) as Partitions;
	const known = partitions.flatMap(({ regions }) => Object.keys(regions));
	const future = [
		"eu-north-7",
		"us-gov-south-1",
		"cn-south-3",
		"us-iso-north-2",
		"us-isob-south-1",
		"eusc-de-west-2",
	];
	return [...known.filter((region) => /\d$/.test(region)), ...future];
}

/** Where the SDK would send a request. */
async function hostOf(region: string, dualStack: boolean, fips: boolean): Promise<string> {
	let host = "";
	const client = new KinesisVideoClient({
		region,
		useDualstackEndpoint: dualStack,
		useFipsEndpoint: fips,
		credentials: { accessKeyId: "a", secretAccessKey: "s" },
		maxAttempts: 1,
		requestHandler: {
			handle: (request: { protocol: string; hostname: string; port?: number; path: string }) => {
				host = request.hostname;
				expect(request).toMatchObject({ protocol: "https:", path: "/describeSignalingChannel" });
				expect(request.port).toBeUndefined();
				return Promise.reject(new Error("enough"));
			},
		},
	});
	await expect(client.send(new DescribeSignalingChannelCommand({ ChannelName: "c" }))).rejects.toThrow("enough");
	client.destroy();
	return host;
}

const regions = allRegions();

test("there are regions of all partitions", () => {
	expect(regions.length).toBeGreaterThan(45);
	const suffixes = new Set(regions.map((region) => controlEndpoint({ region }).host.replace(/^.*\d\./, "")));
	expect(suffixes.size).toBe(7);
});

test.each(regions)("%s: plain, dual-stack, FIPS, and both", async (region) => {
	for (const dualStack of [false, true]) {
		const plain = await hostOf(region, dualStack, false);
		for (const fips of [false, true]) {
			const host = fips ? await hostOf(region, dualStack, true) : plain;
			const options = { region, dualStack, fips };
			expect(controlEndpoint(options)).toEqual({ secure: true, host, port: 443, path: "/" });
			// The SDK knows nothing of STUN. Its server has the control plane's domain, and nothing to encrypt.
			expect(stunServer(options)).toBe(`stun:stun.${plain}:443`);
		}
	}
});

test("an endpoint of one's own stands for all of them", () => {
	const options = { region: "eu-west-1", endpoint: "https://localhost:8443/kvs", dualStack: true, fips: true };
	expect(controlEndpoint(options)).toEqual({ secure: true, host: "localhost", port: 8443, path: "/kvs/" });
	expect(stunServer(options)).toBeUndefined();
});

test.each(["", "eu-west", "EU-WEST-1", "eu-west-1.evil.example", "eu-west-1/", "aws-global"])(
	"%j is no region",
	(region) => expect(() => controlEndpoint({ region })).toThrow("region: such as eu-west-1"),
);
