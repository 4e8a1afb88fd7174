// SPDX-License-Identifier: Apache-2.0
// What a status and the service's name of an error stand for: each class has a recovery of its own.
import type { AWSResponse } from "webrtc/aws/client";
import { failureOf, patience } from "webrtc/signaling/kvs/failure";

const judge = (status: number, type = "", clockChanged = false) =>
	failureOf("call", {
		status,
		clockChanged,
		errorType: type,
		body: "{}",
	} as unknown as AWSResponse);

test.each([
	[400, "", "request", "signaling/rejected"],
	[499, "", "request", "signaling/rejected"],
	[404, "", "service", "signaling/service-failed"],
	[500, "", "service", "signaling/service-failed"],
	[503, "", "service", "signaling/service-failed"],
	[429, "", "throttled", "signaling/throttled"],
	[400, "ThrottlingException", "throttled", "signaling/throttled"],
	[401, "", "denied", "signaling/rejected"],
	[403, "", "denied", "signaling/rejected"],
	[400, "AccessDeniedException", "denied", "signaling/rejected"],
	[403, "ExpiredTokenException", "credentials", "aws/credentials"],
	[404, "ResourceNotFoundException", "channel", "signaling/channel-missing"],
])("status %d %s: %s", (status, type, kind, code) => {
	const failure = judge(status, type);
	expect(failure).toMatchObject({ kind, error: { code } });
	expect(patience(failure)).toBe(kind === "denied" ? 60_000 : 0);
});

test("a clock that was wrong explains what was refused, and nothing else", () => {
	expect(judge(403, "InvalidSignatureException", true).kind).toBe("clock");
	expect(judge(403, "", true).kind).toBe("clock");
	expect(judge(400, "", true).kind).toBe("request");
	expect(judge(503, "", true).kind).toBe("service");
});

test("of what the service says in words the first line is told, up to 200 characters", () => {
	const told = (message: string) =>
		failureOf("call", { status: 400, body: JSON.stringify({ message }) } as AWSResponse);
	expect(told(`${"x".repeat(200)}y`).error.message).toBe(`KVS: call: status 400 ${"x".repeat(200)}`);
	expect(told("no\nhost:secret").error.message).toBe("KVS: call: status 400 no");
});
