// SPDX-License-Identifier: Apache-2.0
// Scripted faults: what shall go wrong, where, and how often. README.md describes them.
// @ts-check
import { invalid } from "./errors.mjs";

/**
 * @typedef {object} Fault
 * @property {string | string[]} on an operation ("describeSignalingChannel", "connectAsMaster", …), "*" for any of them;
 * "tcp" at an endpoint; "connected"; "message" from a client; "deliver" to one
 * @property {string} do one of `verbs`
 * @property {string} [channel] name
 * @property {"MASTER" | "VIEWER"} [role]
 * @property {string} [clientId]
 * @property {string} [endpoint] "control" …, for "tcp"
 * @property {string} [action] "SDP_OFFER" …, for "message" and "deliver"
 * @property {number} [after] matches to let pass first, default 0
 * @property {number} [times] matches to disturb, default 1; 0: all
 * @property {number} [probability] 0 to 1, default 1
 * @property {number} [ms] to wait before
 * @property {number} [status] of "error", default 500
 * @property {string} [type] of "error"
 * @property {string} [message] of "error"
 * @property {number} [code] of "close", default 1006: none, the TCP connection is cut
 * @property {number} [seconds] of "clock"
 * @property {string} [text] of "send"
 */
/** @typedef {{ on: string, channel?: string, role?: string, clientId?: string, action?: string, endpoint?: string }} Event */
/** @typedef {Record<string, (fault: Fault) => void>} Verbs */
/** @typedef {{ fault: Fault, seen: number, done: number }} Entry */

const requestVerbs = ["delay", "error", "drop", "reset", "malformed", "clock"];
const tcpVerbs = ["delay", "drop", "reset", "malformed", "clock"];
const connectionVerbs = [
	"delay",
	"close",
	"reset",
	"halfDead",
	"goAway",
	"reconnectIceServer",
	"empty",
	"send",
	"clock",
	"idle",
	"expire",
];
const messageVerbs = ["pass", "drop", "duplicate", ...connectionVerbs];
/** What can be done, and where. */
const verbs = /** @type {Record<string, string[]>} */ ({
	tcp: tcpVerbs,
	connected: connectionVerbs,
	message: messageVerbs,
	deliver: messageVerbs,
});
const keys = [
	"on",
	"do",
	"channel",
	"role",
	"clientId",
	"endpoint",
	"action",
	"after",
	"times",
	"probability",
	"ms",
	"status",
	"type",
	"message",
	"code",
	"seconds",
	"text",
];
const texts = ["do", "channel", "role", "clientId", "endpoint", "action", "type", "message", "text"];

export default class Faults {
	/** @type {Entry[]} */
	#entries = [];
	#clock;
	#operations;
	#log;
	#seed;

	/**
	 * @param {import("./clock.mjs").default} clock
	 * @param {string[]} operations their names
	 * @param {(text: string) => void} log
	 * @param {number} [seed] of the probabilities
	 */
	constructor(clock, operations, log, seed = 1) {
		this.#clock = clock;
		this.#operations = operations;
		this.#log = log;
		this.#seed = seed >>> 0;
	}

	/** With how often each was met and done. */
	get list() {
		return this.#entries.map(({ fault, seen, done }) => ({ ...fault, seen, done }));
	}

	clear() {
		this.#entries = [];
	}

	/** @param {unknown} script a fault or a list of them @throws {ServiceError} */
	add(script) {
		const faults = Array.isArray(script) ? script : [script];
		faults.forEach((fault) => this.#check(fault));
		this.#entries.push(...faults.map((fault) => ({ fault, seen: 0, done: 0 })));
	}

	/** @param {Fault} fault */
	#check(fault) {
		if (typeof fault !== "object" || fault === null) throw invalid("A fault is an object");
		const where = `fault ${JSON.stringify(fault)}`;
		for (const [key, value] of Object.entries(fault)) {
			if (!keys.includes(key)) throw invalid(`${where}: there is no "${key}"; there are ${keys.join(", ")}`);
			if (key === "on") continue;
			const type = texts.includes(key) ? "string" : "number";
			if (typeof value !== type) throw invalid(`${where}: "${key}" must be a ${type}`);
		}
		const places = [...this.#operations, ...Object.keys(verbs), "*"];
		for (const on of [fault.on].flat()) {
			if (!places.includes(on)) throw invalid(`${where}: "on" must be one of ${places.join(", ")}`);
			const can = verbs[on] ?? requestVerbs;
			if (!can.includes(fault.do)) throw invalid(`${where}: "do" on "${on}" must be one of ${can.join(", ")}`);
		}
	}

	/**
	 * Does to an event what is scripted for it.
	 * @param {Event} event
	 * @param {Verbs} handlers what each verb means for this event
	 * @returns {Promise<boolean> | false} whether the event is dealt with, and nothing more is to be done about it.
	 * A plain false, without a promise, where nothing was scripted: order is kept.
	 */
	disturb(event, handlers) {
		const due = this.#entries.filter((entry) => this.#isDue(entry, event)).map(({ fault }) => fault);
		return due.length > 0 && this.#run(due, event, handlers);
	}

	/** @param {Fault[]} due @param {Event} event @param {Verbs} handlers */
	async #run(due, event, handlers) {
		let passed = false;
		for (const fault of due) {
			this.#log(`fault on ${event.on}: ${fault.do}${fault.ms ? ` (${fault.ms} ms)` : ""}`);
			if (fault.ms) await new Promise((resolve) => setTimeout(resolve, fault.ms));
			if (fault.do === "delay") continue;
			if (fault.do === "clock") {
				this.#clock.offset = (fault.seconds ?? 0) * 1000;
				continue;
			}
			handlers[fault.do](fault);
			if (fault.do !== "pass") return true;
			passed = true;
		}
		return passed;
	}

	/** @param {Entry} entry @param {Event} event */
	#isDue(entry, event) {
		const { on, after = 0, times = 1, probability = 1, ...wanted } = entry.fault;
		const places = [on].flat();
		if (!places.includes(event.on) && !(places.includes("*") && this.#operations.includes(event.on))) return false;
		for (const key of /** @type {const} */ (["channel", "role", "clientId", "endpoint", "action"])) {
			if (wanted[key] !== undefined && wanted[key] !== event[key]) return false;
		}
		entry.seen++;
		if (entry.seen <= after || (times && entry.done >= times)) return false;
		if (probability < 1 && this.#random() >= probability) return false;
		entry.done++;
		return true;
	}

	/** A linear congruential generator (Numerical Recipes' constants): the same seed, the same run. */
	#random() {
		this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
		return this.#seed / 2 ** 32;
	}
}
