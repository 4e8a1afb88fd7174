// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Whether the platform has one, for tests to set. */
export const platform = { hasEchoCancellation: true };
export const hasEchoCancellation = () => platform.hasEchoCancellation;

export class EchoCanceller {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<EchoCanceller>();
	readonly sinks = new Set<object>();

	constructor(readonly options: { sampleRate?: number }) {
		countNative(1);
		EchoCanceller.open.add(this);
	}

	connect(sink: object): void {
		this.sinks.add(sink);
	}

	disconnect(sink: object): void {
		this.sinks.delete(sink);
	}

	close(): void {
		if (EchoCanceller.open.delete(this)) countNative(-1);
	}
}

export class EchoReference {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<EchoReference>();

	constructor(readonly canceller: EchoCanceller) {
		countNative(1);
		EchoReference.open.add(this);
	}

	close(): void {
		if (EchoReference.open.delete(this)) countNative(-1);
	}
}
