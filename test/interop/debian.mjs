// SPDX-License-Identifier: Apache-2.0
// Programs of others without installing them: they are unpacked below node_modules/.cache, with what they need and the system
// lacks. So nothing of them starts with the machine, and nothing conflicts with the Node.js that is there.
// @ts-check
import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	renameSync,
	rmSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
/** What is never unpacked: the Node.js that runs this is used. */
const present = /^(nodejs|libnode\d+)$/;

/** @param {string[]} command @param {string} [cwd] */
function run([program, ...parameters], cwd) {
	const { status, stdout, stderr, error } = spawnSync(program, parameters, {
		cwd,
		encoding: "utf8",
		maxBuffer: 2 ** 30,
	});
	if (status !== 0) throw new Error(`${program} ${parameters.join(" ")}: ${error?.message ?? stderr}`);
	return stdout;
}

/** Of each package that apt knows, what it needs: the first of each choice. Virtual ones need one that provides them. */
function readPackages() {
	/** @type {Map<string, string[]>} */
	const packages = new Map();
	/** @type {Map<string, string[]>} */
	const virtual = new Map();
	for (const record of run(["apt-cache", "dumpavail"]).split("\n\n")) {
		const field = (/** @type {string} */ name) => new RegExp(`^${name}: (.*)$`, "m").exec(record)?.[1] ?? "";
		const names = (/** @type {string} */ name) =>
			field(name)
				.split(",")
				.map((one) => /^\s*([^\s:|(]+)/.exec(one)?.[1] ?? "")
				.filter(Boolean);
		packages.set(field("Package"), [...names("Pre-Depends"), ...names("Depends")]);
		for (const name of names("Provides")) virtual.set(name, [field("Package")]);
	}
	return { packages, virtual };
}

/** @param {string[]} names @param {RegExp} without @returns {string[]} these, and all that they need and the system lacks */
function closure(names, without) {
	const lines = run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"]).split("\n");
	const installed = new Set(lines.filter((line) => line.endsWith(" installed")).map((line) => line.split(" ")[0]));
	let { packages, virtual } = readPackages();
	if (!names.every((name) => packages.has(name))) {
		run(["apt-get", "update", "-q"]);
		({ packages, virtual } = readPackages());
	}
	/** @type {Set<string>} */
	const found = new Set();
	const left = [...names];
	for (let name = left.pop(); name !== undefined; name = left.pop()) {
		const isThere = present.test(name) || without.test(name) || (installed.has(name) && !names.includes(name));
		if (found.has(name) || isThere) continue;
		const needs = packages.get(name);
		if (needs) found.add(name);
		else if (!virtual.has(name)) throw new Error(`apt knows no package "${name}"`);
		left.push(...(needs ?? virtual.get(name) ?? []));
	}
	return [...found];
}

/** Links by which packages find each other lead into the folder rather than into the system. @param {string} folder */
function relink(folder) {
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isSymbolicLink()) continue;
		const path = join(entry.parentPath, entry.name);
		const target = readlinkSync(path);
		if (!target.startsWith("/") || !existsSync(join(folder, target))) continue;
		unlinkSync(path);
		symlinkSync(relative(dirname(path), join(folder, target)), path);
	}
}

/**
 * Unpacks packages and what they need, once.
 * @param {string} name of the folder
 * @param {string[]} packages
 * @param {RegExp} [without] what of their dependencies is not used
 */
export default function unpack(name, packages, without = /^$/) {
	const folder = join(cache, "debian", name);
	if (!existsSync(folder)) {
		console.log(`Unpacking ${packages.join(", ")} from Debian`);
		const parts = `${folder}.${process.pid}`;
		const archives = join(parts, "archives");
		mkdirSync(archives, { recursive: true });
		run(["apt-get", "download", "-q", ...closure(packages, without)], archives);
		for (const archive of readdirSync(archives)) run(["dpkg-deb", "-x", join(archives, archive), parts]);
		rmSync(archives, { recursive: true });
		relink(parts);
		// Debian's Node.js modules find each other before those of this repository.
		if (existsSync(join(parts, "usr/share/nodejs"))) symlinkSync("nodejs", join(parts, "usr/share/node_modules"));
		renameSync(parts, folder);
	}
	const libraries = run(["dpkg-architecture", "-qDEB_HOST_MULTIARCH"]).trim();
	const lib = join(folder, "usr/lib", libraries);
	const search = [lib, join(folder, "lib", libraries), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
	const modules = [join(folder, "usr/share/nodejs"), join(lib, "nodejs")].join(":");
	return {
		/** What a path of the packages is here. @param {string} path */
		path: (path) => join(folder, path),
		/** Where libraries are. */
		lib,
		/** For the programs' processes. */
		env: { ...process.env, LD_LIBRARY_PATH: search, NODE_PATH: modules },
	};
}

/**
 * Installs an npm package that no other test needs, once.
 * @param {string} name with its version
 * @returns {string} where it is imported from
 */
export function npmPackage(name) {
	const folder = join(cache, "npm", name);
	const [bare] = /** @type {[string]} */ (name.split("@", 1));
	if (!existsSync(folder)) {
		console.log(`Installing ${name} from npm`);
		const parts = `${folder}.${process.pid}`;
		mkdirSync(parts, { recursive: true });
		writeFileSync(join(parts, "package.json"), "{}");
		run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", name], parts);
		renameSync(parts, folder);
	}
	return join(folder, "node_modules", bare);
}
