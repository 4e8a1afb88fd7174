// SPDX-License-Identifier: Apache-2.0
// npm run docs: checks the documentation, and makes the reference of all that is exported. --check: checks only.
// Checked are: links in Markdown files that lead to no file or no heading, commands without such a script, example or option,
// and exports of the entry points without a docstring.
// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import wrongCommands from "./commands.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const skipped = new Set(["node_modules", "build", ".git"]);

/** The Markdown files below a folder. @param {string} folder @returns {string[]} */
function markdownIn(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownIn(path);
		return entry.name.endsWith(".md") ? [path] : [];
	});
}

/** Without code, in which brackets are no links. @param {string} text */
const prose = (text) => text.replace(/^```[^]*?^\s*```$/gm, "").replace(/`[^`\n]*`/g, "");

/** The anchors of headings, as GitHub makes them. @param {string} text */
function anchorsOf(text) {
	const headings = text.replace(/^```[^]*?^\s*```$/gm, "").matchAll(/^#+ +(.*)$/gm);
	const plain = (/** @type {string} */ heading) =>
		heading
			.toLowerCase()
			.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
			.replace(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-");
	return new Set([...headings].map(([, heading = ""]) => plain(heading)));
}

/** @param {string} file @returns {string[]} its links that lead nowhere */
function deadLinks(file) {
	const text = readFileSync(file, "utf8");
	const dead = [];
	for (const [, target = ""] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
		if (/^[a-z]+:/.test(target)) continue; // elsewhere
		const [path = "", anchor] = target.split("#", 2);
		const found = path ? resolve(dirname(file), decodeURIComponent(path)) : file;
		if (!existsSync(found)) dead.push(target);
		else if (anchor && statSync(found).isFile() && !anchorsOf(readFileSync(found, "utf8")).has(anchor))
			dead.push(target);
	}
	return dead.map((target) => `${relative(root, file)}: ${target} leads nowhere`);
}

/** The sources that package.json exports by name. @returns {string[]} */
function entryPoints() {
	const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	return Object.values(/** @type {Record<string, string>} */ (exports))
		.filter((path) => path.endsWith(".ts") && !path.includes("*"))
		.map((path) => join(root, path));
}

/** @param {string[]} files @returns {string[]} what they export and do not describe */
function undocumented(files) {
	const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
	const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
	const program = ts.createProgram(fileNames, options);
	const checker = program.getTypeChecker();
	/** @type {Set<string>} */
	const found = new Set();
	for (const file of files) {
		const source = program.getSourceFile(file);
		const module = source && checker.getSymbolAtLocation(source);
		if (!source || !module) {
			found.add(`${relative(root, file)}: no such module`);
			continue;
		}
		for (const each of checker.getExportsOfModule(module)) {
			const symbol = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each;
			const [declaration] = symbol.declarations ?? [];
			if (!declaration) continue;
			// A name that says all, of a function or a union, is documented where its parts are.
			const isDescribed =
				symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
			const at = declaration.getSourceFile();
			const { line } = at.getLineAndCharacterOfPosition(declaration.getStart());
			if (!isDescribed) found.add(`${relative(root, at.fileName)}:${line + 1}: ${symbol.name} has no docstring`);
		}
	}
	return [...found].sort();
}

const files = markdownIn(root);
const entries = entryPoints();
const commands = (/** @type {string} */ file) =>
	wrongCommands(readFileSync(file, "utf8")).map((text) => `${relative(root, file)}: ${text}`);
const problems = [...files.flatMap(deadLinks), ...files.flatMap(commands), ...undocumented(entries)];
for (const problem of problems) console.log(problem);
console.log(`${files.length} pages and ${entries.length} modules were read; ${problems.length} problems`);
if (problems.length) process.exit(1);
if (!process.argv.includes("--check")) {
	const typedoc = join(root, "node_modules/.bin/typedoc");
	const parameters = ["--options", join(root, "tools/docs/typedoc.json"), ...entries];
	const { status } = spawnSync(typedoc, parameters, { cwd: root, stdio: "inherit" });
	process.exit(status ?? 1);
}
