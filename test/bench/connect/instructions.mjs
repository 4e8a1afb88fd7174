// SPDX-License-Identifier: Apache-2.0
// Instructions in user space for each connection on the answering side, and where they go.
// @ts-check
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, program } from "../measure.mjs";
import { connectAsChromium } from "./chromium.mjs";
import { ended, printed } from "./processes.mjs";

const few = 2; // connections; the difference to more is what each costs, without the start of the process
const more = 8;

/** @typedef {{ tls: number, engine: number, rest: number }} Shares */

/**
 * Whose the costs of a file of callgrind's are (its manual, "Callgrind Format Specification"). What the C library does for
 * Mbed TLS, which allocates each of its numbers, is Mbed TLS's.
 * @param {string} text @returns {Shares}
 */
function sharesOf(text) {
	/** @type {Record<string, Map<string, string>>} names that are given once, by their numbers */
	const names = { ob: new Map(), fn: new Map() };
	const now = { ob: "", fn: "", cob: "", cfn: "" };
	const shares = { tls: 0, engine: 0, rest: 0 };
	let isCall = false; // the next line is what the callee has cost, with all that it called
	for (const line of text.split("\n")) {
		const name = /^((c?)(ob|fn))=\((\d+)\)(?: (.*))?$/.exec(line);
		if (name) {
			const [, field = "", , kind = "", number = "", given] = name;
			if (given !== undefined) names[kind]?.set(number, given);
			now[/** @type {keyof typeof now} */ (field)] = names[kind]?.get(number) ?? "";
		} else if (line.startsWith("calls=")) isCall = true;
		else if (/^[+\-*\d]/.test(line)) {
			const cost = Number(line.split(" ").at(-1));
			const share = shareOf(now);
			if (!isCall) shares[share] += cost;
			else if (share === "tls" && /libc\.so/.test(now.cob)) {
				shares.tls += cost;
				shares.rest -= cost;
			}
			if (isCall) now.cob = ""; // of the caller again, unless it is given
			isCall = false;
		}
	}
	return shares;
}

/** Whose a function is: the arithmetic that native/dtls does in place of Mbed TLS counts as Mbed TLS's. @param {{ ob: string, fn: string }} place @returns {keyof Shares} */
function shareOf({ ob, fn }) {
	if (/libmbed/.test(ob) || /^(?:rtc_ecdsa|mbedtls)_/.test(fn)) return "tls";
	return /^(?:fx|__wrap_fx)/.test(fn) ? "engine" : "rest";
}

/** @param {(before: string[]) => Promise<unknown>} run with the words before the program's @returns {Promise<Shares>} */
async function count(run) {
	const directory = mkdtempSync(join(tmpdir(), "connect-"));
	try {
		const file = join(directory, "out");
		await run(["valgrind", "--tool=callgrind", `--callgrind-out-file=${file}`]);
		return sharesOf(readFileSync(file, "utf8"));
	} finally {
		rmSync(directory, { recursive: true });
	}
}

/** What each costs, from two runs. @param {(count: number) => Promise<Shares>} measure @returns {Promise<Shares>} */
async function each(measure) {
	const [small, large] = [await measure(few), await measure(more)];
	const one = (/** @type {keyof Shares} */ name) => (large[name] - small[name]) / (more - few);
	return { tls: one("tls"), engine: one("engine"), rest: one("rest") };
}

/**
 * The answering side, connected to by fresh offerers.
 * @param {Awaited<ReturnType<typeof import("./processes.mjs").programs>>} programs
 * @param {"own" | "chromium"} offer
 */
export function answering({ port, answerer, offerer }, offer) {
	return each((connections) =>
		count(async (before) => {
			const child = answerer(before);
			await printed(child, /waiting/g);
			for (let i = 0; i < connections; i++) {
				const again = printed(child, /waiting/g);
				const done = offer === "own" ? ended(offerer()) : connectAsChromium(port);
				await Promise.all([again, done]);
			}
			child.kill("SIGTERM");
			await ended(child);
		}),
	);
}

/** A handshake of two associations in one process: half of it is one side's. */
export async function arithmetic() {
	const dtls = await program("dtls");
	const both = await each((handshakes) =>
		count(async ([command = "", ...words]) => execute(command, [...words, dtls, String(handshakes)])),
	);
	return (both.tls + both.engine + both.rest) / 2;
}
