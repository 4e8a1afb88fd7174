// SPDX-License-Identifier: Apache-2.0
// What inputs are made of: whole ones that are taken, lists that have been too long for the heap before, and oddities.

const fingerprint = "AB:".repeat(31) + "AB";

const transport = Object.freeze([
	"a=ice-ufrag:uFrg",
	"a=ice-pwd:abcdefghijklmnopqrstuvwx",
	`a=fingerprint:sha-256 ${fingerprint}`,
	"a=setup:actpass",
]);

const head = Object.freeze(["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]);

/** Lines of offers that are answered. */
export const offers: readonly (readonly string[])[] = Object.freeze([
	Object.freeze([
		...head,
		"a=group:BUNDLE 0 1",
		"a=extmap-allow-mixed",
		"a=msid-semantic: WMS",
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 108 109",
		"c=IN IP4 0.0.0.0",
		"a=rtcp:9 IN IP4 0.0.0.0",
		...transport,
		"a=ice-options:trickle",
		"a=mid:0",
		"a=extmap:1 urn:ietf:params:rtp-hdrext:toffset",
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=recvonly",
		"a=rtcp-mux",
		"a=rtcp-rsize",
		"a=rtpmap:96 VP8/90000",
		"a=rtcp-fb:96 goog-remb",
		"a=rtcp-fb:96 nack pli",
		"a=rtpmap:97 rtx/90000",
		"a=fmtp:97 apt=96",
		"a=rtpmap:108 H264/90000",
		"a=rtcp-fb:108 nack",
		"a=rtcp-fb:108 ccm fir",
		"a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		"a=rtpmap:109 rtx/90000",
		"a=fmtp:109 apt=108",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8",
		...transport,
		"a=mid:1",
		"a=recvonly",
		"a=rtcp-mux",
		"a=rtpmap:111 opus/48000/2",
		"a=fmtp:111 minptime=10;useinbandfec=1",
		"a=candidate:1 1 udp 2113937151 192.0.2.77 50000 typ host generation 0 network-cost 999",
	]),
	Object.freeze([
		...head,
		...transport,
		"a=ice-lite",
		"m=video 9 UDP/TLS/RTP/SAVPF 108",
		"a=rtcp-mux",
		"a=mid:v",
		"a=rtpmap:108 H264/90000",
		"a=fmtp:108 packetization-mode=1;profile-level-id=42e01f",
		"a=candidate:1 1 udp 2113937151 203.0.113.9 50000 typ host",
		"a=end-of-candidates",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
		"a=mid:d",
		"a=sctp-port:5000",
		"a=max-message-size:262144",
	]),
]);

export const fragment: readonly string[] = Object.freeze([
	"a=ice-ufrag:uFrg",
	"a=ice-pwd:abcdefghijklmnopqrstuvwx",
	"m=video 9 UDP/TLS/RTP/SAVPF 0",
	"a=mid:0",
	"a=candidate:1 1 udp 2113937151 192.0.2.77 50000 typ host",
	"a=candidate:2 1 udp 1677729535 198.51.100.7 50001 typ srflx raddr 192.0.2.77 rport 50000",
	"a=end-of-candidates",
]);

/** Lines of which there may be many; "#" stands for a number. */
export const repeatable: readonly string[] = Object.freeze([
	"",
	"a=candidate:# 1 udp 2113937151 198.51.100.# 5# typ host",
	"a=candidate:# 1 udp 2113937151 2001:db8::# 5# typ host",
	"a=candidate:# 1 udp 1 #.local 9 typ host",
	"a=extmap:# u#",
	"a=extmap:# urn:ietf:params:rtp-hdrext:sdes:mid",
	"a=fingerprint:sha-256 " + fingerprint,
	"a=fingerprint:x-# AB",
	"a=fmtp:# profile-level-id=42e01f;x=#",
	"a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 # #",
	"a=rid:# send",
	"a=rtcp-fb:# nack",
	"a=rtpmap:# H264/90000",
	"a=rtpmap:# X#/8000",
	"a=ssrc:# cname:#",
	"a=ssrc:# msid:s# t#",
	"a=ssrc-group:FID # #",
	"m=audio 9 UDP/TLS/RTP/SAVPF 0",
	"m=video 9 UDP/TLS/RTP/SAVPF 108",
	"m=video 0 RTP/AVP 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30",
]);

export const oddities: readonly string[] = Object.freeze([
	...["", " ", "\0", "\r", "\n", "\t", ":", "/", "=", ";", "\\", '"', "-1", "0", "255", "65535", "65536"],
	...["4294967296", "1e99", "NaN", "*", "é", "😀", "\ud800", "__proto__", "constructor", "a=", "m=", "v=0"],
]);

/** Parts of JSON of which there may be many. */
export const jsonParts: readonly string[] = Object.freeze([
	...["[],", "{},", "0,", "1e9,", '"",', '"a",', "null,", "true,", "[", "{", " ", "\\", '"\\u0000",', '"\\n",'],
	...['"k#":0,', '{"k#":[]},', '"sdp":"v=0\\r\\n#",', "[[[[[[]]]]]],"],
]);
