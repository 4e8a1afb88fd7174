// SPDX-License-Identifier: Apache-2.0
// Names of this host's own in the local network (RFC 6762), and who floods it with questions for them.
import { addressBytes } from "webrtc/ice/address";
import MdnsResolver from "webrtc/ice/mdns";
import MdnsResponder, { maximumPublished, type MdnsTransmit } from "webrtc/ice/responder";
import { randomBytes } from "../crypto";
import { answer, question, record } from "./mdns";

const four = "192.0.2.7";
const six = "2001:db8::7";
const browser = { address: "192.0.2.99", port: 5353 };
const legacy = { address: "192.0.2.99", port: 40000 };
const group = { address: "224.0.0.251", port: 5353 };
const [aaaa, all] = [28, 255];

const sent = (responder: MdnsResponder) => {
	const out: MdnsTransmit[] = [];
	for (let one = responder.pollTransmit(); one; one = responder.pollTransmit()) out.push(one);
	return out;
};
const whereTo = (responder: MdnsResponder) => sent(responder).map(({ address, port }) => ({ address, port }));

function make() {
	const responder = new MdnsResponder(randomBytes);
	const name = responder.publish(four, 0)!;
	const name6 = responder.publish(six, 0)!;
	const ask = (asked: string[], form: Parameters<typeof question>[1] = {}, from = browser, now = 0) =>
		responder.handleMessage(question(asked, form), from, now);
	return { responder, name, name6, ask };
}

/** As our own resolver reads it. */
function resolved(name: string, data: Uint8Array): readonly string[] {
	const resolver = new MdnsResolver(randomBytes);
	resolver.ask(name, 0);
	resolver.handleMessage(data, 5353, 0);
	const event = resolver.pollEvent();
	return event?.type === "resolved" ? event.addresses : [];
}

test("each address has a random name, which all who use it share", () => {
	const { responder, name, name6 } = make();
	expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.local$/);
	expect(name6).not.toBe(name);
	expect(responder.publish(four, 0)).toBe(name);
	responder.withdraw(four);
	expect(responder.publish(four, 0)).toBe(name);
	expect(new MdnsResponder(randomBytes).publish(four, 0)).not.toBe(name);
	for (let i = 2; i < maximumPublished; i++) expect(responder.publish(`10.0.0.${i}`, 0)).toBeDefined();
	expect(responder.publish("10.0.1.1", 0)).toBeUndefined();
	expect(responder.publish("nowhere", 0)).toBeUndefined();
});

test("a question of all is answered to all, once a second", () => {
	const { responder, name, ask } = make();
	ask([name.toUpperCase()]);
	const [one, ...more] = sent(responder);
	expect([one!.address, one!.port, more]).toEqual([group.address, 5353, []]);
	expect(resolved(name, one!.data)).toEqual([four]);
	ask([name], {}, browser, 999);
	expect(whereTo(responder)).toEqual([]);
	ask([name], {}, browser, 1000);
	expect(whereTo(responder)).toEqual([group]);
});

test("the answer's bytes: authoritative, 120 s, all there is, and that there is no address of the other kind", () => {
	const { responder, name, ask } = make();
	ask([name]);
	const encoded = `24${Buffer.from(name.slice(0, 36)).toString("hex")}056c6f63616c00`;
	const [{ data }] = sent(responder) as [MdnsTransmit];
	expect(Buffer.from(data).toString("hex")).toBe(
		`000084000000000100000001${encoded}0001800100000078${"0004c0000207"}` +
			`c00c002f800100000078${"0005"}c00c000140`,
	);
});

test("of an address of IPv6 it is said that there is none of IPv4", () => {
	const { responder, name6, ask } = make();
	ask([name6], { type: aaaa! });
	const [{ data }] = sent(responder) as [MdnsTransmit];
	expect(Buffer.from(data).toString("hex").slice(-40)).toBe("c00c002f8001000000780008c00c000400000008");
});

