// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Which of an application's files changed since they were built.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SETTLE_MS = 60; // editors write a file in several steps
const sources = /\.([cm]?[jt]s|json|cc?|cpp|h)$/;

export class Changes {
	/** @type {Set<string>} */
	#inputs = new Set();
	/** @type {Map<string, fs.FSWatcher>} by folder */
	#watchers = new Map();
	/** @type {Map<string, string>} the state of each file that was built */
	#known = new Map();
	#wake = () => {};

	/**
	 * Watches the folders of these files, too, for files may be added; in a folder that is given itself, any.
	 * @param {Iterable<string>} inputs @param {number} since when the build began: what is younger has changed
	 */
	watch(inputs, since) {
		for (const input of inputs) {
			if (input.includes("/node_modules/")) continue;
			this.#inputs.add(input);
			const folder = isFolder(input) ? input : path.dirname(input);
			if (this.#watchers.has(folder) || !isFolder(folder)) continue;
			const watcher = fs.watch(folder, () => this.#wake());
			watcher.on("error", () => this.#forget(folder)); // it was removed
			this.#watchers.set(folder, watcher);
		}
		for (const [file, state] of this.#listAll())
			if (!this.#known.has(file) && parseFloat(state) < since) this.#known.set(file, state);
	}

	/** Waits until files change, are added or removed. @returns {Promise<string[]>} which */
	async next() {
		for (;;) {
			const woken = new Promise((resolve) => (this.#wake = () => resolve(undefined)));
			const changed = this.#take();
			if (changed.length) return changed;
			await woken;
			await sleep(SETTLE_MS);
		}
	}

	#take() {
		const now = new Map(this.#listAll());
		const all = new Set([...now.keys(), ...this.#known.keys()]);
		const changed = [...all].filter((file) => now.get(file) !== this.#known.get(file));
		this.#known = now;
		return changed;
	}

	/** @param {string} folder */
	#forget(folder) {
		this.#watchers.get(folder)?.close();
		this.#watchers.delete(folder);
		this.#wake();
	}

	#listAll() {
		return [...this.#watchers.keys()].flatMap((folder) => this.#list(folder));
	}

	/** @param {string} folder @returns {[string, string][]} its files, and the state of each */
	#list(folder) {
		/** @type {string[]} */
		let names = [];
		try {
			names = fs.readdirSync(folder);
		} catch {
			// it was removed
		}
		return names.flatMap((name) => {
			const file = path.join(folder, name);
			const matters = sources.test(name) || this.#inputs.has(file) || this.#inputs.has(folder);
			if (!matters || /^\.|~$/.test(name)) return [];
			const status = fs.statSync(file, { throwIfNoEntry: false });
			return status?.isFile() ? [[file, `${status.mtimeMs} ${status.size}`]] : [];
		});
	}
}

/** @param {string} file */
const isFolder = (file) => !!fs.statSync(file, { throwIfNoEntry: false })?.isDirectory();
