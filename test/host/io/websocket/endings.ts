// SPDX-License-Identifier: Apache-2.0
import WebSocketClient from "embedded:network/websocket/client";
import { Session, setting } from "client";
import { assert, assertEqual, delay } from "test/cases";

async function serverCloses(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.send("close please");
	assertEqual(await session.ended.promise, "closed", "end");
	assertEqual(session.controls.join(), "8:4001 as you wish", "code and reason");
	assertEqual(await closeSeen(), "4001", "our answer");
}

async function weClose(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.client.write(Uint8Array.of(1000 >> 8, 1000 & 0xff), { opcode: WebSocketClient.close });
	assertEqual(await session.ended.promise, "closed", "end");
	assertEqual(session.controls.join(), "8:1000 ", "the server's answer");
	assertEqual(await closeSeen(), "1000", "our code");
}

/** The code of the last close that the server saw. */
async function closeSeen(): Promise<string> {
	await delay(20);
	const session = new Session("/last-close");
	const code = await session.textMessage();
	session.client.close();
	return code;
}

async function ends(path: string, pattern: RegExp, options?: object): Promise<void> {
	const session = new Session(path, options);
	const end = await session.ended.promise;
	assert(pattern.test(end), `${path}: ${end}`);
}

async function cut(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	session.send("cut please");
	assert(/^error/.test(await session.ended.promise), "end");
}

async function silence(): Promise<void> {
	const session = new Session("/echo");
	await session.opened.promise;
	let ended = false;
	void session.ended.promise.then(() => (ended = true));
	session.client.close();
	await delay(30);
	assert(!ended, "close calls nobody back");
	new Session("/echo").client.close();
}

const plain = {
	"WebSocket: refused with 403": () => ends("/403", /^error not accepted: HTTP\/1\.1 403 Forbidden/),
	"WebSocket: an ordinary answer": () => ends("/ok", /^error not accepted: HTTP\/1\.1 200/),
	"WebSocket: the wrong key": () => ends("/wrong-key", /^error not a WebSocket server/),
	"WebSocket: a masked frame": () => ends("/masked", /^error masked frame/),
	"WebSocket: reserved bits": () => ends("/reserved", /^error reserved bits/),
	"WebSocket: an unknown opcode": () => ends("/opcode", /^error unknown opcode/),
	"WebSocket: a stray continuation": () => ends("/continuation", /^error bad fragment/),
	"WebSocket: a long ping": () => ends("/long-ping", /^error bad control frame/),
	"WebSocket: an impossible length": () => ends("/huge", /^error frame too large/),
	"WebSocket: nobody there": () => ends("/", /^error .*refused/i, { port: Number(setting("closed")) }),
	"WebSocket: an unknown host": () => ends("/", /^error no\.such/, { host: "no.such.host.invalid" }),
};
const secure = {
	"WebSocket: an unknown authority": () =>
		ends("/echo", /^error TLS: .*not trusted/, { socket: device.network!.wss!.socket }),
};

export default {
	"WebSocket: the server closes": serverCloses,
	"WebSocket: we close": weClose,
	"WebSocket: the connection is cut": cut,
	"WebSocket: closed in silence": silence,
	...(setting("secure") === "1" ? secure : plain),
};
