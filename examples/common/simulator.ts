// SPDX-License-Identifier: Apache-2.0

interface Simulator {
	/** What to call on SIGINT and SIGTERM; the machine ends when its promise settles. */
	onTerminate(callback: () => unknown): void;
	/** What to call with each line that is typed at the terminal. */
	onLine(callback: (line: string) => void): void;
	/** Ends the machine with this status. */
	exit(status?: number): void;
	/** Collects garbage. */
	collect(): void;
}

/** What only the simulator has; undefined on a device. */
const { simulator } = globalThis as { simulator?: Simulator };
export default simulator;
