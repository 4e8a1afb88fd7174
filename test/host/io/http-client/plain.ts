// SPDX-License-Identifier: Apache-2.0
import type HTTPClient from "embedded:network/http/client";
import { assert, assertEqual, Deferred, delay, text, thrown } from "test/cases";
import { ask, connect, port } from "client";

async function keepAlive(): Promise<void> {
	const client = connect("http");
	const answers = await Promise.all(["/a", "/b", "/c"].map((path) => ask(client, { path })));
	assertEqual(answers.map(({ body }) => body).join(), "/a,/b,/c", "bodies in order");
	assertEqual(answers[0]!.status, 200, "status");
	assertEqual(answers[0]!.statusText, "OK", "status text");
	assertEqual(answers[0]!.headers.get("content-type"), "text/plain", "header");
	const later = await ask(client, { path: "/later" });
	const connections = new Set([...answers, later].map(({ headers }) => headers.get("x-connection")));
	assertEqual(connections.size, 1, "connections used");
	client.close();
	client.close();
	thrown(() => client.request({}));
}

async function bodies(): Promise<void> {
	const client = connect("http");
	const body = ArrayBuffer.fromString("0123456789".repeat(2000));
	const sized = new Map([["content-length", body.byteLength]]);
	const echoed = await ask(client, { method: "POST", path: "/echo", headers: sized, body });
	assertEqual(echoed.size, body.byteLength, "size of the echo");
	assert(echoed.body.startsWith("POST:5678"), "method and body");
	const chunked = new Map([["transfer-encoding", "chunked"]]);
	const second = await ask(client, { method: "PUT", path: "/echo", headers: chunked, body });
	assertEqual(second.size, body.byteLength, "size of the chunked echo");
	assertEqual(second.headers.get("x-framing"), "chunked", "the request's framing");
	assertEqual(second.headers.get("x-connection"), echoed.headers.get("x-connection"), "same connection");
	client.close();
}

async function responses(): Promise<void> {
	const client = connect("http");
	const chunked = await ask(client, { path: "/chunked" });
	assertEqual(chunked.body, "one two three", "chunked body");
	const failure = await ask(client, { path: "/500" });
	assertEqual(
		`${failure.status} ${failure.body} ${failure.error}`,
		"500 sorry null",
		"an error status is a response",
	);
	assertEqual((await ask(client, { method: "HEAD", path: "/head" })).size, 0, "HEAD");
	assertEqual((await ask(client, { path: "/204" })).status, 204, "204");
	assertEqual((await ask(client, { path: "/304" })).status, 304, "304");
	const interim = await ask(client, { path: "/interim" });
	assertEqual(`${interim.status} ${interim.body}`, "200 done", "after 103 Early Hints");
	const masked = await ask(client, { path: "/a", headersMask: ["x-connection"] });
	assertEqual([...masked.headers.keys()].join(), "x-connection", "masked headers");
	assertEqual(masked.body, "/a", "the mask does not touch framing");
	const large = await ask(client, { path: "/large" });
	assertEqual(large.size, 1 << 20, "1 MB");
	client.close();
}

/** Reads later, in small pieces, into a buffer of its own. */
async function lazyReader(): Promise<void> {
	const client = connect("http");
	const done = new Deferred<Error | null>();
	const readable = new Deferred<number>();
	const request = client.request({
		path: "/chunked",
		onReadable: (count) => readable.resolve(count),
		onDone: (error) => done.resolve(error),
	});
	await readable.promise;
	let body = "";
	const buffer = new ArrayBuffer(3);
	while (body.length < 13) {
		const count = request.read(buffer);
		if (count) body += text(buffer.slice(0, count));
		await delay(1);
	}
	assertEqual(body, "one two three", "body");
	assertEqual(await done.promise, null, "done");
	thrown(() => request.read());
	client.close();
}

