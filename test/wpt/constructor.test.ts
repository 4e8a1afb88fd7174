// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-constructor, RTCConfiguration-iceServers, -iceTransportPolicy, -bundlePolicy, -rtcpMuxPolicy,
// -iceCandidatePoolSize and -validation.
import RTCPeerConnection, { type RTCConfiguration } from "webrtc/peer";
import { begin, end, make, thrown } from "./helpers";

beforeEach(begin);
afterEach(end);

const constructing = (configuration: unknown) => thrown(() => make(configuration as RTCConfiguration).close());
const setting = (configuration: unknown) => thrown(() => make().setConfiguration(configuration as RTCConfiguration));
const both = [constructing, setting];
const servers = (...iceServers: unknown[]) => ({ iceServers });

describe("a new connection", () => {
	test("needs no configuration", () => {
		expect(constructing(undefined)).toBe("nothing");
		expect(constructing({})).toBe("nothing");
	});

	test("begins with nothing done", () => {
		const pc = make();
		expect(pc.signalingState).toBe("stable");
		expect(pc.iceGatheringState).toBe("new");
		expect(pc.iceConnectionState).toBe("new");
		expect(pc.connectionState).toBe("new");
		expect(pc.canTrickleIceCandidates).toBeNull();
		for (const name of [
			"local",
			"currentLocal",
			"pendingLocal",
			"remote",
			"currentRemote",
			"pendingRemote",
		] as const)
			expect(pc[`${name}Description`]).toBeNull();
		expect([pc.getSenders(), pc.getReceivers(), pc.getTransceivers()]).toEqual([[], [], []]);
	});

	test("has no handlers", () => {
		const pc = make();
		expect(pc.onnegotiationneeded).toBeNull();
		expect(pc.ontrack).toBeNull();
		expect(pc.onicecandidate).toBeNull();
		expect(pc.onsignalingstatechange).toBeNull();
		expect(pc.oniceconnectionstatechange).toBeNull();
		expect(pc.onicegatheringstatechange).toBeNull();
		expect(pc.onconnectionstatechange).toBeNull();
	});

	test.each([1, "x", true])("takes no configuration that is no object: %p", (configuration) => {
		expect(constructing(configuration)).toBe("TypeError");
	});

	test("takes no expired or foreign certificates", () => {
		expect(constructing({ certificates: [null] })).toBe("TypeError");
		expect(constructing({ certificates: [{}] })).toBe("TypeError");
	});
});

describe("iceServers", () => {
	test("are none by default", () => {
		expect(make().getConfiguration().iceServers).toEqual([]);
	});

	test.each([
		servers(),
		servers({ urls: "stun:stun.example" }),
		servers({ urls: ["stun:stun.example"] }),
		servers({ urls: "turn:turn.example", username: "u", credential: "c" }),
		servers({ urls: "turns:turn.example:5349?transport=tcp", username: "u", credential: "c" }),
		servers({ urls: ["turn:[2001:db8::1]:3478?transport=udp"], username: "u", credential: "c" }),
	])("are taken when they are right: %j", (configuration) => {
		for (const use of both) expect(use(configuration)).toBe("nothing");
	});

	test("come back with a list of URLs as they were given", () => {
		const iceServers = [
			{ urls: "stun:stun.example" },
			{ urls: ["turn:t.example"], username: "u", credential: "c" },
		];
		const pc = make({ iceServers });
		expect(pc.getConfiguration().iceServers).toMatchObject([{}, { username: "u", credential: "c" }]);
		expect([pc.getConfiguration().iceServers![0]!.urls].flat()).toEqual(["stun:stun.example"]);
	});

	test.each([{ iceServers: null }, { iceServers: "stun:a" }, servers(null), servers("stun:a"), servers({})])(
		"must be a list of servers with urls: %j",
		(configuration) => {
			for (const use of both) expect(use(configuration)).toBe("TypeError");
		},
	);

	test.each([
		"",
		"relative-url",
		"http://example.com",
		"//stun.example",
		"stun:",
		"stun://stun.example",
		"stun:stun.example:no",
		"stun:stun.example:99999",
		"stun:stun.example?transport=udp",
		"turn:",
		"turn:turn.example?transport=sctp",
		"stun:stun.example/path",
		"stun:user@stun.example",
	])("have URLs as RFC 7064 and RFC 7065 write them, which %p is not", (url) => {
		for (const use of both) {
			expect(use(servers({ urls: url, username: "u", credential: "c" }))).toBe("SyntaxError");
			expect(use(servers({ urls: ["stun:right.example", url], username: "u", credential: "c" }))).toBe(
				"SyntaxError",
			);
		}
	});

	test("have one URL at least", () => {
		for (const use of both) expect(use(servers({ urls: [] }))).toBe("SyntaxError");
	});

	test.each([
		{ urls: "turn:turn.example" },
		{ urls: "turns:turn.example", username: "u" },
		{ urls: "turn:turn.example", credential: "c" },
		{ urls: ["stun:stun.example", "turn:turn.example"] },
	])("of TURN need a name and a secret: %j", (server) => {
		for (const use of both) expect(use(servers(server))).toBe("InvalidAccessError");
	});
});

