// SPDX-License-Identifier: Apache-2.0
declare module "mc/config" {
	/** The manifest's `config`, with the `key=value` pairs of the command line over it (those are always strings). */
	const config: Readonly<Record<string, unknown>>;
	export default config;
}