async function untilClose(): Promise<void> {
	let lost: unknown;
	const client = connect("raw", (error) => (lost = error));
	const answer = await ask(client, { path: "/until-close" });
	assertEqual(`${answer.status} ${answer.body} ${answer.error}`, "200 to the end null", "body to the end");
	await delay(20);
	assert(lost instanceof Error, "the client ends with its connection");
	thrown(() => client.request({}));
}

/** It takes longer than that where, for each line, all that has come is searched. */
async function crumbs(): Promise<void> {
	const client = connect("raw");
	const begin = Date.now();
	assertEqual((await ask(client, { path: "/crumbs" })).size, 24_000, "a body of 24,000 chunks");
	assert(Date.now() - begin < 8000, `within a while: ${Date.now() - begin} ms`);
	client.close();
}

async function broken(path: string, reason: RegExp): Promise<void> {
	const lost = new Deferred<unknown>();
	const client = connect("raw", (error) => lost.resolve(error));
	const [first, second] = await Promise.all([ask(client, { path }), ask(client, { path: "/never" })]);
	assert(first.error instanceof Error && reason.test(first.error.message), `${path}: ${first.error}`);
	assert(second.error instanceof Error, "queued requests fail too");
	assert((await lost.promise) instanceof Error, "onError");
}

async function earlyAnswer(): Promise<void> {
	const client = connect("raw");
	const headers = new Map([["content-length", 100_000_000]]);
	const answer = await ask(client, { method: "POST", path: "/early", headers, body: new ArrayBuffer(50_000) });
	assertEqual(`${answer.status} ${answer.body}`, "413 no", "an answer before the body's end");
	client.close();
}

function unreachable(options: object): Promise<string> {
	const { http } = device.network!;
	return new Promise((resolve) => {
		const errors: string[] = [];
		const client: HTTPClient = new http!.io({
			...http!,
			host: "localhost",
			...options,
			onError: (error?: unknown) => resolve([...errors, String(error)].join("; ")),
		});
		client.request({ onDone: (error) => errors.push(`done ${error}`) });
	});
}

async function notThere(): Promise<void> {
	const refused = await unreachable({ port: port("closed") });
	assert(/^done Error: .*refused.*; Error: .*refused/i.test(refused), `refused: ${refused}`);
	const unknown = await unreachable({ host: "no.such.host.invalid" });
	assert(/done Error: no\.such\.host\.invalid: .+; Error/.test(unknown), `unknown: ${unknown}`);
}

function badRequests(): void {
	const client = connect("http");
	thrown(() => client.request({ method: "GE T" }));
	thrown(() => client.request({ path: "/a b" }));
	thrown(() => client.request({ headers: new Map([["a", "b\r\nc: d"]]) }));
	thrown(() => client.request({ headers: new Map([["a b", "c"]]) }));
	client.close();
}

async function closeWhileWaiting(): Promise<void> {
	const client = connect("http");
	client.request({ path: "/slow", onDone: () => assert(false, "told after close") });
	await delay(20);
	client.close();
	connect("http").close(); // before the name is resolved
	await delay(50);
}

export default {
	"HTTP: requests share a connection": keepAlive,
	"HTTP: bodies of requests": bodies,
	"HTTP: kinds of responses": responses,
	"HTTP: a reader that takes its time": lazyReader,
	"HTTP: a body to the connection's end": untilClose,
	"HTTP: reset within a body": () => broken("/reset", /reset/i),
	"HTTP: closed within a body": () => broken("/short", /closed/),
	"HTTP: closed without a response": () => broken("/nothing", /closed/),
	"HTTP: not HTTP": () => broken("/garbage", /status line/),
	"HTTP: a bad chunk": () => broken("/bad-chunk", /chunk/),
	"HTTP: a body in crumbs": crumbs,
	"HTTP: endless header": () => broken("/endless", /too large/),
	"HTTP: an early answer": earlyAnswer,
	"HTTP: nobody there": notThere,
	"HTTP: bad requests": badRequests,
	"HTTP: close while waiting": closeWhileWaiting,
};
