// SPDX-License-Identifier: Apache-2.0
// The answer that turns an offer down: of the offer, only what it must repeat.
import Rejections from "webrtc/signaling/kvs/rejection";

function answer(...lines: string[]): string | undefined {
	const rejections = new Rejections();
	rejections.add("viewer", lines.join("\r\n"));
	return rejections.take("viewer", { reason: "busy", message: "" });
}

const session = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=busy\r\nt=0 0\r\n";
const rejected = (media: string, mid: string) => `m=${media}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:${mid}\r\n`;

test("has the offer's sections in their order, with port 0", () => {
	const lines = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "a=mid:a", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:b"];
	expect(answer(...lines)).toBe(
		session + rejected("audio 0 UDP/TLS/RTP/SAVPF 111", "a") + rejected("video 0 UDP/TLS/RTP/SAVPF 96", "b"),
	);
});

test.each(["m=", "m=video", "m=video 9", "m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 UDP/TLS/RTP/SAVPF ", "m= 9 RTP 1"])(
	"is not made of %j",
	(line) => expect(answer("v=0", line)).toBeUndefined(),
);

test("is given once", () => {
	const rejections = new Rejections();
	rejections.add("viewer", "m=audio 9 RTP/AVP 0");
	expect(rejections.take("viewer", { reason: "failed", message: "" })).toContain("m=audio 0 RTP/AVP 0");
	expect(rejections.take("viewer", { reason: "failed", message: "" })).toBeUndefined();
});
