// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Mbed TLS, libsrtp and Opus for the emulated chip, from Debian's source packages. They are fetched by apt, which checks
// their signatures, into folders of our own, and are built as ESP-IDF builds them: -Os.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { architecture, compile, run } from "./compile.mjs";

const here = fileURLToPath(new URL("qemu", import.meta.url));
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** @typedef {{ folder: string, version: string }} Source */
/** @typedef {{ objects: string[], includes: string[], version: string }} Library */

/** @returns {string} as "bookworm" */
function suite() {
	return /^VERSION_CODENAME=(\w+)/m.exec(fs.readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
}

/** @param {string} folder @returns {string[]} */
function aptOptions(folder) {
	const lists = path.join(folder, "lists");
	fs.mkdirSync(path.join(lists, "partial"), { recursive: true });
	const list = path.join(folder, "sources.list");
	const signed = fs.existsSync(keyring) ? ` [signed-by=${keyring}]` : "";
	fs.writeFileSync(list, `deb-src${signed} http://deb.debian.org/debian ${suite()} main\n`);
	const settings = {
		"Dir::Etc::SourceList": list,
		"Dir::Etc::SourceParts": "/dev/null",
		"Dir::State::Lists": lists,
		"Dir::Cache": path.join(folder, "cache"),
		"Acquire::Retries": "2",
		"Acquire::http::Timeout": "20",
		"APT::Sandbox::User": "",
	};
	return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** @param {string[]} words @param {string} cwd */
async function execute(words, cwd) {
	const { status, output } = await run("timeout", ["180", ...words], { cwd });
	if (status !== 0) throw new Error(`${words[0]}: ${output.trim().split("\n").pop() ?? `exit status ${status}`}`);
}

/** @param {string} folder @param {string} name @returns {Source | undefined} what was unpacked before */
function unpacked(folder, name) {
	const upstream = fs.existsSync(folder)
		? fs.readdirSync(folder).find((entry) => entry.startsWith(`${name}-`))
		: undefined;
	return upstream === undefined
		? undefined
		: { folder: path.join(folder, upstream), version: upstream.slice(name.length + 1) };
}

/**
 * @param {string} out @param {string[]} names of source packages
 * @returns {Promise<Record<string, Source>>} throws where there is no way to them
 */
export async function fetchSources(out, names) {
	const folder = path.join(out, "sources");
	fs.mkdirSync(folder, { recursive: true });
	const missing = names.filter((name) => !unpacked(folder, name));
	if (missing.length) {
		const options = aptOptions(path.join(out, "apt"));
		await execute(["apt-get", "-q", ...options, "update"], folder);
		await execute(["apt-get", "-q", ...options, "source", "--download-only", ...missing], folder);
		for (const file of fs.readdirSync(folder).filter((entry) => entry.endsWith(".dsc")))
			if (missing.some((name) => file.startsWith(`${name}_`)))
				await execute(["dpkg-source", "--no-check", "-x", file], folder);
	}
	return Object.fromEntries(
		names.map((name) => {
			const source = unpacked(folder, name);
			if (!source) throw new Error(`${name}: not in what was fetched`);
			return [name, source];
		}),
	);
}

const optimized = ["-Os", "-std=gnu17", "-w", "-ffunction-sections", "-fdata-sections"];

/**
 * @param {string} folder @param {string[]} sources @param {string[]} parameters @param {string[]} configurations files
 * @returns {Promise<string[]>} the objects, compiled anew when what they depend on has changed
 */
async function objectsOf(folder, sources, parameters, configurations) {
	const stamp = path.join(folder, "stamp");
	const key = JSON.stringify([sources, parameters, ...configurations.map((file) => fs.readFileSync(file, "utf8"))]);
	const objects = sources.map((source) => path.join(folder, path.basename(source).replace(/\.c$/, ".o")));
	if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === key) return objects;
	const { errors } = await compile(sources, [...architecture, ...optimized, ...parameters], folder);
	if (errors.length) throw new Error(errors.join("\n"));
	fs.writeFileSync(stamp, key);
	return objects;
}

/** @param {string[]} folders */
const including = (folders) => folders.map((folder) => `-I${folder}`);

/** How Mbed TLS and what stands on it are configured. */
export const mbedtlsDefine = '-DMBEDTLS_CONFIG_FILE="chip_mbedtls_config.h"';

/** @param {Source} source @param {string} out @param {string} generated where sdkconfig.h lies @param {string[]} folders
 * @returns {Promise<Library>} */
export async function buildMbedtls(source, out, generated, folders) {
	const library = path.join(source.folder, "library");
	const sources = fs.readdirSync(library).flatMap((name) => (name.endsWith(".c") ? [path.join(library, name)] : []));
	const includes = [path.join(source.folder, "include")];
	const parameters = [mbedtlsDefine, ...including([...includes, library, here, generated, ...folders])];
	const configurations = [path.join(here, "chip_mbedtls_config.h"), path.join(generated, "sdkconfig.h")];
	const objects = await objectsOf(path.join(out, "mbedtls"), sources, parameters, configurations);
	return { objects, includes, version: source.version };
}

/** libsrtp's sources where ciphers are Mbed TLS's. */
const srtpSources = [
	"srtp/srtp.c",
	...["cipher", "cipher_test_cases", "null_cipher", "aes_icm_mbedtls", "aes_gcm_mbedtls"].map(
		(n) => `crypto/cipher/${n}.c`,
	),
	...["auth", "auth_test_cases", "null_auth", "hmac_mbedtls"].map((name) => `crypto/hash/${name}.c`),
	...["alloc", "crypto_kernel", "err", "key"].map((name) => `crypto/kernel/${name}.c`),
	"crypto/math/datatypes.c",
	...["rdb", "rdbx"].map((name) => `crypto/replay/${name}.c`),
];

/**
 * @param {Source} source @param {Library} mbedtls @param {string} out @param {string} generated @param {string[]} folders
 * @returns {Promise<Library>}
 */
export async function buildSrtp(source, mbedtls, out, generated, folders) {
	const headers = path.join(out, "srtp-include");
	fs.mkdirSync(headers, { recursive: true });
	const link = path.join(headers, "srtp2");
	if (!fs.existsSync(link)) fs.symlinkSync(path.join(source.folder, "include"), link);
	const own = ["include", "crypto/include"].map((name) => path.join(source.folder, name));
	const parameters = [
		// 2.5 declares one function with `unsigned int` and defines it with uint32_t, which is `unsigned long` here.
		...["-U__UINT32_TYPE__", "-D__UINT32_TYPE__=unsigned int", "-U__INT32_TYPE__", "-D__INT32_TYPE__=int"],
		...["-DHAVE_CONFIG_H", mbedtlsDefine],
		...including([path.join(here, "srtp"), ...own, ...mbedtls.includes, here, generated, ...folders]),
	];
	const sources = srtpSources.map((name) => path.join(source.folder, name));
	const configurations = [path.join(here, "srtp/config.h"), path.join(here, "chip_mbedtls_config.h")];
	const objects = await objectsOf(path.join(out, "srtp"), sources, parameters, configurations);
	return { objects, includes: [headers, own[1] ?? ""], version: source.version };
}

/** The names in one of the lists of Opus' own build. @param {string} folder @param {string} list @param {string} variable */
function listed(folder, list, variable) {
	const text = fs.readFileSync(path.join(folder, list), "utf8").replace(/\\\n/g, " ");
	const [, names = ""] = new RegExp(`^${variable} *= *(.*)$`, "m").exec(text) ?? [];
	return names.split(/\s+/).flatMap((name) => (name.endsWith(".c") ? [path.join(folder, name)] : []));
}

/** In fixed point, as for a chip. @param {Source} source @param {string} out @returns {Promise<Library>} */
export async function buildOpus(source, out) {
	const { folder } = source;
	const sources = [
		...listed(folder, "opus_sources.mk", "OPUS_SOURCES"),
		...listed(folder, "celt_sources.mk", "CELT_SOURCES"),
		...listed(folder, "silk_sources.mk", "SILK_SOURCES"),
		...listed(folder, "silk_sources.mk", "SILK_SOURCES_FIXED"),
	];
	const includes = [path.join(folder, "include")];
	const parameters = [
		...["-DFIXED_POINT", "-DDISABLE_FLOAT_API", "-DOPUS_BUILD", "-DVAR_ARRAYS", "-DHAVE_LRINTF"],
		...including([...includes, ...["", "celt", "silk", "silk/fixed"].map((name) => path.join(folder, name))]),
	];
	const objects = await objectsOf(path.join(out, "opus"), sources, parameters, []);
	return { objects, includes, version: source.version };
}
