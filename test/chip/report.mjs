// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Tables of what was measured, and its limits.
import fs from "node:fs";
import { root } from "../../hosts/linux/tools/build.mjs";

/** @typedef {import("./compile.mjs").Sizes} Sizes */
/** @typedef {import("./stacks.mjs").Stack} Stack */

/** Tables by their place in README.md. @type {Map<string, string>} */
const tables = new Map();

/** @param {string} place @param {string[]} head @param {(string | number)[][]} rows @returns {string} a table in Markdown */
function table(place, head, rows) {
	const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
	const text = [line(head), line(head.map((_, index) => (index ? "--:" : "---"))), ...rows.map(line), ""].join("\n");
	tables.set(place, text);
	return text;
}

const thousands = (/** @type {number} */ value) => Math.round(value).toLocaleString("en-US");

/** @param {[string, Sizes][]} rows @param {[string, number][]} images */
export function sizes(rows, images) {
	return table(
		"sizes",
		["bytes", "text", "rodata", "data", "bss"],
		[
			...rows.map(([name, size]) => [name, ...[size.text, size.rodata, size.data, size.bss].map(thousands)]),
			...images.map(([name, size]) => [`image of ${name}`, "", thousands(size), "", ""]),
		],
	);
}

/** What the programs count, and what it is. */
const counted = /** @type {Record<string, string>} */ ({
	certificate: "making a certificate (ECDSA P-256)",
	"srtp-start": "libsrtp's start, with its own tests, once",
	"handshake-client": "DTLS handshake as client",
	"handshake-server": "DTLS handshake as server",
	"srtp-protect": "SRTP: protecting 1,180 bytes",
	"srtp-unprotect": "SRTP: unprotecting 1,180 bytes",
	"rtp-packet": "a packet of video from the encoder to the socket, SRTP and all",
	"h264-packet": "of which finding and cutting NAL units",
	"stun-request": "STUN: a request that is let in",
	"stun-stranger": "STUN: a stranger's request",
	"stun-answer": "STUN: an answer",
	"opus-20ms": "Opus: 20 ms, mono, 48 kHz, complexity 1",
	"g711-20ms": "PCMU: 20 ms from 48 kHz",
});

/** @param {string} name of a result */
export function kindOf(name) {
	if (name in counted) return "instructions";
	return /^(internal|external|size|stack)-/.exec(name)?.[1] ?? "others";
}

/** @param {Map<string, number>} results */
export function instructions(results) {
	const at = (/** @type {number} */ count, /** @type {number} */ mhz) => (count / mhz / 1000).toPrecision(3);
	const rows = Object.entries(counted).flatMap(([name, what]) => {
		const count = results.get(name);
		return count === undefined ? [] : [[what, thousands(count), at(count, 240), at(count, 360)]];
	});
	return table("instructions", ["", "instructions", "ms at 240 MHz", "ms at 360 MHz"], rows);
}

/**
 * What is not the emulator's: bytes that a viewer has of the machine's heaps, and of datagrams before its handshake.
 * @typedef {{ script: number, early: number }} Elsewhere
 */

/** What a viewer takes, each in bytes of internal RAM and of PSRAM. @param {Map<string, number>} results @param {Elsewhere} elsewhere */
function viewer(results, elsewhere) {
	const of = (/** @type {string} */ name) => results.get(name) ?? NaN;
	const both = (/** @type {string} */ name) => [of(`internal-${name}`), of(`external-${name}`)];
	const sum = (/** @type {number[][]} */ ...parts) =>
		[0, 1].map((place) => parts.reduce((bytes, part) => bytes + (part[place] ?? 0), 0));
	const path = [of("size-path"), 0];
	const sender = both("rtp-sender");
	const steady = (/** @type {number[]} */ dtls) => sum(path, both("srtp"), sender, sender, dtls);
	const handshake = both("handshake-pair").map((bytes) => bytes / 2);
	const early = [elsewhere.early, 0];
	const script = [0, elsewhere.script];
	const most = sum(steady(both("dtls-server")), handshake, early, script);
	return { of, both, path, sender, steady, handshake, early, script, most };
}