describe("policies", () => {
	test.each([
		["iceTransportPolicy", "all"],
		["bundlePolicy", "max-bundle"],
		["rtcpMuxPolicy", "require"],
	])("%s may be %p", (name, value) => {
		expect(constructing({ [name]: value })).toBe("nothing");
		expect(constructing({ [name]: undefined })).toBe("nothing");
	});

	test.each(["iceTransportPolicy", "bundlePolicy", "rtcpMuxPolicy"])("%s must be one of its values", (name) => {
		for (const value of ["", "none", "ALL", null, 1]) expect(constructing({ [name]: value })).toBe("TypeError");
	});

	test.each([
		["bundlePolicy", "max-bundle", "balanced"],
		["rtcpMuxPolicy", "require", "negotiate"],
	])("%s does not change", (name, value, other) => {
		const pc = make({ [name]: value } as RTCConfiguration);
		expect(thrown(() => pc.setConfiguration({ [name]: value } as RTCConfiguration))).toBe("nothing");
		expect(["InvalidModificationError", "TypeError", "NotSupportedError"]).toContain(
			thrown(() => pc.setConfiguration({ [name]: other } as RTCConfiguration)),
		);
	});
});

describe("setConfiguration", () => {
	test("does not change certificates", async () => {
		const [one, two] = await Promise.all([1, 2].map(() => RTCPeerConnection.generateCertificate("ECDSA")));
		const pc = make({ certificates: [one!] });
		expect(thrown(() => pc.setConfiguration({ certificates: [one!] }))).toBe("nothing");
		expect(thrown(() => pc.setConfiguration({ certificates: [two!] }))).toBe("InvalidModificationError");
		expect(thrown(() => pc.setConfiguration({ certificates: [] }))).toBe("InvalidModificationError");
		for (const certificate of [one!, two!]) certificate.close();
	});

	test("replaces the servers as a whole", () => {
		const pc = make({ iceServers: [{ urls: "stun:one.example" }] });
		pc.setConfiguration({ iceServers: [{ urls: "stun:two.example" }] });
		expect([pc.getConfiguration().iceServers![0]!.urls].flat()).toEqual(["stun:two.example"]);
		pc.setConfiguration({});
		expect(pc.getConfiguration().iceServers).toEqual([]);
	});

	test("leaves all as it was when it throws", () => {
		const pc = make({ iceServers: [{ urls: "stun:one.example" }] });
		expect(thrown(() => pc.setConfiguration({ iceServers: [{ urls: "http:no" }] }))).toBe("SyntaxError");
		expect([pc.getConfiguration().iceServers![0]!.urls].flat()).toEqual(["stun:one.example"]);
	});

	test("is for open connections", () => {
		const pc = make();
		pc.close();
		expect(thrown(() => pc.setConfiguration({}))).toBe("InvalidStateError");
	});
});
