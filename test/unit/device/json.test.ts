// SPDX-License-Identifier: Apache-2.0
import { parseObject } from "webrtc/device/json";

const parse = (text: string) => parseObject(new Uint8Array(Buffer.from(text)), ["a", "b", "c"]);
const many = (count: number, value: string) => `{"a":[${Array<string>(count).fill(value).join(",")}]}`;

test.each(["[]", "{}", '""', '"text"', '"a\\"b\\\\"', "0", "-1.5e9", "true", "null"])(
	"of %s there may be as many as fit with the rest, and no more",
	(value) => {
		expect((parse(many(253, value)).a as unknown[]).length).toBe(253); // with the object, the name and the array: 256
		expect(() => parse(many(254, value))).toThrow("too many values");
	},
);

test("names count as well", () => {
	const object = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(",")}}`;
	expect(() => parse(object(127))).not.toThrow();
	expect(() => parse(object(128))).toThrow("too many values");
});

test("what is in a string does not count, nor does space", () => {
	const text = '[{"x":1,},'.repeat(500);
	expect(parse(JSON.stringify({ a: text, b: [{ c: text }] }, null, 8))).toEqual({ a: text, b: [{ c: text }] });
});

test("levels are bounded, and strings must end", () => {
	expect(() => parse('{"a":[[[[[]]]]]}')).not.toThrow();
	expect(() => parse('{"a":[[[[[[]]]]]]}')).toThrow("nested too deeply");
	expect(() => parse('{"a":"b\\"}')).toThrow("unterminated string");
});

test("only an object will do", () => {
	for (const text of ["[]", "null", "1", '"a"', "", "{", "{]"]) expect(() => parse(text)).toThrow(SyntaxError);
});
