// SPDX-License-Identifier: Apache-2.0
// Runs twice on the same storage: "first" writes, "second" finds it.
import Base64 from "base64";
import storage from "embedded:storage/key-value";
import config from "mc/config";
import Preference from "preference";
import { assert, assertEqual, pattern, runCases, text, thrown } from "test/cases";

const keys = (): string => [...storage.open({ path: "domain", mode: "r" })].sort().join();

function formats(): void {
	const store = storage.open({ path: "formats" });
	const values = [
		["uint8", 257, 1],
		["int8", 255, -1],
		["uint16", -1, 65535],
		["int16", 65535, -1],
		["uint32", -1, 4294967295],
		["int32", 4294967295, -1],
		["uint64", 2n ** 64n - 1n, 2n ** 64n - 1n],
		["int64", -5n, -5n],
		["string", "Môddable ✓\n", "Môddable ✓\n"],
		["string", "", ""],
	] as const;
	for (const [format, value, expected] of values) {
		store.format = format;
		store.write("value", value);
		assertEqual(store.read("value"), expected, format);
		assertEqual(store.read("other"), undefined, "a missing key");
	}
	thrown(() => (store.format = "uint24" as never));
	assertEqual(store.format, "string", "format stays");
	store.delete("value");
	store.delete("value");
	store.close();
	store.close();
	thrown(() => store.read("value"));
}

function write(): void {
	const store = storage.open({ path: "domain" });
	store.write("bytes", pattern(3000));
	store.write("replaced", ArrayBuffer.fromString("old"));
	store.write("replaced", ArrayBuffer.fromString("new"));
	store.write("../é.%/", new Uint8Array(0));
	store.write("gone", new ArrayBuffer(1));
	store.delete("gone");
	assertEqual(keys(), "../é.%/,bytes,replaced", "keys");
}

function find(): void {
	const store = storage.open({ path: "domain", mode: "r" });
	const bytes = new Uint8Array(store.read("bytes") as ArrayBuffer);
	const expected = pattern(3000);
	assert(bytes.length === 3000 && bytes.every((byte, i) => byte === expected[i]), "bytes");
	assertEqual(text(store.read("replaced") as ArrayBuffer), "new", "the last value");
	assertEqual((store.read("../é.%/") as ArrayBuffer).byteLength, 0, "an empty value under a strange key");
	assertEqual(store.read("gone"), undefined, "deleted");
	const buffer = new Uint8Array(10);
	assertEqual(store.read("replaced", buffer), 3, "read into a buffer");
	thrown(() => store.read("bytes", buffer));
	thrown(() => store.write("bytes", new ArrayBuffer(1)));
	thrown(() => store.delete("bytes"));
	assertEqual(keys(), "../é.%/,bytes,replaced", "keys");
}

function refusals(): void {
	thrown(() => storage.open(undefined as never));
	thrown(() => storage.open({} as never));
	thrown(() => storage.open({ path: "x", mode: "w" as never }));
	thrown(() => storage.open({ path: "x", format: "y" as never }));
	thrown(() => storage.open({ path: "not there", mode: "r" }));
	thrown(() => storage.open({ path: "longer than fifteen" }));
	const store = storage.open({ path: "refusals" });
	thrown(() => store.write("sixteen letters!", new ArrayBuffer(1)));
	thrown(() => store.write("", new ArrayBuffer(1)));
	thrown(() => store.write("text", "not a buffer"));
	thrown(() => store.write("large", new ArrayBuffer(65537)));
	thrown(() => store.read(undefined as never));
	thrown(() => store.read(Symbol() as never));
}

const preferences = { number: -12, text: "ZYXé¡", yes: true, no: false } as const;

function setPreferences(): void {
	for (const [name, value] of Object.entries(preferences)) Preference.set("settings", name, value);
	Preference.set("settings", "bytes", Uint8Array.of(1, 2, 3).buffer);
	for (const value of [undefined, null, 2.2, {}, 1n]) thrown(() => Preference.set("settings", "x", value as never));
}

function getPreferences(): void {
	for (const [name, value] of Object.entries(preferences)) assertEqual(Preference.get("settings", name), value, name);
	const bytes = Preference.get("settings", "bytes");
	assert(bytes instanceof ArrayBuffer && new Uint8Array(bytes).join() === "1,2,3", "bytes");
	assertEqual(Preference.keys("settings").sort().join(), "bytes,no,number,text,yes", "keys");
	Preference.delete("settings", "number");
	Preference.delete("settings", "number");
	assertEqual(Preference.get("settings", "number"), undefined, "deleted");
	assertEqual(Preference.keys("nothing").length, 0, "an empty domain");
}

function base64(): void {
	assertEqual(Base64.encode("light work."), "bGlnaHQgd29yay4=", "of a string");
	assertEqual(Base64.encode(Uint8Array.of(255, 254)), "//4=", "of bytes");
	assertEqual(text(Base64.decode("bGlnaHQg\nd29yaw==")), "light work", "decoded");
}

trace(`random: ${Math.random()}\n`);
void runCases(
	config["phase"] === "first"
		? { formats, write, refusals, setPreferences, base64 }
		: { find, getPreferences, "find again": find },
);
