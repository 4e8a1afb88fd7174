// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import WebRTCError from "webrtc/error";
import { createAnswer, midExtension, parse } from "webrtc/sdp";
import type { LocalMedia, MediaSection, SessionDescription, TransportParameters } from "webrtc/sdp";
import { h264, opus, pcma, pcmu } from "../codecs";

const folder = join(__dirname, "fixtures");

export const fixtureNames = readdirSync(folder).filter((name) => name.endsWith(".sdp"));

/** The text of a fixture; "\r\n" between lines. */
export function fixture(name: string): string {
	return readFileSync(join(folder, `${name}.sdp`), "utf8");
}

export const transport: TransportParameters = {
	iceUfrag: "dEv1",
	icePwd: "0123456789abcdefghijkl",
	fingerprint: { algorithm: "sha-256", value: Array(32).fill("A5").join(":") },
	setup: "active",
	candidates: ["candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"],
	endOfCandidates: true,
};

export const video: LocalMedia = {
	kind: "video",
	direction: "sendonly",
	codecs: [h264],
	extensions: [midExtension],
	msid: { stream: "camera", track: "picture" },
	ssrc: 0x11223344,
	cname: "device",
};

export const audio: LocalMedia = {
	kind: "audio",
	direction: "sendonly",
	codecs: [opus, pcmu, pcma],
	extensions: [midExtension],
	msid: { stream: "camera", track: "sound" },
	ssrc: 0x55667788,
	cname: "device",
};

export function answer(
	remote: SessionDescription,
	media: readonly LocalMedia[] = [video, audio],
	changes: Partial<TransportParameters> = {},
): SessionDescription {
	const options = { sessionId: "42", sessionVersion: 1, media, transport: { ...transport, ...changes } };
	return createAnswer({ remote, ...options });
}

/** The lines of a small offer: one section of video, and of audio. Replace or add lines by their start. */
export function offerLines(changes: { video?: string[]; audio?: string[]; session?: string[] } = {}): string[] {
	const shared = (mid: string) => [
		"c=IN IP4 0.0.0.0",
		"a=ice-ufrag:uFrg",
		"a=ice-pwd:abcdefghijklmnopqrstuv",
		`a=fingerprint:sha-256 ${Array(32).fill("0F").join(":")}`,
		"a=setup:actpass",
		`a=mid:${mid}`,
		"a=recvonly",
		"a=rtcp-mux",
	];
	return [
		...["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE v a", ...(changes.session ?? [])],
		...["m=video 9 UDP/TLS/RTP/SAVPF 96", ...shared("v"), "a=rtpmap:96 H264/90000"],
		"a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		...(changes.video ?? []),
		...["m=audio 9 UDP/TLS/RTP/SAVPF 111", ...shared("a"), "a=rtpmap:111 opus/48000/2", ...(changes.audio ?? [])],
	];
}

/** The small offer, edited as text. */
export function offer(
	edit: (text: string) => string = (text) => text,
	changes?: Parameters<typeof offerLines>[0],
): SessionDescription {
	return parse(edit(offerLines(changes).join("\r\n") + "\r\n"));
}

/** An offer with one section of video whose codecs are these lines. */
export function videoOffer(payloadTypes: string, ...lines: string[]): SessionDescription {
	const text = offerLines({ video: lines }).join("\r\n") + "\r\n";
	return parse(
		text
			.replace("SAVPF 96\r\n", `SAVPF ${payloadTypes}\r\n`)
			.replace("a=rtpmap:96 H264/90000\r\n", "")
			.replace(/a=fmtp:96 .*\r\n/, ""),
	);
}

export function section(description: SessionDescription, index: number): MediaSection {
	return description.media[index]!;
}

/** The code of the WebRTCError that `run` throws, with its message; "" when it throws none. */
export function failure(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		if (!(error instanceof WebRTCError)) throw error;
		return `${error.code}: ${error.message}`;
	}
	return "";
}
