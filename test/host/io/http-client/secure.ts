// SPDX-License-Identifier: Apache-2.0
import type HTTPClient from "embedded:network/http/client";
import type { SecureOptions } from "embedded:io/socket/tcp/tls";
import NativeTLSSocket from "webrtc/native/tls/socket";
import { assert, assertEqual, thrown } from "test/cases";
import { ask, port, setting, type Answer } from "client";

/** The class of this row: the platform's, then this project's. */
let io = device.network!.https!.socket.io;

function connect(portName: string, secure: SecureOptions, host = "localhost"): HTTPClient {
	const { https } = device.network!;
	const socket = { ...https!.socket, io, secure: { ...(https!.socket.secure as object), ...secure } };
	return new https!.io({ ...https!, host, port: port(portName), socket });
}

async function get(portName: string, secure: SecureOptions, host?: string): Promise<Answer> {
	const client = connect(portName, secure, host);
	const answer = await ask(client, { path: "/who" });
	client.close();
	return answer;
}

/** DER, as a device has it in its resources. */
function der(pem: string): ArrayBuffer {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const symbols = pem.replace(/-----.*-----|\s|=/g, "");
	const bytes = new Uint8Array(Math.floor((symbols.length * 6) / 8));
	let bits = 0;
	let value = 0;
	let at = 0;
	for (const symbol of symbols) {
		value = ((value << 6) | alphabet.indexOf(symbol)) & 0xfff;
		bits += 6;
		if (bits >= 8) bytes[at++] = (value >> (bits -= 8)) & 0xff;
	}
	return bytes.buffer;
}

async function trusted(): Promise<void> {
	const ca = setting("ca");
	for (const certificate of [ca, ArrayBuffer.fromString(ca), der(ca), new Uint8Array(der(ca)), [ca]]) {
		const answer = await get("https", { certificate });
		assertEqual(`${answer.error} ${answer.status} ${answer.body}`, "null 200 nobody", "with the authority");
	}
	assertEqual((await get("https", { verify: false })).status, 200, "without verification");
}

async function refused(reason: RegExp, portName: string, secure: SecureOptions, host?: string): Promise<void> {
	const { error } = await get(portName, secure, host);
	assert(error instanceof Error && reason.test(error.message), `reason: ${error}`);
}

async function serverName(): Promise<void> {
	const certificate = setting("ca");
	await refused(/another name/, "https", { certificate }, "127.0.0.1");
	await refused(/another name/, "https", { certificate, serverName: "example.com" });
	assertEqual((await get("https", { certificate, serverName: "localhost" }, "127.0.0.1")).status, 200, "serverName");
}

async function mutual(): Promise<void> {
	const certificate = setting("ca");
	const withClient = {
		certificate,
		clientCertificates: [der(setting("clientCertificate"))],
		clientKey: der(setting("clientKey")),
	};
	assertEqual((await get("mutual", withClient)).body, "client", "the client's name, DER");
	const pem = { certificate, clientCertificates: [setting("clientCertificate")], clientKey: setting("clientKey") };
	assertEqual((await get("mutual", pem)).body, "client", "the client's name, PEM");
	await refused(/./, "mutual", { certificate });
}

async function keepAlive(): Promise<void> {
	const client = connect("https", { certificate: setting("ca") });
	const answers = [await ask(client, { path: "/large" }), await ask(client, { path: "/who" })];
	assertEqual(answers[0]!.size, 1 << 20, "1 MB");
	assertEqual(answers[1]!.headers.get("x-connection"), answers[0]!.headers.get("x-connection"), "one connection");
	const body = ArrayBuffer.fromString("0123456789".repeat(2000));
	const headers = new Map([["content-length", body.byteLength]]);
	assertEqual((await ask(client, { method: "POST", path: "/echo", headers, body })).size, body.byteLength, "echo");
	client.close();
}

function badOptions(): void {
	const { https } = device.network!;
	const TLSSocket = io;
	const base = { address: "127.0.0.1", port: 1, host: "localhost", TCP: https!.socket.TCP };
	thrown(() => new TLSSocket({ ...base, secure: { certificate: "nonsense" } }));
	thrown(() => new TLSSocket({ ...base, secure: { certificate: new ArrayBuffer(10) } }));
	thrown(() => new TLSSocket({ ...base, secure: { clientCertificates: ["x"], clientKey: "y" } }));
	thrown(() => new TLSSocket({ ...base, address: "localhost" }));
}

const cases: Record<string, () => Promise<void> | void> = {
	"a trusted authority": trusted,
	"an unknown authority": () => refused(/not trusted|nobody whom/, "https", {}),
	"the wrong authority": async () => refused(/not trusted|nobody whom/, "stranger", { certificate: setting("ca") }),
	"the server's name": serverName,
	"not TLS": () => refused(/TLS/, "http", {}),
	mutual,
	"a connection kept alive": keepAlive,
	"bad options": badOptions,
};

function over(kind: string, socketClass: typeof io): typeof cases {
	const named = Object.entries(cases).map(([name, run]) => {
		const withClass = () => {
			io = socketClass;
			return run();
		};
		return [`HTTPS, ${kind}: ${name}`, withClass];
	});
	return Object.fromEntries(named);
}

export default { ...over("the platform's TLS", io), ...over("Mbed TLS", NativeTLSSocket) };
