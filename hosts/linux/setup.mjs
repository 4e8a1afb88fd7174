// SPDX-License-Identifier: Apache-2.0
// @ts-check
// What a fresh machine lacks: system packages and npm packages. Says what it does, and does nothing twice.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @typedef {"run" | "test"} PackageSet */

/** Debian packages and what each is for; tests need both sets. @type {Record<PackageSet, Record<string, string>>} */
export const packages = {
	run: {
		"build-essential": "compiles the engine and the natives",
		"pkg-config": "finds the libraries",
		"libglib2.0-dev": "the simulator's main loop",
		"glib-networking": "the simulator's TLS",
		"ca-certificates": "whom the simulator's TLS trusts",
		"libmbedtls-dev": "DTLS and digests",
		"libsrtp2-dev": "SRTP",
		"libusrsctp-dev": "SCTP, for data channels",
		"libopenh264-dev": "encodes H.264",
		"libvpx-dev": "encodes VP8",
		"libopus-dev": "encodes Opus",
		"libspeexdsp-dev": "cancels echo",
		"libavformat-dev": "reads media files",
		"libavcodec-dev": "decodes media files and what peers send, encodes H.265",
		"libavdevice-dev": "cameras and microphones",
		"libavfilter-dev": "test pictures and tones",
		"libavutil-dev": "FFmpeg's frames",
		"libswscale-dev": "converts pictures",
		"libswresample-dev": "converts sound",
	},
	test: {
		chromium: "a viewer in the end-to-end tests",
		"firefox-esr": "a viewer in the end-to-end tests",
		clang: "fuzzes the C parsers",
		"clang-format": "checks the style of the C",
		"libclang-rt-14-dev": "sanitizers and the fuzzer of clang",
		"libcmocka-dev": "tests the C cores",
		coturn: "a TURN server in the tests of the local KVS",
		valgrind: "counts instructions in the benches",
		ffmpeg: "makes the test media",
		"nginx-light": "a proxy before the camera in the browser tests",
		openssl: "certificates, and a peer for DTLS",
		"gstreamer1.0-plugins-bad": "webrtcbin, a peer in the interop tests",
		"gstreamer1.0-plugins-good": "its RTP",
		"gstreamer1.0-plugins-base": "its Opus",
		"gstreamer1.0-nice": "its ICE",
		"gstreamer1.0-libav": "its H.264",
		"gir1.2-gst-plugins-bad-1.0": "its interface for Python",
		"python3-gst-1.0": "its interface for Python",
		"python3-aiortc": "a peer in the interop tests",
		"gcc-riscv64-unknown-elf": "compiles the natives for a chip's instruction set",
		"picolibc-riscv64-unknown-elf": "the C library for that",
		"qemu-system-misc": "runs the cores on that instruction set, and counts instructions",
		"debian-archive-keyring": "whose signatures the sources of Mbed TLS, libsrtp and Opus bear",
	},
};

/** @param {string} message @returns {never} */
function fail(message) {
	process.stderr.write(`${message}\n`);
	process.exit(1);
}

/** @param {string} name @returns {boolean} */
function installed(name) {
	const { stdout } = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Status}", name], { encoding: "utf8" });
	return stdout?.trim() === "installed";
}

/** The words before apt-get that make it run with rights to install, or undefined. @returns {string[] | undefined} */
function privilege() {
	if (process.getuid?.() === 0) return [];
	return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : undefined;
}

/** @param {string[]} words */
function run(words) {
	const [command, ...rest] = /** @type {[string, ...string[]]} */ (words);
	const { status, error } = spawnSync(command, rest, {
		stdio: "inherit",
		cwd: root,
		env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
	});
	if (status !== 0) fail(`${words.join(" ")}: ${error?.message ?? `exit status ${status}`}`);
}

/**
 * Installs the Debian packages that are missing to run, or to test; without the rights to, says what to type and ends.
 * @param {PackageSet} set
 */
export function ensureSystem(set) {
	const wanted = Object.entries(set === "test" ? { ...packages.run, ...packages.test } : packages.run);
	if (spawnSync("dpkg-query", ["--version"], { stdio: "ignore" }).error) {
		process.stderr.write(
			`This is no Debian: install what corresponds to ${wanted.map(([name]) => name).join(" ")}\n`,
		);
		return;
	}
	const missing = wanted.filter(([name]) => !installed(name));
	if (!missing.length) return;
	process.stderr.write(
		`Missing system packages:\n${missing.map(([name, why]) => `  ${name.padEnd(20)} ${why}\n`).join("")}`,
	);
	const names = missing.map(([name]) => name);
	const prefix = privilege();
	if (!prefix)
		fail(`Please type:\n  sudo apt-get update && sudo apt-get install -y ${names.join(" ")}\nand start again.`);
	const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...names];
	run([...prefix, "apt-get", "update", "-q"]);
	run(install);
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean, dev?: boolean, devOptional?: boolean }>} */
function lockedPackages(file) {
	try {
		return JSON.parse(fs.readFileSync(path.join(root, file), "utf8")).packages;
	} catch {
		return {};
	}
}

/**
 * Whether node_modules holds what package-lock.json says, by the list that npm leaves in it.
 * @param {PackageSet} set
 */
function npmUpToDate(set) {
	const present = lockedPackages("node_modules/.package-lock.json");
	return Object.entries(lockedPackages("package-lock.json")).every(([name, locked]) => {
		const needed = name !== "" && !locked.optional && (set === "test" || !(locked.dev || locked.devOptional));
		return !needed || present[name]?.version === locked.version;
	});
}

/**
 * Installs npm packages when node_modules lacks any: what running needs, or all for the tests.
 * This is not `npm ci`, which first removes what is there.
 * @param {PackageSet} [set]
 */
export function ensureNpm(set = "test") {
	if (npmUpToDate(set)) return;
	process.stderr.write("Installing npm packages (their install scripts are not run)\n");
	const options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
	run(["npm", "install", ...options, ...(set === "run" ? ["--omit=dev"] : [])]);
}

// As a command: node hosts/linux/setup.mjs [run | test]
if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const set = process.argv[2] ?? "test";
	if (set !== "run" && set !== "test") fail("usage: node hosts/linux/setup.mjs [run | test]");
	ensureSystem(set);
	ensureNpm(set);
}
