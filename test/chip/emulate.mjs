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

/** @param {string} folder @param {string} names */
const cores = (folder, names) => names.split(" ").map((name) => path.join(native, folder, `rtc_${name}.c`));

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
		sources: [...cores("transport", "stun_filter"), ...cores("rtp", "h264")],
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
				...cores(
					"dtls",
					"dtls dtls_park dtls_queue dtls_reassembly dtls_session certificate ecdsa fingerprint mbedtls",
				),
				...cores("crypto", "crypto"),
				...cores("srtp", "srtp srtp_handlers"),
				...cores("rtp", "rtp rtcp h264 rtp_feedback rtp_sender"),
				...cores("frame", "pipe"),
			],
			parameters: [
				mbedtlsDefine,
				...[...mbedtls.includes, ...srtp.includes].flatMap((name) => ["-isystem", name]),
			],
			objects: [...mbedtls.objects, ...srtp.objects],
		},
		{
			name: "audio",
			sources: cores("codec", "opus g711"),
			parameters: opus.includes.flatMap((name) => ["-isystem", name]),
			objects: opus.objects,
		},
	];
	for (const program of programs)
		for (const [name, value] of await execute(program, qemu, headers)) results.set(name, value);
	const versions = [`Mbed TLS ${mbedtls.version}`, `libsrtp ${srtp.version}`, `Opus ${opus.version}`];
	return { results, versions };
}
