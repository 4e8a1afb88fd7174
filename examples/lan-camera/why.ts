// SPDX-License-Identifier: Apache-2.0
// Why a session is as it is, for the page of its viewer: he alone knows the session's name, which cannot be guessed.

const most = 2; // that failed last
const longest = 2048; // characters of each, however much its peer has brought

export default class Why {
	#ended = new Map<string, string>();
	#explain: (id: string) => string | undefined;

	/** @param explain of a session that is under way */
	constructor(explain: (id: string) => string | undefined) {
		this.#explain = explain;
	}

	/** A session has failed: this is the last that can be said of it. */
	keep(id: string): void {
		const text = this.#explain(id);
		if (text === undefined) return;
		this.#ended.set(id, text.slice(0, longest));
		for (const oldest of this.#ended.keys()) {
			if (this.#ended.size <= most) break;
			this.#ended.delete(oldest);
		}
	}

	/** @returns undefined for what is no session, or one that failed long ago */
	of(id: string): string | undefined {
		return this.#explain(id) ?? this.#ended.get(id);
	}
}