/** @param {Map<string, number>} results @param {Elsewhere} elsewhere */
export function memory(results, elsewhere) {
	const { of, both, path, sender, steady, handshake, early, script, most } = viewer(results, elsewhere);
	const rows = /** @type {[string, number[]][]} */ ([
		["path", path],
		["SRTP", both("srtp")],
		["RTP sender, each of two", sender],
		["DTLS as client, connected", both("dtls-client")],
		["DTLS as server, connected", both("dtls-server")],
		["DTLS and SRTP while shaking hands, at most", handshake],
		["datagrams before its handshake, at most", early],
		["JavaScript, in the machine's heaps", script],
		["a viewer, DTLS as client, without JavaScript", steady(both("dtls-client"))],
		["a viewer, DTLS as server, without JavaScript", steady(both("dtls-server"))],
		["a viewer at its most: server, handshake, datagrams, JavaScript", most],
		["once: the transport, with its buffers", [0, of("size-transport")]],
		["once: certificate", both("certificate")],
		["once: Opus", both("opus")],
	]);
	return table(
		"memory",
		["bytes", "internal RAM", "PSRAM"],
		rows.map(([name, bytes]) => [name, ...bytes.map(thousands)]),
	);
}

/** In round numbers, for who asks whether it fits. @param {number | undefined} bytes */
const round = (bytes = 0) => (bytes < 100 ? "–" : `${(bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0)} KB`);

/**
 * @param {Record<string, number>} flash bytes by name
 * @param {Map<string, number>} results @param {Elsewhere} elsewhere @param {{ slots: number, chunks: number }} creation
 */
export function overview(flash, results, elsewhere, { slots, chunks }) {
	const { of, both, steady, handshake } = viewer(results, elsewhere);
	const once = [[0, of("size-transport")], both("certificate"), both("opus")];
	const rows = /** @type {[string, (number | undefined)[]][]} */ ([
		["a viewer", steady(both("dtls-client"))],
		["a viewer to whom the board is the DTLS server", steady(both("dtls-server"))],
		["its handshake, at most, given back", handshake],
		[
			"transport, certificate and Opus, once",
			[0, 1].map((place) => once.reduce((sum, part) => sum + (part[place] ?? 0), 0)),
		],
		["natives", [0, 0, flash["natives in sum"]]],
		["XS engine", [0, 0, flash["XS engine"]]],
		["JavaScript of lan-camera", [0, 16 * slots + chunks, flash["image of lan-camera"]]],
	]);
	return table(
		"overview",
		["", "internal RAM", "PSRAM", "flash"],
		rows.map(([name, bytes]) => [name, ...[0, 1, 2].map((place) => round(bytes[place]))]),
	);
}

/** The bounds of a viewer, in bytes. */
const bounds = { internal: 60 * 1024, external: 100 * 1024 };

/** @param {Map<string, number>} results @param {Elsewhere} elsewhere @returns {string[]} what a viewer takes too much of */
export function heavy(results, elsewhere) {
	const { most } = viewer(results, elsewhere);
	return Object.entries(bounds).flatMap(([kind, bound], place) => {
		const bytes = most[place] ?? NaN;
		return bytes <= bound ? [] : [`a viewer takes ${bytes} bytes of ${kind} memory, more than ${bound}`];
	});
}

/** @param {{ name: string, options: import("./sdkconfig.mjs").Options }[]} boards @param {[string, string][]} sized */
export function configuration(boards, sized) {
	const rows = sized.map(([name, what]) => [
		`\`${name}\`: ${what}`,
		...boards.map(({ options }) => options.get(name) ?? "–"),
	]);
	return table("configuration", ["CONFIG_", ...boards.map(({ name }) => name)], rows);
}

/** Bytes that usrsctp and what calls it may take: what its test holds it to. */
const usrsctp = Number(
	/#define DEEPEST (\d+)/.exec(fs.readFileSync(`${root}/test/native/sctp_stack_test.c`, "utf8"))?.[1],
);

/**
 * What the emulator measured of a thread's stack, libraries included, and what must be left beyond it; without that,
 * the compiler's frames.
 * @type {Record<string, { measured?: (results: Map<string, number>, stack: Stack) => number | undefined, reserve: number, why: string }>}
 */
