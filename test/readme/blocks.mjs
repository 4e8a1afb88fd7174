// SPDX-License-Identifier: Apache-2.0
// The code in a Markdown file.
// @ts-check

/** @param {string} markdown @returns {{ language: string, text: string }[]} its fenced blocks */
export function readBlocks(markdown) {
	return [...markdown.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
		language,
		text,
	}));
}

/** @param {string} text of a shell @returns {string[]} the commands in it, without comments and what is left out ("…") */
export function commandsOf(text) {
	return text
		.split("\n")
		.map((line) => line.replace(/\s+#.*$/, "").trim())
		.filter((line) => line && !line.includes("…"));
}
