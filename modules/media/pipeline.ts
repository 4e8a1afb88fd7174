// SPDX-License-Identifier: Apache-2.0
// A native source, and the encoders that it feeds: one for each codec in use, shared by all peers.
import fromNative from "webrtc/error/native";

/** The native classes that a pipeline connects. */
export interface NativeSource {
	connect(sink: object): void;
	disconnect(sink: object): void;
	close(): void;
}

export interface NativeEncoder extends NativeSource {
	bitrate: number;
	statistics(): object;
}

interface Branch<Encoder> {
	encoder: Encoder;
	sinks: Set<object>;
}

/** Opens the source on demand, and keeps each encoder as long as it has sinks. */
export default class Pipeline<Source extends NativeSource, Encoder extends NativeEncoder> {
	#makeSource: () => Source;
	#makeEncoder: (codec: string) => Encoder;
	#source: Source | undefined;
	#branches = new Map<string, Branch<Encoder>>();

	constructor(makeSource: () => Source, makeEncoder: (codec: string) => Encoder) {
		this.#makeSource = makeSource;
		this.#makeEncoder = makeEncoder;
	}

	/** Opens the source; the encoders in use are connected to it, should it be a new one. */
	open(): Source {
		if (this.#source) return this.#source;
		const source = attempt(this.#makeSource);
		for (const { encoder } of this.#branches.values()) source.connect(encoder);
		this.#source = source;
		return source;
	}

	attach(sink: object, codec: string): void {
		const source = this.open();
		let branch = this.#branches.get(codec);
		if (!branch) {
			branch = { encoder: attempt(() => this.#makeEncoder(codec)), sinks: new Set() };
			source.connect(branch.encoder);
			this.#branches.set(codec, branch);
		}
		branch.encoder.connect(sink);
		branch.sinks.add(sink);
	}

	detach(sink: object): void {
		for (const [codec, branch] of this.#branches) {
			if (!branch.sinks.delete(sink)) continue;
			branch.encoder.disconnect(sink);
			if (branch.sinks.size) continue;
			this.#source?.disconnect(branch.encoder);
			branch.encoder.close();
			this.#branches.delete(codec);
		}
	}

	/** The source has failed: it is closed, and opened anew by the next open(). */
	fail(): void {
		this.#source?.close();
		this.#source = undefined;
	}

	forEach(visit: (encoder: Encoder) => void): void {
		for (const { encoder } of this.#branches.values()) visit(encoder);
	}

	statistics(): Record<string, object> {
		const statistics: Record<string, object> = {};
		for (const [codec, { encoder }] of this.#branches) statistics[codec] = encoder.statistics();
		return statistics;
	}

	close(): void {
		for (const { encoder } of this.#branches.values()) encoder.close();
		this.#branches.clear();
		this.fail();
	}
}

function attempt<T>(make: () => T): T {
	try {
		return make();
	} catch (cause) {
		throw fromNative(cause, "media/device-failed");
	}
}
