// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The cores on a chip's instruction set: QEMU's "virt" machine with 32 bits, which counts instructions.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../hosts/linux/tools/build.mjs";
import { architecture, compile, link, run } from "./compile.mjs";
import { buildMbedtls, buildOpus, buildSrtp, fetchSources, mbedtlsDefine } from "./libraries.mjs";

const here = fileURLToPath(new URL("qemu", import.meta.url));
const native = path.join(root, "native");

const wrapped = ["malloc", "free", "calloc", "realloc"].map((name) => `--wrap=${name}`).join(",");
const memory = { flash: 0x80000000, flash_size: 0x800000, ram: 0x80800000, ram_size: 0x4000000, stack_size: 0x40000 };
const linking = [
	...["--crt0=semihost", "--oslib=semihost", "-Wl,--gc-sections", `-Wl,${wrapped}`],
	...Object.entries(memory).map(([name, value]) => `-Wl,--defsym=__${name}=0x${value.toString(16)}`),
];

/** The cores of a folder, without their bindings to XS. @param {string} folder @param {string[]} [replaced] by a program */
const cores = (folder, replaced = []) =>
	fs
		.readdirSync(path.join(native, folder))
		.filter((name) => /^rtc_.*\.c$/.test(name) && !/_(xs|esp32)\.c$/.test(name) && !replaced.includes(name))
		.map((name) => path.join(native, folder, name));

/** @param {string} names from native/, without "rtc_" and ".c" */
const files = (names) => names.split(" ").map((name) => path.join(native, name.replace("/", "/rtc_") + ".c"));

/** @typedef {{ name: string, sources: string[], parameters: string[], objects: string[] }} Program */

/** @param {string[]} folders */
const including = (folders) => folders.map((folder) => `-I${folder}`);

/** @param {Program} program @param {string} out @param {string[]} folders @returns {Promise<Map<string, number>>} its results */
async function execute(program, out, folders) {
	const folder = path.join(out, "programs", program.name);
	const natives = fs.readdirSync(native).map((name) => path.join(native, name));
	const own = including([here, path.join(root, "test/native"), ...folders, ...natives]);
	const parameters = [...architecture, "-Os", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-DESP_PLATFORM"];
	const sections = ["-ffunction-sections", "-fdata-sections"];
	const sources = [path.join(here, `${program.name}.c`), path.join(here, "chip.c"), ...program.sources];
	const { objects, errors } = await compile(
		sources,
		[...parameters, ...sections, ...own, ...program.parameters],
		folder,
	);
	if (errors.length) throw new Error(errors.join("\n"));
	const file = path.join(folder, "program");
	const failed = await link([...objects, ...program.objects], linking, file);
	if (failed) throw new Error(failed);
	const { output } = await run("timeout", [
		...[
			"300",
			"qemu-system-riscv32",
			"-M",
			"virt",
			"-bios",
			"none",
			"-m",
			"256",
			"-nographic",
			"-icount",
			"shift=0",
		],
		...["-semihosting-config", "enable=on,target=native", "-kernel", file],
	]);
	if (!/^done$/m.test(output)) throw new Error(`${program.name}: ${output.trim() || "no end"}`);
	return new Map([...output.matchAll(/^result (\S+) (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));
}

/**
 * @param {string} out @param {string[]} folders of headers @param {string} generated where sdkconfig.h lies
 * @returns {Promise<{ results: Map<string, number>, versions: string[], missing?: string }>} `missing`: why what needs
 * libraries did not run
 */
export async function emulate(out, folders, generated) {
	const qemu = path.join(out, "qemu");
	const headers = [...folders, generated];
	/** @type {Program} */
	const plain = {
		name: "plain",
		sources: files("transport/stun_filter rtp/h264 rtp/nal_packetizer"),
		parameters: [],
		objects: [],
	};
	const results = await execute(plain, qemu, headers);
	let sources;
	try {
		sources = await fetchSources(out, ["mbedtls", "libsrtp2", "opus"]);
	} catch (error) {
		return { results, versions: [], missing: /** @type {Error} */ (error).message };
	}
	const { mbedtls: tls, libsrtp2: rtp, opus: sound } = sources;
	if (!tls || !rtp || !sound) throw new Error("a source package without a folder");
	const mbedtls = await buildMbedtls(tls, qemu, generated, [...folders, path.join(native, "port")]);
	const srtp = await buildSrtp(rtp, mbedtls, qemu, generated, [...folders, path.join(native, "port")]);
	const opus = await buildOpus(sound, qemu);
	/** @type {Program[]} */
	const programs = [
		{
			name: "secure",
			sources: [
				path.join(here, "chip_link.c"),
				...cores("dtls", ["rtc_dtls_worker.c"]),
				...cores("srtp"),
				...cores("rtp"),
				...files("crypto/crypto frame/pipe"),
			],
			parameters: [
				mbedtlsDefine,
				...[...mbedtls.includes, ...srtp.includes].flatMap((name) => ["-isystem", name]),
			],
			objects: [...mbedtls.objects, ...srtp.objects],
		},
		{
			name: "audio",
			sources: files("codec/opus codec/g711 codec/g711_decoder rtp/payload"),
			parameters: opus.includes.flatMap((name) => ["-isystem", name]),
			objects: opus.objects,
		},
	];
	for (const program of programs)
		for (const [name, value] of await execute(program, qemu, headers)) results.set(name, value);
	const versions = [`Mbed TLS ${mbedtls.version}`, `libsrtp ${srtp.version}`, `Opus ${opus.version}`];
	return { results, versions };
}
