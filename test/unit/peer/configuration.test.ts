// SPDX-License-Identifier: Apache-2.0
// RTCConfiguration (W3C webrtc sections 4.2.1 and 4.4.1.6), certificates, and the names of errors.
import RTCPeerConnection, { type RTCConfiguration } from "webrtc/peer";
import Network from "webrtc/peer/network";
import { begin, camera, closers, end, make } from "./helpers";

beforeEach(begin);
afterEach(end);

const nameOf = (run: () => unknown): string => {
	try {
		run();
	} catch (error) {
		return (error as Error).name;
	}
	return "";
};
const server = (urls: unknown, credentials = {}) => ({ iceServers: [{ urls, ...credentials }] }) as RTCConfiguration;
const credentials = { username: "u", credential: "c" };

test.each([
	"stun:example.org",
	"stuns:example.org:5349",
	"STUN:192.0.2.1:3478",
	"stun:[2001:db8::1]:3478",
	["stun:a", "stun:b"],
])("%s is a STUN server", (urls) => {
	expect(make(server(urls)).getConfiguration().iceServers).toEqual([{ urls }]);
});

test.each(["turn:example.org", "turns:example.org:443?transport=tcp", "turn:[::1]?transport=udp"])(
	"%s is a TURN server, and takes a username and a credential",
	(urls) => {
		make(server(urls, credentials));
		expect(nameOf(() => make(server(urls)))).toBe("InvalidAccessError");
		expect(nameOf(() => make(server(urls, { username: "u" })))).toBe("InvalidAccessError");
		expect(nameOf(() => make(server(urls, { ...credentials, username: "u".repeat(509) })))).toBe(
			"InvalidAccessError",
		);
	},
);

test.each([
	...["", "stun", "stun:", "http://example.org", "stun://example.org", "stun:user@example.org", "stun:a b"],
	...[
		"stun:a:0",
		"stun:a:65536",
		"stun:a:port",
		"stun:a:",
		"stun:[::1",
		"stun:[a",
		"stun:[::1]x",
		"stun:a?transport=udp",
	],
	...["turn:a?transport=sctp", "turn:a?x=1", "turn:a?transport=udp?transport=udp", []],
])("%s is no server", (urls) => {
	expect(nameOf(() => make(server(urls, credentials)))).toBe("SyntaxError");
});

test.each<[keyof RTCConfiguration, unknown]>([
	["iceServers", "stun:a"],
	["iceServers", [{}]],
	["iceServers", [{ urls: [7] }]],
	["iceTransportPolicy", "some"],
	["bundlePolicy", "none"],
	["rtcpMuxPolicy", "maybe"],
	["iceCandidatePoolSize", 256],
	["certificates", {}],
])("%s: %j is a TypeError that names it", (name, value) => {
	expect(() => make({ [name]: value })).toThrow(name);
	expect(nameOf(() => make({ [name]: value }))).toBe("TypeError");
});

test("RTCP on a port of its own is not supported", () => {
	expect(nameOf(() => make({ rtcpMuxPolicy: "negotiate" as never }))).toBe("NotSupportedError");
});

test("what cannot change is refused, and then nothing changes", async () => {
	const network = new Network();
	const certificate = await RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" });
	closers.push(network, certificate);
	const pc = make({ network, certificates: [certificate], bundlePolicy: "max-bundle" });
	const before = pc.getConfiguration();
	for (const change of [
		{ certificates: [] },
		{ bundlePolicy: "balanced" as const },
		{ bundlePolicy: undefined },
		{ network: {} as Network },
	])
		expect(nameOf(() => pc.setConfiguration({ ...before, iceServers: [], ...change }))).toBe(
			"InvalidModificationError",
		);
	expect(pc.getConfiguration()).toEqual(before);
	pc.setConfiguration({ bundlePolicy: "max-bundle", iceServers: [{ urls: "stun:new" }], iceCandidatePoolSize: 1 });
	expect(pc.getConfiguration()).toMatchObject({ iceServers: [{ urls: "stun:new" }], network });
	pc.addTransceiver(camera());
	await pc.setLocalDescription();
	expect(nameOf(() => pc.setConfiguration({ bundlePolicy: "max-bundle", iceCandidatePoolSize: 2 }))).toBe(
		"InvalidModificationError",
	);
});

test("with the policy relay, no candidate tells of this host's addresses", async () => {
	const pc = make({ iceTransportPolicy: "relay" });
	pc.addTransceiver(camera());
	await pc.setLocalDescription();
	expect(pc.localDescription!.sdp).not.toContain("a=candidate:");
});

test("certificates are of ECDSA over P-256", async () => {
	const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048 };
	await expect(RTCPeerConnection.generateCertificate(rsa)).rejects.toMatchObject({ name: "NotSupportedError" });
	const certificate = await RTCPeerConnection.generateCertificate("ECDSA");
	closers.push(certificate);
	const pc = make({ certificates: [certificate] });
	pc.addTransceiver(camera());
	expect((await pc.createOffer()).sdp).toContain(`a=fingerprint:sha-256 ${certificate.fingerprint}`);
});

test("errors have the names of DOMExceptions, beside their codes", async () => {
	const pc = make();
	await expect(pc.createAnswer()).rejects.toMatchObject({ name: "InvalidStateError", code: "peer/invalid-state" });
	await expect(pc.setRemoteDescription({ type: "offer", sdp: "x" })).rejects.toMatchObject({
		name: "OperationError",
		code: "sdp/malformed",
	});
	await expect(pc.setLocalDescription({ type: "offer", sdp: "v=0\r\n" })).rejects.toMatchObject({
		name: "InvalidModificationError",
	});
	await expect(pc.setRemoteDescription({ type: "bid" as never })).rejects.toThrow(TypeError);
	pc.close();
	expect(nameOf(() => pc.addTransceiver("audio"))).toBe("InvalidStateError");
});
