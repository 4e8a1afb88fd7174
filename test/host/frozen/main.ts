// SPDX-License-Identifier: Apache-2.0
import config from "mc/config";
import { count, Kept, map, NamedError, open, shut } from "kept";

function attempt(name: string, action: () => void): void {
	try {
		action();
		trace(`${name}: done\n`);
	} catch (error) {
		trace(`${name}: ${(error as Error).constructor.name}\n`);
	}
}

attempt("built-in prototype", () => ((Array.prototype as unknown as Record<string, unknown>).mine = 1));
attempt("built-in object", () => ((Math as { PI: number }).PI = 3));
attempt("built-in class", () => ((Promise as unknown as Record<string, unknown>).mine = 1));
attempt("typed array", () => ((Uint8Array.prototype as unknown as Record<string, unknown>).mine = 1));
attempt("class", () => (Kept.count = 1));
attempt("prototype", () => (Kept.prototype.method = () => 2));
attempt("error name", () => new NamedError("x"));
attempt("frozen object", () => (shut.value = 2));
attempt("map", () => map.set(2, "two"));
attempt("config", () => ((config.deep as { value: number }).value = 2));
attempt("plain object", () => (open.value = 2));
attempt("module variable", () => trace(`${count()} ${count()}\n`));
attempt("instance", () => Object.assign(new Kept(), { extra: 1 }));
attempt("global", () => ((globalThis as Record<string, unknown>).mine = 1));
attempt("console", () => trace(`${typeof (globalThis as Record<string, unknown>).console} ${"😀".length}\n`));
globalThis.simulator?.exit();
