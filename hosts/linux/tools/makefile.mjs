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

/** @param {Variant} variant */
function flags(variant) {
	const optimize = variant.sanitize ? "-O1 -g -fno-omit-frame-pointer" : variant.debug ? "-O0 -g" : "-O2 -g";
	return {
		optimize,
		// The engine reads unaligned integers from byte code and shifts as it likes: undefined behaviour is checked in our code.
		engine: variant.sanitize ? "-fsanitize=address" : "",
		native: variant.sanitize ? "-fsanitize=address,undefined -fno-sanitize-recover=undefined" : "",
	};
}

const defines =
	'-DINCLUDE_XSPLATFORM -DXSPLATFORM=\\"sim_platform.h\\" -DmxDebug=1 -DmxNoConsole=1 -DmxBoundsCheck=1 -DmxParse=1 -DmxRun=1 -DmxSloppy=1';

/** @param {Variant} variant */
const engineIncludes = (variant) =>
	`-isystem ${runtime}/include -I${runtime} -isystem ${variant.xs}/includes -isystem ${variant.xs}/platforms -isystem ${variant.xs}/sources`;

/** @param {string} object @param {string} source @param {string} command */
const rule = (object, source, command) =>
	`${object}: ${source}\n\t@echo "# cc ${path.basename(source)}"\n\t@$(CC) ${command} -MMD -MP -c $< -o $@\n`;

/** @param {Variant} variant @param {string} out */
export function engineMakefile(variant, out) {
	const { optimize, engine, native } = flags(variant);
	const sources = path.join(variant.xs, "sources");
	const skipped = ["xsSnapshot.c", "xsffi.c", "xsum.c"];
	const engineFiles = fs.readdirSync(sources).filter((name) => /^xs.*\.c$/.test(name) && !skipped.includes(name));
	const runtimeFiles = fs.readdirSync(runtime).filter((name) => name.endsWith(".c"));
	const object = (/** @type {string} */ name) => path.join(out, name.replace(/\.c$/, ".o"));
	const objects = [...engineFiles, ...runtimeFiles].map(object);
	return [
		"CC ?= gcc",
		"GLIB := $(shell pkg-config --cflags glib-2.0)",
		`all: ${out}/libxs.a`,
		`${out}/libxs.a: ${objects.join(" ")}\n\t@rm -f $@\n\t@ar rcs $@ $^\n`,
		...engineFiles.map((name) =>
			rule(
				object(name),
				path.join(sources, name),
				`-std=gnu17 ${optimize} ${engine} -w -fno-common ${defines} ${engineIncludes(variant)}`,
			),
		),
		...runtimeFiles.map((name) =>
			rule(
				object(name),
				path.join(runtime, name),
				`-std=gnu17 ${optimize} ${native} -Wall -Wextra -Wno-clobbered ${defines} ${engineIncludes(variant)} $(GLIB)`,
			),
		),
		`-include ${objects.map((name) => name.replace(/\.o$/, ".d")).join(" ")}`,
		"",
	].join("\n");
}

/** @param {Merged} merged @param {Variant} variant @param {string} out @param {string} engineOut */
export function appMakefile(merged, variant, out, engineOut) {
	const { optimize, native } = flags(variant);
	const generated = path.join(out, "generated");
	const tables = path.join(generated, "sim_tables.c");
	const objects = path.join(out, "objects");
	const object = (/** @type {string} */ file) => path.join(objects, `${path.basename(file)}.o`);
	const sources = [...merged.cFiles, tables];
	const includes = [...merged.cFolders, ...new Set(merged.cFiles.map((file) => path.dirname(file)))]
		.map((folder) => `-I${folder}`)
		.join(" ");
	const common = `${optimize} ${native} -Wall -Wextra -D_GNU_SOURCE=1 ${defines} -I${generated} ${engineIncludes(variant)} ${includes} $(GLIB) ${merged.variables.C_FLAGS ?? ""}`;
	const cxx = merged.cFiles.some((file) => !file.endsWith(".c"));
	return [
		"CC ?= gcc",
		"GLIB := $(shell pkg-config --cflags gio-2.0)",
		"GLIB_LIBRARIES := $(shell pkg-config --libs gio-2.0)",
		...Object.entries(merged.variables)
			.filter(([name]) => /^\w+$/.test(name) && name !== "C_FLAGS" && name !== "LIBRARIES")
			.map(([name, value]) => `export ${name} := ${value}`),
		`all: ${out}/app`,
		`${out}/app: ${sources.map(object).join(" ")} ${engineOut}/libxs.a ${out}/Makefile`,
		`\t@echo "# link"`,
		`\t@${cxx ? "$(CXX)" : "$(CC)"} ${native} -rdynamic -Wl,--wrap=fxBeginHost,--wrap=fxEndHost -o $@ ${sources.map(object).join(" ")} -Wl,--whole-archive ${engineOut}/libxs.a -Wl,--no-whole-archive ${merged.variables.LIBRARIES ?? ""} $(GLIB_LIBRARIES) -lm -lpthread -ldl`,
		"",
		...sources.map((file) =>
			rule(object(file), file, `${file.endsWith(".c") ? "-std=gnu17" : "-x c++"} ${common}`),
		),
		`$(addprefix ${objects}/,${sources.map((file) => `${path.basename(file)}.o`).join(" ")}): ${path.join(generated, "mc.xs.h")} ${path.join(generated, "mc.defines.h")} ${path.join(out, "flags")}`,
		`-include ${sources.map((file) => object(file).replace(/\.o$/, ".d")).join(" ")}`,
		"",
	].join("\n");
}

/** What, when it changes, makes every object old. @param {Merged} merged @param {Variant} variant */
export const flagsText = (merged, variant) => `${JSON.stringify([variant, merged.variables, merged.cFolders])}\n`;
