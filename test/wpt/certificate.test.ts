// SPDX-License-Identifier: Apache-2.0
// After RTCPeerConnection-generateCertificate and RTCCertificate.
import RTCPeerConnection from "webrtc/peer";
import { begin, end, make, rejection } from "./helpers";

beforeEach(begin);
afterEach(end);

const generate = (algorithm: unknown) => RTCPeerConnection.generateCertificate(algorithm as string);

test("ECDSA on P-256 can be had, by name and by parameters", async () => {
	for (const algorithm of ["ECDSA", { name: "ECDSA", namedCurve: "P-256" }]) {
		const certificate = await generate(algorithm);
		expect(certificate.fingerprint).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
		certificate.close();
	}
});

test("what cannot be had is not supported, rather than replaced", async () => {
	for (const algorithm of ["SHA-1", { name: "SHA-1" }, { name: "ECDSA", namedCurve: "P-512" }, "invalid-algo"])
		expect(await rejection(generate(algorithm))).toBe("NotSupportedError");
});

test("RSA is for larger machines", async () => {
	const rsa = {
		name: "RSASSA-PKCS1-v1_5",
		modulusLength: 2048,
		publicExponent: new Uint8Array([1, 0, 1]),
		hash: "SHA-256",
	};
	expect(await rejection(generate(rsa))).toBe("NotSupportedError");
});

test("a connection's descriptions have the fingerprint of the certificate that it was given", async () => {
	const certificate = await generate("ECDSA");
	const pc = make({ certificates: [certificate] });
	pc.addTransceiver("audio");
	expect((await pc.createOffer()).sdp).toContain(`a=fingerprint:sha-256 ${certificate.fingerprint}\r\n`);
	pc.close();
	certificate.close();
});

test("one certificate serves many connections", async () => {
	const certificate = await generate("ECDSA");
	for (let i = 0; i < 3; i++) {
		const pc = make({ certificates: [certificate] });
		expect(pc.getConfiguration().certificates).toEqual([certificate]);
		pc.close();
	}
	certificate.close();
});
