// SPDX-License-Identifier: Apache-2.0
// Bodies are bounded before they are taken in; an ECMA-419 server is played by the test.
import HTTPService, { type HTTPRequest, type HTTPResponse, type HTTPServiceOptions } from "webrtc/http";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";

type Callbacks = Record<string, (...values: unknown[]) => void>;

/** One request, as the server's connection shows it. */
class Connection {
	callbacks!: Callbacks;
	closed = false;
	response: { status: number; headers: Map<string, string | number> } | undefined;
	text = "";
	#pending: Uint8Array = new Uint8Array(0);

	accept(callbacks: Callbacks): void {
		this.callbacks = callbacks;
	}
	read(count: number): ArrayBuffer {
		const bytes = this.#pending.slice(0, count);
		this.#pending = this.#pending.slice(count);
		return bytes.buffer;
	}
	respond(response: NonNullable<Connection["response"]>): void {
		this.response = response;
		this.callbacks.onWritable!(65_536);
		this.callbacks.onDone!();
	}
	write(data: Uint8Array): void {
		this.text += new TextDecoder().decode(data);
	}
	close(): void {
		this.closed = true;
	}

	head(headers: Record<string, string> = {}, path = "/echo?a=b"): this {
		const fields = new Map(Object.entries(headers));
		this.callbacks.onRequest!({ method: "POST", path, headers: fields });
		return this;
	}
	body(text: string | Uint8Array): this {
		this.#pending = typeof text === "string" ? new TextEncoder().encode(text) : text;
		this.callbacks.onReadable!(this.#pending.length);
		return this;
	}
	end(): this {
		this.callbacks.onResponse!({ status: 200, headers: new Map() });
		return this;
	}
}

class Server {
	static options: { onConnect(connection: Connection): void };
	readonly port = 80;
	constructor(options: (typeof Server)["options"]) {
		Server.options = options;
	}
	close(): void {}
}

let service: HTTPService;
let requests: HTTPRequest[];
let answers: ((response: HTTPResponse) => void)[];

function serve(options: Partial<HTTPServiceOptions> = {}): void {
	service = new HTTPService({
		io: Server as never,
		listener: undefined as never,
		port: 80,
		onRequest(request, respond) {
			requests.push(request);
			answers.push(respond);
		},
		...options,
	});
}

function connect(): Connection {
	const connection = new Connection();
	Server.options.onConnect(connection);
	return connection;
}

beforeEach(() => {
	resetClock();
	requests = [];
	answers = [];
	serve();
});

afterEach(() => {
	service.close();
	expect(pendingTimers()).toBe(0);
});

test("a body arrives whole, its answer goes out", () => {
	const connection = connect().head({ "content-length": "7" }).body("äb").body("cdé").end();
	expect(requests).toEqual([
		{ method: "POST", path: "/echo", query: "a=b", headers: expect.any(Map), body: "äbcdé".slice(0, 5) },
	]);
	answers[0]!({ status: 201, body: "done" });
	answers[0]!({ status: 500 });
	expect(connection.response).toMatchObject({ status: 201 });
	expect(connection.response!.headers.get("content-length")).toBe(4);
	expect(connection.text).toBe("done");
});

test.each([
	["announced as too long", { "content-length": "12289" }, "x", 413],
	["longer than announced", { "content-length": "3" }, "xxxx", 413],
	["with a length that is none", { "content-length": "many" }, "x", 413],
	["with a negative length", { "content-length": "-1" }, "", 413],
	["unannounced", {}, "x", 413],
	["of unknown length, too long", { "transfer-encoding": "chunked" }, "x".repeat(12_289), 413],
])("a body %s is refused", (_, headers, text, status) => {
	const connection = connect()
		.head(headers as Record<string, string>)
		.body(text)
		.end();
	expect(connection.response).toMatchObject({ status });
	expect(requests).toEqual([]);
});

test("a body of unknown length is taken as far as there is room", () => {
	connect().head({ "transfer-encoding": "chunked" }).body("ab").body("c").end();
	expect(requests[0]!.body).toBe("abc");
});

test("what is not UTF-8 is refused", () => {
	const connection = connect()
		.head({ "content-length": "1" })
		.body(new Uint8Array([0xff]))
		.end();
	expect(connection.response).toMatchObject({ status: 400 });
});

test("all bodies together have a bound, which they give back", async () => {
	connect().head({ "content-length": "-100000" }); // makes no room for others
	const slow = [connect(), connect()].map((connection) => connection.head({ "content-length": "12288" }).body("x"));
	const third = connect().head({ "content-length": "1" }).body("x").end();
	expect(third.response).toMatchObject({ status: 503 });
	expect(third.response!.headers.get("retry-after")).toBe("1");
	expect(connect().head().end().response).toBeUndefined(); // without a body it is served
	expect(requests).toHaveLength(1);
	await advance(15_000);
	expect(slow.every(({ closed }) => closed)).toBe(true);
	connect().head({ "content-length": "12288" }).body("x".repeat(12_288)).end();
	expect(requests).toHaveLength(2);
	expect(requests[1]!.body).toHaveLength(12_288);
});

test("more connections than are served are closed", () => {
	const connections = Array.from({ length: 13 }, () => connect());
	expect(connections.map(({ closed }) => closed).indexOf(true)).toBe(12);
});
