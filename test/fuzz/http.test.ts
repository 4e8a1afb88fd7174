// SPDX-License-Identifier: Apache-2.0
// HTTP requests, genuine and mutated, in one piece and in many: read the same either way, within bounds, or refused.
import { RequestError } from "webrtc/http/head";
import RequestReader from "webrtc/http/reader";
import { Random } from "../unit/clock";

const runs = 4000;
const limits = { head: 1024, fields: 16, body: 512 };

const seeds = [
	"GET /a?b HTTP/1.1\r\nhost: 192.0.2.1:80\r\naccept: */*\r\n\r\n",
	'POST /whep HTTP/1.1\r\nHost: [2001:db8::1]\r\nContent-Length: 5\r\nIf-Match: "a"\r\n\r\nv=0\r\n',
	"PATCH http://a.example:8080/whep/1 HTTP/1.0\r\nhost: b\r\ncontent-length: 3\r\n\r\nabc",
	"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00a\r\n0123456789\r\n0\r\nt: u\r\n\r\n",
	"\r\nOPTIONS * HTTP/1.1\nhost: a\nexpect: 100-continue\nconnection: close\n\n",
].map((text) => new TextEncoder().encode(text));
const fragments = [
	"\r\n",
	"\n",
	"\0",
	":",
	" ",
	"\t",
	"content-length: 7\r\n",
	"content-length: 700\r\n",
	"transfer-encoding: chunked\r\n",
	"host: b\r\n",
	"-1",
	"fffffffff",
	"HTTP/1.1",
	"ÿ",
	"0\r\n\r\n",
].map((text) => new TextEncoder().encode(text));

/** As expect(), which would take most of the time. */
function insist(condition: boolean, what: string): void {
	if (!condition) throw new Error(what);
}

/** Requests of a whole connection, as far as they go, and what ended it. */
function read(bytes: Uint8Array, pieces: () => number): string {
	const reader = new RequestReader(limits);
	const told: string[] = [];
	try {
		for (let at = 0; at < bytes.length;) {
			const end = Math.min(bytes.length, at + pieces());
			while (at < end) {
				const used = reader.feed(bytes.slice(at, end));
				insist(used > 0, "it goes on");
				at += used;
				insist(reader.held <= limits.head, "a head is bounded");
				if (reader.hasNewHead) takeHead(reader, told);
				if (!reader.isComplete) continue;
				const body = reader.takeBody();
				insist(body.length <= limits.body, "a body is bounded");
				told.push(body);
				reader.next();
			}
		}
	} catch (error) {
		if (!(error instanceof RequestError)) throw error;
		insist([400, 413, 417, 431, 501, 505].includes(error.status), String(error.status));
		told.push(`${error.status} ${error.message}`);
	}
	return JSON.stringify(told);
}

function takeHead(reader: RequestReader, told: string[]): void {
	const { headers, length, ...rest } = reader.head!;
	insist(headers.size <= limits.fields, "fields are bounded");
	insist(!headers.has("content-length") || !headers.has("transfer-encoding"), "one length");
	for (const text of [rest.path, rest.query, rest.host, ...headers.keys(), ...headers.values()])
		insist(!/[\0-\x08\x0a-\x1f\x7f]/.test(text), "no control characters");
	if (length !== undefined && length > limits.body) throw new RequestError(413, "too long");
	told.push(JSON.stringify({ ...rest, length, headers: [...headers] }));
	reader.expectBody();
}

function mutated(random: Random): Uint8Array {
	const parts: Uint8Array[] = [];
	for (let i = 0; i <= random.integer(2); i++) {
		const seed = seeds[random.integer(seeds.length)]!.slice();
		for (let flips = random.integer(3); flips > 0; flips--) seed[random.integer(seed.length)] = random.integer(256);
		const at = random.integer(seed.length + 1);
		parts.push(seed.subarray(0, at));
		if (random.chance(0.6)) parts.push(fragments[random.integer(fragments.length)]!);
		parts.push(seed.subarray(random.chance(0.8) ? at : Math.min(seed.length, at + 3)));
	}
	return new Uint8Array(Buffer.concat(parts));
}

test("requests are read the same in whatever pieces they come", () => {
	const random = new Random(8);
	const outcomes = new Map<string, number>();
	for (let run = 0; run < runs; run++) {
		const bytes = mutated(random);
		const whole = read(bytes, () => bytes.length);
		expect(read(bytes, () => 1)).toBe(whole);
		expect(read(bytes, () => 1 + random.integer(20))).toBe(whole);
		const outcome = /"(4\d\d|5\d\d) [^"]*"\]$/.exec(whole)?.[1] ?? "read";
		outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
	}
	expect(outcomes.get("read")).toBeGreaterThan(runs / 100);
	expect([...outcomes.keys()]).toEqual(expect.arrayContaining(["400", "413", "501"]));
});

test("noise is refused at its first byte, or with its first line", () => {
	const random = new Random(9);
	for (let i = 0; i < 1000; i++) {
		const noise = Uint8Array.from({ length: 1 + random.integer(2000) }, () => random.integer(256));
		const result = read(noise, () => 1024);
		if (noise.length > limits.head || noise.includes(10)) expect(result).toMatch(/"4\d\d /);
	}
});
