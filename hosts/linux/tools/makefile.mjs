// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The Makefiles: one for the engine and the simulator's runtime, shared by all applications of a variant; one for an
// application, whose objects are shared by all that compile the same file in the same way.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as i386 from "./i386.mjs";

/** @typedef {import("./manifest.mjs").Merged} Merged */
/** `i386`: the root of Debian's i386 packages, for 32 bits. @typedef {{ name: string, debug: boolean, sanitize: boolean, xs: string, i386?: string }} Variant */

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
		link: `${native} ${variant.i386 ? i386.linkFlags(variant.i386) : ""} -Wl,--wrap=fxBeginHost,--wrap=fxReport,--wrap=fxCStackLimit,--wrap=fxCompileRegExp`,
	};
}

/**
 * An object is as old as the beginning of its compilation: a header that changes meanwhile makes it old.
 * @param {string} object @param {string} source @param {string} flags @param {string} [more]
 */
const rule = (object, source, flags, more = "") =>
	[
		`${object}: ${source}`,
		`\t@echo "# cc ${path.basename(source)}"`,
		`\t@began=$$(date +@%s.%N); $(CC) $(${flags}) ${more} -MD -MP -c $< -o $@ && touch -d $$began $@`,
		"",
	].join("\n");

/** What both Makefiles begin with. @param {Variant} variant @param {string} library */
function head({ i386: root }, library) {
	const pkgConfig = root ? i386.pkgConfig(root) : "pkg-config";
	return [
		root ? `CC := ${i386.compiler(root)}` : "CC ?= gcc",
		`GLIB := $(shell ${pkgConfig} --cflags ${library})`,
		`GLIB_LIBRARIES := $(shell ${pkgConfig} --libs ${library})`,
	];
}

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
		...head(variant, "glib-2.0"),
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

/** @typedef {{ file: string, object: string, flags: string }} NativeObject */

/**
 * How a C file is compiled. The object's name has a digest of the command, in which `headers` is a folder that is named
 * by what is in it.
 * @param {string} file @param {string} headers @param {string[]} folders @param {Merged} merged @param {Variant} variant
 * @param {string} objects the folder of the variant's objects
 * @returns {NativeObject}
 */
export function nativeObject(file, headers, folders, merged, variant, objects) {
	const includes = folders.map((folder) => `-I${folder}`).join(" ");
	const language = file.endsWith(".c") ? "-std=gnu17" : "-x c++";
	const flags = `-I${headers} ${includes} ${merged.variables.C_FLAGS ?? ""} ${language}`;
	const command = JSON.stringify([process.env.CC, flagsOf(variant).native, exported(merged), flags, file]);
	return { file, flags, object: path.join(objects, `${path.basename(file)}-${digest(command)}.o`) };
}

/** @param {string} text */
export const digest = (text) => crypto.createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The manifest's own variables, which C_FLAGS may refer to. @param {Merged} merged */
const exported = (merged) =>
	Object.entries(merged.variables).filter(
		([name]) => /^\w+$/.test(name) && name !== "C_FLAGS" && name !== "LIBRARIES",
	);

/** @param {Merged} merged @param {NativeObject[]} natives @param {Variant} variant @param {string} out @param {string} engineOut */
export function appMakefile(merged, natives, variant, out, engineOut) {
	const flags = flagsOf(variant);
	const tables = path.join(out, "generated/sim_tables.c");
	const tablesObject = path.join(out, "sim_tables.o");
	const objects = [...natives.map(({ object }) => object), tablesObject];
	const compiler = natives.every(({ file }) => file.endsWith(".c")) ? "$(CC)" : "$(CXX)";
	return [
		...head(variant, "gio-2.0"),
		...exported(merged).map(([name, value]) => `export ${name} := ${value}`),
		`NATIVE_FLAGS := ${flags.native}`,
		`all: ${out}/app`,
		`${out}/app: ${objects.join(" ")} ${engineOut}/libxs.a ${out}/Makefile`,
		'\t@echo "# link"',
		`\t@${compiler} ${flags.link} -o $@ ${objects.join(" ")} \\`,
		`\t\t-Wl,--whole-archive ${engineOut}/libxs.a -Wl,--no-whole-archive \\`,
		`\t\t${merged.variables.LIBRARIES ?? ""} $(GLIB_LIBRARIES) -lm -lpthread -ldl`,
		"",
		...natives.map((native) => rule(native.object, native.file, "NATIVE_FLAGS", native.flags)),
		rule(tablesObject, tables, "NATIVE_FLAGS", "-std=gnu17"),
		`${tablesObject}: ${out}/flags`,
		`-include ${objects.map((name) => name.replace(/\.o$/, ".d")).join(" ")}`,
		"",
	].join("\n");
}

/** What, when it changes, makes the engine's objects, or an application's tables, old. @param {Variant} variant */
export const flagsText = (variant) => `${JSON.stringify([variant, flagsOf(variant)])}\n`;