test.each([
	["for an answer to its port", { unicast: true }, browser],
	["of who knows of DNS alone", {}, legacy],
])("a question %s is answered to it, as often as it is asked", (_, form, from) => {
	const { responder, name6, ask } = make();
	for (let i = 0; i < 3; i++) {
		ask([name6], { ...form, type: aaaa! }, from);
		const [one] = sent(responder);
		expect([one!.address, one!.port]).toEqual([from.address, from.port]);
		expect(resolved(name6, one!.data)).toEqual([six]);
		const isLegacy = from === legacy;
		// RFC 6762 section 6.7: its id, its question, 10 s, and no bit that it would not know.
		expect([one!.data[1], one!.data[5]]).toEqual(isLegacy ? [77, 1] : [0, 0]);
		expect(Buffer.from(one!.data).includes(Buffer.from([0, 28, 0x80, 1]))).toBe(!isLegacy);
		expect(Buffer.from(one!.data).includes(Buffer.from([0, 0, 0, 10]))).toBe(isLegacy);
	}
});

test.each<[string, string[] | undefined, { type?: number; kind?: number; known?: number }]>([
	["another name", ["other.local"], {}],
	["another type", undefined, { type: 33 }],
	["another class", undefined, { kind: 3 }],
	["what the asker knows", undefined, { known: 100 }],
	["what the asker knows for half of its life yet", undefined, { known: 60 }],
])("%s is not answered", (_, names, form) => {
	const { responder, name, ask } = make();
	const known = form.known ? [record(name, four, form.known)] : [];
	ask(names ?? [name], { ...form, known });
	expect(sent(responder)).toEqual([]);
	expect(responder.counters).toEqual({ malformed: 0, overflow: 0 });
});

test("what the asker knows of otherwise, or for a short while, is answered", () => {
	for (const known of [record("other.local", four, 100), record("", four, 100)]) {
		const { responder, name, ask } = make();
		ask([name], { type: all!, known: [known.name ? known : record(name, four, 59)] });
		ask([name], { unicast: true, known: [record(name, "192.0.2.8", 100)] });
		expect(whereTo(responder)).toEqual([group, browser]);
	}
});

test("it is told of twice unasked, a second later and two; and that it is gone, once the last has no use for it", () => {
	const { responder, name, name6 } = make();
	responder.publish(four, 0);
	const told: number[] = [];
	for (let now = 0; now <= 5000; now += 100) {
		responder.handleTimeout(now);
		for (const { data } of sent(responder)) {
			told.push(now);
			expect([resolved(name, data), resolved(name6, data)]).toEqual([[four], [six]]);
		}
	}
	expect(told).toEqual([1000, 2000]);
	expect(responder.deadline).toBe(Infinity);
	responder.withdraw(four);
	expect(sent(responder)).toEqual([]);
	responder.withdraw(four);
	const [goodbye] = sent(responder);
	expect(resolved(name, goodbye!.data)).toEqual([]);
	expect(Buffer.from(goodbye!.data).includes(Buffer.from([0x80, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 7]))).toBe(true);
	responder.close();
	expect(whereTo(responder)).toEqual([group]);
	expect(responder.isBusy).toBe(false);
	responder.handleMessage(question([name6]), browser, 9000);
	expect(sent(responder)).toEqual([]);
});

test("of a name that nobody has heard of nobody is told that it is gone", () => {
	const { responder } = make();
	responder.withdraw(four);
	responder.close();
	expect(sent(responder)).toEqual([]);
});

test("a flood of questions: 20 answers a second, whoever asks, and nothing is kept", () => {
	const { responder, name, ask } = make();
	let count = 0;
	for (let i = 0; i < 6000; i++) {
		ask([name, name, "other.local"], { unicast: i % 2 === 0 }, { address: `10.0.${i % 250}.1`, port: 5353 }, i / 2);
		count += sent(responder).length;
	}
	expect(count).toBeLessThanOrEqual(20 + 3 * 20);
	expect(count).toBeGreaterThan(60);
	for (let i = 0; i < 100; i++) ask([name], { unicast: true }, browser, 60_000); // nobody sends what waits
	expect(sent(responder).length).toBeLessThanOrEqual(8);
});

