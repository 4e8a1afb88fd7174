// SPDX-License-Identifier: Apache-2.0
// Crypto, Certificate, Srtp and Dtls on the XS engine: two peers of one process shake hands over loopback.
import Timer from "timer";
import { crc32, equal, hmacSHA1, hmacSHA256, md5, randomBytes, sha256 } from "webrtc/native/crypto";
import Dtls, { type DtlsOptions, type Fingerprint } from "webrtc/native/dtls";
import Certificate from "webrtc/native/dtls/certificate";
import Srtp from "webrtc/native/srtp";
import Transport from "webrtc/native/transport";
import Path from "webrtc/native/transport/path";

function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`failed: ${what}`);
}

function assertThrows(type: new (...args: never[]) => Error, text: string, action: () => unknown): void {
	try {
		action();
	} catch (error) {
		const given = String(error);
		assert(error instanceof type && given.includes(text), `${type.name} with "${text}", got ${given}`);
		return;
	}
	throw new Error(`failed: ${text}: nothing thrown`);
}

function hex(data: ArrayBuffer): string {
	return Array.from(new Uint8Array(data), (byte) => (256 + byte).toString(16).slice(1)).join("");
}

function cryptoIsRight(): void {
	const text = (value: string) => ArrayBuffer.fromString(value);
	const view = new Uint8Array(text("xxabcxx")).subarray(2, 5);
	assert(hex(sha256(view)) === "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sha256");
	assert(hex(md5(text(""))) === "d41d8cd98f00b204e9800998ecf8427e", "md5");
	const question = text("what do ya want for nothing?");
	assert(hex(hmacSHA1(text("Jefe"), question)) === "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "hmacSHA1");
	assert(hex(hmacSHA256(text("Jefe"), question)).startsWith("5bdcc146bf60754e"), "hmacSHA256");
	assert(crc32(text("123456789")) === 0xcbf43926, "crc32");
	assert(equal(view, text("abc")) && !equal(view, text("abd")) && !equal(view, text("ab")), "equal");
	assert(randomBytes(1024).byteLength === 1024 && randomBytes(0).byteLength === 0, "randomBytes");
	assert(!equal(randomBytes(16), randomBytes(16)), "random");
	assertThrows(RangeError, "count", () => randomBytes(1025));
	assertThrows(RangeError, "count", () => randomBytes(1.5));
	assertThrows(TypeError, "", () => sha256("abc" as never));
	assertThrows(TypeError, "", () => sha256(new Uint16Array(2) as never));
}

class Peer {
	readonly transport: Transport;
	readonly path: Path;
	readonly srtp: Srtp;
	dtls: Dtls | undefined;

	constructor() {
		this.transport = new Transport({ address: "127.0.0.1", onReadable() {} });
		this.path = new Path(this.transport);
		this.srtp = new Srtp(this.path);
	}

	listen(role: "client" | "server", other: Peer, value: string, onState: () => void, timeout?: number): void {
		this.path.select("127.0.0.1", other.transport.localPort);
		const { path, srtp } = this;
		const fingerprints: Fingerprint[] = [
			{ algorithm: "sha-1", value: "00" },
			{ algorithm: "SHA-256", value },
		];
		this.dtls = new Dtls({ path, srtp, certificate, role, fingerprints, onState, timeout });
	}

	close(): void {
		this.dtls?.close();
		this.dtls?.close();
		this.dtls = undefined;
		this.srtp.close();
		this.path.close();
		this.transport.close();
	}
}

let certificate: Certificate;
let watchdog: Timer;

function optionsAreChecked(): void {
	const peer = new Peer();
	const { path, srtp } = peer;
	const fingerprints = [{ algorithm: "sha-256", value: certificate.fingerprint }];
	const good: DtlsOptions = { path, srtp, certificate, role: "client", fingerprints, onState() {} };
	const wrong = (changed: object) => () => new Dtls({ ...good, ...changed });
	assertThrows(TypeError, "options", () => new Dtls(undefined as never));
	assertThrows(TypeError, "role", wrong({ role: undefined }));
	assertThrows(RangeError, "role", wrong({ role: "actpass" }));
	assertThrows(RangeError, "timeout", wrong({ timeout: 0 }));
	assertThrows(TypeError, "fingerprints", wrong({ fingerprints: undefined }));
	assertThrows(RangeError, "fingerprints", wrong({ fingerprints: [] }));
	assertThrows(RangeError, "fingerprints", wrong({ fingerprints: [{ algorithm: "sha-1", value: "00:11" }] }));
	assertThrows(RangeError, "malformed", wrong({ fingerprints: [{ algorithm: "sha-256", value: "00:11" }] }));
	assertThrows(TypeError, "value", wrong({ fingerprints: [{ algorithm: "sha-256" }] }));
	assertThrows(TypeError, "path", wrong({ path: srtp }));
	assertThrows(TypeError, "srtp", wrong({ srtp: path }));
	assertThrows(TypeError, "certificate", wrong({ certificate: {} }));
	assertThrows(TypeError, "onState", wrong({ onState: undefined }));
	assertThrows(TypeError, "onState", wrong({ onState: "x" }));
	assertThrows(TypeError, "path", () => new Srtp({} as never));
	const dtls = new Dtls(good);
	assert(dtls.state === "new" && dtls.reason === "" && dtls.message === "" && dtls.cipherSuite === "", "new");
	dtls.close();
	assertThrows(SyntaxError, "", () => dtls.state);
	assertThrows(SyntaxError, "", () => dtls.start());
	const late = new Dtls(good);
	for (const roundTrip of [-1, NaN, 600_001]) assertThrows(RangeError, "roundTrip", () => late.start(roundTrip));
	late.close();
	peer.close();
	assertThrows(SyntaxError, "", () => srtp.statistics());
	trace("options\n");
}

function certificatesAreChecked(): void {
	const { fingerprint } = certificate;
	assert(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(fingerprint), "fingerprint");
	const parts = certificate.export();
	assert(new Certificate(parts).fingerprint === fingerprint, "exported");
	const other = new Certificate();
	assert(other.fingerprint !== fingerprint, "unique");
	assertThrows(TypeError, "from", () => new Certificate({ ...parts, privateKey: other.export().privateKey }));
	assertThrows(TypeError, "from", () => new Certificate({ ...parts, certificate: new ArrayBuffer(10) }));
	assertThrows(TypeError, "", () => new Certificate({} as never));
	assertThrows(TypeError, "from", () => new Certificate(1 as never));
	other.close();
	other.close();
	assertThrows(SyntaxError, "", () => other.fingerprint);
	trace("certificates\n");
}

/** Two peers, and what they do once both have said something; `signaled` is the fingerprint that each expects. */
function meet(signaled: string, done: (near: Peer, far: Peer) => void): void {
	const near = new Peer();
	const far = new Peer();
	const settled = () => {
		const states = [near.dtls?.state, far.dtls?.state];
		if (states.every((state) => state && !["new", "connecting"].includes(state))) done(near, far);
	};
	near.listen("client", far, signaled, settled);
	far.listen("server", near, signaled, settled);
	near.dtls?.start();
	assert(near.dtls?.state === "connecting", "connecting");
	assertThrows(Error, "started", () => near.dtls?.start());
	far.dtls?.start();
}

function connects(): void {
	meet(certificate.fingerprint, (near, far) => {
		for (const { dtls, srtp } of [near, far]) {
			assert(dtls?.state === "connected" && dtls.reason === "", "connected");
			assert(dtls.cipherSuite === "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", dtls.cipherSuite);
			assert(srtp.statistics().profile === "SRTP_AES128_CM_HMAC_SHA1_80", "profile");
		}
		trace("connected\n");
		near.close();
		Timer.set(() => {
			assert(far.dtls?.state === "closed", "close_notify");
			far.close();
			trace("closed\n");
			mismatches();
		}, 50);
		throw new Error("as the test means it to"); // is reported, and ends there
	});
}

function mismatches(): void {
	const wrong = certificate.fingerprint.replace(/^../, certificate.fingerprint.startsWith("00") ? "01" : "00");
	meet(wrong, (near, far) => {
		const [client, server] = [near.dtls, far.dtls];
		assert(client?.reason === "dtls/fingerprint-mismatch" && client.message.includes("signaled"), "mismatch");
		assert(server?.reason === "dtls/handshake-failed" && server.message !== "", "alert");
		assert(near.srtp.statistics().profile === "" && far.srtp.statistics().profile === "", "no keys");
		trace("mismatch\n");
		near.close(); // in its own callback, or the other's
		far.close();
		Timer.set(timesOut, 0);
	});
}

function timesOut(): void {
	const near = new Peer();
	const far = new Peer();
	near.listen(
		"client",
		far,
		certificate.fingerprint,
		() => {
			assert(near.dtls?.state === "failed" && near.dtls.reason === "dtls/timeout", "timeout");
			near.close();
			far.close();
			trace("timeout\n");
			cycle(20);
		},
		100,
	);
	near.dtls?.start();
}

function cycle(left: number): void {
	if (!left) {
		trace("cycles\n");
		finish();
		return;
	}
	meet(certificate.fingerprint, (near, far) => {
		near.close();
		far.close();
		Timer.set(() => cycle(left - 1), 0);
	});
}

function finish(): void {
	// Left open, with a handshake under way: the machine's end closes them.
	const near = new Peer();
	const far = new Peer();
	near.listen("client", far, certificate.fingerprint, () => {});
	near.dtls?.start();
	Timer.clear(watchdog);
	trace("dtls: passed\n");
	globalThis.simulator?.exit(0);
}

export default function main(): void {
	certificate = new Certificate();
	cryptoIsRight();
	optionsAreChecked();
	certificatesAreChecked();
	connects();
	watchdog = Timer.set(() => {
		throw new Error("failed: no end after 10 s");
	}, 10000);
}
