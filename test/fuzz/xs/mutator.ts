// SPDX-License-Identifier: Apache-2.0
import { oddities, repeatable } from "fuzz/seeds";

/** Changes inputs at random, the same way for the same seed. What it returns has no more than so many characters. */
export default class Mutator {
	#state: number;

	constructor(seed: number) {
		this.#state = (seed ^ 0x9e3779b9) | 1;
	}

	/** 0 to `below` - 1: xorshift32. */
	random(below: number): number {
		let state = this.#state;
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		this.#state = state;
		return (state >>> 0) % below;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.random(list.length)]!;
	}

	/** `text` again and again, with numbers in place of "#". */
	many(text: string, longest: number, end = ""): string {
		const count = [3, 17, 33, 65, 130, 300, 1000, 10_000][this.random(8)]!;
		const parts = text.split("#");
		let result = "";
		for (let i = 0; i < count && result.length + text.length + 16 < longest; i++)
			result += parts.join(String(this.random(4) ? i % 250 : this.random(70_000))) + end;
		return result;
	}

	/** A text of lines, some of them changed, left out, moved, or there many times. */
	lines(seed: readonly string[], longest: number): string {
		const lines = [...seed];
		for (let changes = this.random(5); changes > 0; changes--) this.#change(lines);
		let text = lines.join(this.random(8) ? "\r\n" : "\n") + "\r\n";
		if (this.random(3) === 0) {
			const more = this.many(this.pick(repeatable), longest - text.length, "\r\n");
			const at = this.random(2) ? text.length : Math.max(0, text.indexOf("m=", this.random(text.length)));
			text = text.slice(0, at) + more + text.slice(at);
		}
		if (this.random(6) === 0) text = this.#spoil(text);
		return text.length > longest ? text.slice(0, longest) : text;
	}

	#change(lines: string[]): void {
		const at = this.random(lines.length);
		const line = lines[at]!;
		switch (this.random(5)) {
			case 0:
				lines.splice(at, 1);
				break;
			case 1:
				lines.splice(this.random(lines.length), 0, line);
				break;
			case 2:
				lines[at] = this.#spoil(line);
				break;
			case 3:
				lines[at] = lines[this.random(lines.length)]!;
				break;
			default:
				lines.splice(
					at,
					0,
					this.pick(repeatable)
						.split("#")
						.join(String(this.random(300))),
				);
		}
		if (lines.length === 0) lines.push("v=0");
	}

	/** Cuts something out, or puts something in. */
	#spoil(text: string): string {
		const at = this.random(text.length + 1);
		const size = this.random(4) === 0 ? this.random(text.length + 1) : this.random(4);
		const other = this.random(8) ? this.pick(oddities) : this.pick(oddities).repeat(this.random(600));
		return text.slice(0, at) + other + text.slice(at + size);
	}
}
