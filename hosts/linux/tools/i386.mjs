// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What a 32-bit simulator needs beside gcc -m32: Debian's i386 packages, unpacked into build/i386 and nowhere else.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { packages } from "../setup.mjs";
import { withLock } from "./lock.mjs";
import { BuildError } from "./words.mjs";

/** Not libraries: the system's own serve. libgcc and the headers of libc are what gcc -m32 lacks. */
const tools = ["build-essential", "pkg-config", "ca-certificates"];
const more = ["libc6-dev", "libgcc-12-dev"];

/** @param {string} command @param {string[]} parameters */
function run(command, parameters) {
	const { status, stderr, error } = spawnSync(command, parameters, {
		encoding: "utf8",
		stdio: ["ignore", "ignore", "pipe"],
	});
	if (status !== 0) throw new BuildError(`32 bits: ${command} failed\n${error?.message ?? stderr.trim()}`);
}

/** apt with lists, a cache and a (blank) list of installed packages of its own. @param {string} folder */
function aptOptions(folder) {
	const sources = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"].find((file) =>
		fs.existsSync(file),
	);
	if (!sources) throw new BuildError("32 bits: needs Debian, whose i386 packages it unpacks");
	for (const part of ["state/lists/partial", "cache/archives/partial"])
		fs.mkdirSync(path.join(folder, part), { recursive: true });
	fs.writeFileSync(path.join(folder, "state/status"), "");
	const options = {
		"APT::Architecture": "i386",
		"APT::Architectures": "i386",
		"APT::Sandbox::User": "root",
		"Debug::NoLocking": "1",
		"Dir::State": path.join(folder, "state"),
		"Dir::State::status": path.join(folder, "state/status"),
		"Dir::Cache": path.join(folder, "cache"),
		"Dir::Etc::sourcelist": sources,
		"Dir::Etc::sourceparts": "-",
	};
	return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/**
 * Makes sure that the packages are there; says so when that takes time.
 * @param {string} build the folder of builds
 * @returns {Promise<string>} the root that they were unpacked into
 */
export async function ensureI386(build) {
	const folder = path.join(build, "i386");
	const root = path.join(folder, "root");
	const wanted = [...Object.keys(packages.run).filter((name) => !tools.includes(name)), ...more];
	const stamp = path.join(folder, "packages");
	const isReady = () => fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted.join(" ");
	fs.mkdirSync(folder, { recursive: true });
	await withLock(folder, async () => {
		if (isReady()) return;
		process.stderr.write(`Debian's i386 packages are unpacked into ${folder}, once: some minutes\n`);
		const options = aptOptions(folder);
		spawnSync("apt-get", [...options, "-q", "update"], { stdio: "ignore" }); // a part of the lists may do
		run("apt-get", [...options, "-q", "-y", "--no-install-recommends", "--download-only", "install", ...wanted]);
		fs.rmSync(root, { recursive: true, force: true });
		const archives = path.join(folder, "cache/archives");
		for (const name of fs.readdirSync(archives).filter((each) => each.endsWith(".deb")))
			run("dpkg-deb", ["-x", path.join(archives, name), root]);
		fs.writeFileSync(stamp, wanted.join(" "));
	});
	return root;
}

/** Where its libraries are: those that a system's alternatives would link to, too. @param {string} root */
function libraryFolders(root) {
	const multiarch = "usr/lib/i386-linux-gnu";
	return ["lib/i386-linux-gnu", multiarch, ...["blas", "lapack", "pulseaudio"].map((name) => `${multiarch}/${name}`)]
		.map((folder) => path.join(root, folder))
		.filter((folder) => fs.existsSync(folder));
}

/** What the compiler is told. @param {string} root */
export function compiler(root) {
	const gcc = path.join(root, "usr/lib/gcc/i686-linux-gnu/12");
	return `gcc -m32 --sysroot=${root} -B${gcc} -B${root}/usr/lib/i386-linux-gnu`;
}

/** What the linker is told: the program runs with the loader and the libraries of the root. @param {string} root */
export function linkFlags(root) {
	const folders = libraryFolders(root);
	return [
		`-Wl,--dynamic-linker=${path.join(root, "lib/ld-linux.so.2")}`,
		"-Wl,--disable-new-dtags", // the path holds for most of the libraries' own libraries, too
		`-Wl,-rpath,${folders.join(":")}`,
		...folders.map((folder) => `-L${folder} -Wl,-rpath-link,${folder}`),
		`-L${path.join(root, "usr/lib/gcc/i686-linux-gnu/12")}`,
	].join(" ");
}

/** The environment of pkg-config. @param {string} root */
export function pkgConfig(root) {
	const folders = ["usr/lib/i386-linux-gnu/pkgconfig", "usr/share/pkgconfig"].map((name) => path.join(root, name));
	return `PKG_CONFIG_SYSROOT_DIR=${root} PKG_CONFIG_LIBDIR=${folders.join(":")} pkg-config`;
}

/**
 * The environment of a program that was built so: its TLS is a module of GIO. Libraries with a RUNPATH of their own, such
 * as libpulse, do not heed the program's RPATH.
 * @param {string} root
 */
export const environment = (root) => ({
	GIO_MODULE_DIR: path.join(root, "usr/lib/i386-linux-gnu/gio/modules"),
	LD_LIBRARY_PATH: libraryFolders(root).join(":"),
});