const reserves = {
	network: {
		measured: (results) => results.get("stack-rtp-sender"),
		reserve: 14336,
		why: `usrsctp, which takes ${thousands(usrsctp)} bytes at most on 64 bits (\`sctp_stack_test\`); lwIP's socket calls and an interrupt's frame; SRTP of what comes in`,
	},
	DTLS: {
		measured: (results) => results.get("stack-dtls"),
		reserve: 8192,
		why: "an accelerator's driver; PSA of Mbed TLS 4, which took 4,472 bytes on 64 bits, as 3.6 did (4,440)",
	},
	stream: {
		reserve: 10240,
		why: "Mbed TLS's client with a chain of certificates, an accelerator's driver, ESP-IDF's bundle",
	},
	TLS: { reserve: 6144, why: "a record of Mbed TLS, an accelerator's driver, an interrupt's frame" },
	video: { reserve: 8192, why: "esp_h264, whose depth is not known" },
	screen: { reserve: 8192, why: "esp_h264, whose depth is not known" },
	audio: {
		measured: (results, { first }) => {
			const opus = results.get("stack-opus");
			return opus === undefined ? undefined : opus + first;
		},
		reserve: 6144,
		why: "stereo, other rates, an interrupt's frame",
	},
	recorder: { reserve: 6144, why: "ESP-IDF's file systems and the card's driver" },
	capture: { reserve: 6144, why: "the drivers" },
	carrier: { reserve: 2048, why: "the SDK's queue, which copies a message" },
	JavaScript: {
		measured: (results) => results.get("stack-certificate"),
		reserve: 4096,
		why: "the engine's own frames below a native",
	},
};

/** @param {Stack} stack @param {Map<string, number>} results */
function depth(stack, results) {
	const found = reserves[stack.name]?.measured?.(results, stack);
	return found === undefined
		? { bytes: stack.bytes, how: "frames" }
		: { bytes: Math.max(found, stack.bytes), how: "measured" };
}

/** @param {Stack[]} stacks @param {Map<string, number>} results */
export function stacks(stacks, results) {
	return table(
		"stacks",
		["thread", "stack", "deepest", "", "left", "reserve", "for"],
		stacks.map((stack) => {
			const { bytes, how } = depth(stack, results);
			const { reserve = 0, why = "" } = reserves[stack.name] ?? {};
			return [
				stack.name,
				...[stack.size, bytes].map(thousands),
				how,
				...[stack.size - bytes, reserve].map(thousands),
				why,
			];
		}),
	);
}

/** @param {Stack[]} stacks @param {Map<string, number>} results @returns {string[]} those that are too small */
export function shallow(stacks, results) {
	return stacks.flatMap((stack) => {
		const { bytes } = depth(stack, results);
		const { reserve } = reserves[stack.name] ?? { reserve: 0 };
		if (bytes + reserve <= stack.size) return [];
		return [
			`${stack.name}: ${thousands(bytes)} of ${thousands(stack.size)} bytes, less than ${thousands(reserve)} left (${stack.chain.join(" → ")})`,
		];
	});
}

/** Each figure may grow by this before it must be looked at. */
const room = 1.1;

/** @param {string} file @returns {Record<string, Record<string, number>>} */
const readLimits = (file) => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {});

/** @param {string} file @param {Record<string, Record<string, number>>} measured */
export function writeLimits(file, measured) {
	const limits = readLimits(file);
	for (const [kind, values] of Object.entries(measured)) {
		limits[kind] = Object.fromEntries(
			Object.entries({ ...limits[kind], ...values }).map(([name, value]) => [
				name,
				name in values ? Math.ceil(value * room) : value,
			]),
		);
	}
	fs.writeFileSync(file, `${JSON.stringify(limits, null, "\t")}\n`);
}

/** @param {string} file @param {Record<string, Record<string, number>>} measured @returns {string[]} */
export function beyond(file, measured) {
	const limits = readLimits(file);
	return Object.entries(measured).flatMap(([kind, values]) =>
		Object.entries(values).flatMap(([name, value]) => {
			const limit = limits[kind]?.[name];
			if (limit === undefined) return [`${kind}: ${name}: ${value}, and limits.json has no limit for it`];
			return value > limit ? [`${kind}: ${name}: ${value}, more than ${limit}`] : [];
		}),
	);
}

/** Puts the tables into a file in place of those that are there. @param {string} file */
export function writeTables(file) {
	let text = fs.readFileSync(file, "utf8");
	for (const [place, content] of tables) {
		const [before, after] = [`<!-- ${place} -->`, `<!-- /${place} -->`];
		const [start, end] = [text.indexOf(before), text.indexOf(after)];
		if (start < 0 || end < start) continue;
		text = `${text.slice(0, start + before.length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
	}
	fs.writeFileSync(file, text);
}
