// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The Makefiles: one for the engine and the simulator's runtime, shared by all applications of a variant; one for an
// application's own C.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {import("./manifest.mjs").Merged} Merged */
/** @typedef {{ name: string, debug: boolean, sanitize: boolean, xs: string }} Variant */

export const runtime = fileURLToPath(new URL("../runtime", import.meta.url));

/** The flags of the compiler for the engine, for the runtime, and for an application's C. @param {Variant} variant */
function flagsOf(variant) {
	const optimize = variant.sanitize ? "-O1 -g -fno-omit-frame-pointer" : variant.debug ? "-O0 -g" : "-O2 -g";
	// The engine reads unaligned integers from byte code and shifts as it likes: undefined behaviour is checked in our code.
	const engine = variant.sanitize ? "-fsanitize=address" : "";
	// xsCommon.c measures strings a word at a time, past their ends.
	const words = variant.sanitize ? "-fno-sanitize=address" : "";
	const native = variant.sanitize ? "-fsanitize=address,undefined -fno-sanitize-recover=undefined" : "";
	const defines = [
		"-DINCLUDE_XSPLATFORM",
		'-DXSPLATFORM=\\"sim_platform.h\\"',
		...["mxDebug", "mxNoConsole", "mxBoundsCheck", "mxParse", "mxRun", "mxSloppy"].map((name) => `-D${name}=1`),
	].join(" ");
	const system = ["includes", "platforms", "sources"].map((name) => `-isystem ${variant.xs}/${name}`).join(" ");
	const includes = `-isystem ${runtime}/include -I${runtime} ${system}`;
	return {
		engine: `-std=gnu17 ${optimize} ${engine} -w -fno-common ${defines} ${includes}`,
		words,
		runtime: `-std=gnu17 ${optimize} ${native} -Wall -Wextra -Wno-clobbered ${defines} ${includes} $(GLIB)`,
		native: `${optimize} ${native} -Wall -Wextra ${defines} ${includes} $(GLIB)`,
		link: `${native} -Wl,--wrap=fxBeginHost,--wrap=fxReport,--wrap=fxCStackLimit,--wrap=fxCompileRegExp`,
	};
}

/** @param {string} object @param {string} source @param {string} flags @param {string} [more] */
const rule = (object, source, flags, more = "") =>
	`${object}: ${source}\n\t@echo "# cc ${path.basename(source)}"\n\t@$(CC) $(${flags}) ${more} -MMD -MP -c $< -o $@\n`;

/** What both Makefiles begin with. @param {string} library */
const head = (library) => [
	"CC ?= gcc",
	`GLIB := $(shell pkg-config --cflags ${library})`,
	`GLIB_LIBRARIES := $(shell pkg-config --libs ${library})`,
];

/** What one file of the engine needs: the allocator tells of collections and of full heaps; see sim_heap.c. @param {string} name @param {ReturnType<typeof flagsOf>} flags */
const special = (name, flags) => ({ "xsMemory.c": "-DmxReport=1", "xsCommon.c": flags.words })[name] ?? "";

/** @param {Variant} variant @param {string} out */
export function engineMakefile(variant, out) {
	const flags = flagsOf(variant);
	const sources = path.join(variant.xs, "sources");
	const skipped = ["xsSnapshot.c", "xsffi.c", "xsum.c"];
	const engineFiles = fs.readdirSync(sources).filter((name) => /^xs.*\.c$/.test(name) && !skipped.includes(name));
	const runtimeFiles = fs.readdirSync(runtime).filter((name) => name.endsWith(".c"));
	const object = (/** @type {string} */ name) => path.join(out, name.replace(/\.c$/, ".o"));
	const objects = [...engineFiles, ...runtimeFiles].map(object);
	return [
		...head("glib-2.0"),
		`ENGINE_FLAGS := ${flags.engine}`,
		`RUNTIME_FLAGS := ${flags.runtime}`,
		`all: ${out}/libxs.a`,
		`${out}/libxs.a: ${objects.join(" ")}\n\t@echo "# archive"\n\t@rm -f $@\n\t@ar rcs $@ $^\n`,
		...engineFiles.map((name) =>
			rule(object(name), path.join(sources, name), "ENGINE_FLAGS", special(name, flags)),
		),
		...runtimeFiles.map((name) => rule(object(name), path.join(runtime, name), "RUNTIME_FLAGS")),
		`${objects.join(" ")}: ${out}/flags`,
		`-include ${objects.map((name) => name.replace(/\.o$/, ".d")).join(" ")}`,
		"",
	].join("\n");
}

/** @param {Merged} merged @param {Variant} variant @param {string} out @param {string} engineOut */
export function appMakefile(merged, variant, out, engineOut) {
	const flags = flagsOf(variant);
	const generated = path.join(out, "generated");
	const sources = [...merged.cFiles, path.join(generated, "sim_tables.c")];
	const object = (/** @type {string} */ file) => path.join(out, "objects", `${path.basename(file)}.o`);
	const objects = sources.map(object);
	const isC = (/** @type {string} */ file) => file.endsWith(".c");
	const variables = Object.entries(merged.variables).filter(
		([name]) => /^\w+$/.test(name) && name !== "C_FLAGS" && name !== "LIBRARIES",
	);
	return [
		...head("gio-2.0"),
		...variables.map(([name, value]) => `export ${name} := ${value}`),
		`NATIVE_FLAGS := -I${generated} ${flags.native} ${includesOf(merged)} ${merged.variables.C_FLAGS ?? ""}`,
		`all: ${out}/app`,
		`${out}/app: ${objects.join(" ")} ${engineOut}/libxs.a ${out}/Makefile`,
		'\t@echo "# link"',
		`\t@${sources.every(isC) ? "$(CC)" : "$(CXX)"} ${flags.link} -o $@ ${objects.join(" ")} \\`,
		`\t\t-Wl,--whole-archive ${engineOut}/libxs.a -Wl,--no-whole-archive \\`,
		`\t\t${merged.variables.LIBRARIES ?? ""} $(GLIB_LIBRARIES) -lm -lpthread -ldl`,
		"",
		...sources.map((file) => rule(object(file), file, "NATIVE_FLAGS", isC(file) ? "-std=gnu17" : "-x c++")),
		`${objects.join(" ")}: ${["mc.xs.h", "mc.defines.h"].map((name) => path.join(generated, name)).join(" ")} ${out}/flags`,
		`-include ${objects.map((name) => name.replace(/\.o$/, ".d")).join(" ")}`,
		"",
	].join("\n");
}

/** @param {Merged} merged */
function includesOf(merged) {
	const folders = [...merged.cFolders, ...merged.cFiles.map((file) => path.dirname(file))];
	return [...new Set(folders)].map((folder) => `-I${folder}`).join(" ");
}

/** What, when it changes, makes every object old. @param {Variant} variant @param {Merged} [merged] */
export function flagsText(variant, merged) {
	const own = merged ? [includesOf(merged), merged.variables] : [];
	return `${JSON.stringify([variant, flagsOf(variant), ...own])}\n`;
}