test("time without questions gives no more than 20 answers", () => {
	const { responder, name, ask } = make();
	let count = 0;
	for (let i = 0; i < 40; i++) {
		ask([name], { unicast: true }, browser, 600_000);
		count += sent(responder).length;
	}
	expect(count).toBe(20);
});

test("a record that is like what is asked for, but of another type or longer, is not what the asker wants", () => {
	const asked = (name: string) => question([name], { unicast: true, known: [record(name, four, 100)] });
	const { responder, name } = make();
	const ofText = asked(name);
	ofText[ofText.length - 13] = 16; // TXT, of the same four bytes
	const longer = Uint8Array.from([...asked(name), 0]);
	longer[longer.length - 6] = 5;
	for (const message of [ofText, longer]) {
		responder.handleMessage(message, browser, 0);
		expect(whereTo(responder)).toEqual([browser]);
	}
	responder.handleMessage(asked(name), browser, 0);
	expect(whereTo(responder)).toEqual([]);
});

test("a message of several questions: one of all is answered to all; who knows of DNS alone sees the first repeated", () => {
	const { responder, name, name6 } = make();
	const several = question([name, name6]);
	several[several.length - 2] = 0x80; // the second is for one
	several[several.length - 3] = aaaa!;
	responder.handleMessage(several, browser, 0);
	expect(whereTo(responder)).toEqual([group]);
	responder.handleMessage(several, legacy, 0);
	const [{ data }] = sent(responder) as [MdnsTransmit];
	const type = 12 + name.length + 2;
	expect([data[5], data[type], data[type + 1]]).toEqual([1, 0, 1]);
});

test("eight names are told of in a message, asked for or not", () => {
	const { responder, name, name6 } = make();
	const names = [name, name6];
	for (let i = 2; i < 10; i++) names.push(responder.publish(`10.0.0.${i}`, 0)!);
	responder.handleMessage(question(names, { type: all! }), browser, 0);
	expect(sent(responder).map(({ data }) => data[7])).toEqual([8]);
	responder.handleTimeout(1000);
	responder.handleTimeout(1000);
	expect(sent(responder).map(({ data }) => data[7])).toEqual([8, 2]);
});

test("what all were told of unasked is not told to all again for a second", () => {
	const { responder, name, ask } = make();
	responder.handleTimeout(1000);
	expect(whereTo(responder)).toEqual([group]);
	ask([name], {}, browser, 1999);
	expect(whereTo(responder)).toEqual([]);
	ask([name], {}, browser, 2000);
	expect(whereTo(responder)).toEqual([group]);
});

test("questions that are cut, point in circles, or count wrongly harm nothing", () => {
	const { responder, name } = make();
	const whole = question([name, name], { known: [record(name, six, 100)] });
	for (let size = 0; size < whole.length; size++) responder.handleMessage(whole.slice(0, size), browser, 0);
	expect(responder.counters.malformed).toBe(whole.length);
	const circle = question(["a.local"]);
	circle.set([0xc0, 12], 12);
	responder.handleMessage(circle, browser, 0);
	responder.handleMessage(question(Array<string>(17).fill(name)), browser, 0);
	expect(responder.counters.malformed).toBe(whole.length + 1); // a circle is the name of nobody
	for (const at of [4, 6]) {
		const many = question([name]);
		many[at] = 0xff;
		responder.handleMessage(many, browser, 0);
	}
	responder.handleMessage(answer([record(name, "203.0.113.66", 120)]), browser, 0); // says that it is his
	expect(sent(responder)).toEqual([]);
	expect(addressBytes(four)).toBeDefined();
});
