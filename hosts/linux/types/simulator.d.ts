// SPDX-License-Identifier: Apache-2.0

/** What only the simulator has. Undefined on a device: write `globalThis.simulator?.…`. */
interface Simulator {
	/**
	 * The function to call, once, on SIGINT and SIGTERM. The machine ends when the promise that it returns settles (at
	 * the latest after 5 s), or at once when it returns none. Pass undefined to remove it.
	 */
	onTerminate(callback: ((signal: "SIGINT" | "SIGTERM") => unknown) | undefined): void;
	/**
	 * The function to call with each line of the standard input, at most 255 bytes of UTF-8; what is longer is left out. It does
	 * not keep the machine running. Pass undefined to remove it.
	 */
	onLine(callback: ((line: string) => void) | undefined): void;
	/** Ends the machine when the current callback has returned, with an exit status (0). */
	exit(status?: number): void;
	/** Collects garbage. */
	collect(): void;
}
// eslint-disable-next-line no-var -- only var declares a property of globalThis
declare var simulator: Simulator | undefined;
