// SPDX-License-Identifier: Apache-2.0
// A native source, and the encoders that it feeds: one for each codec in use, shared by all peers.
import WebRTCError, { type WebRTCErrorCode } from "webrtc/error";
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

/** How natives tell of what goes wrong while media flow. */
export type NativeErrorCallback = (code: string, message: string) => void;

/** What a pipeline is made of. */
export interface PipelineParts<Source, Encoder> {
	/** Begins each error's message: an application may have two captures of one file. */
	kind: "audio" | "video";
	makeSource(onError: NativeErrorCallback): Source;
	makeEncoder(codec: string, onError: NativeErrorCallback): Encoder;
	/** Hears of failures while it runs, of the source and of the encoders. */
	onError(error: WebRTCError): void;
	/** The sinks of an encoder have become others: what each can take, as in `a=fmtp`. */
	onSinks?(encoder: Encoder, parameters: readonly string[], codec: string): void;
}

interface Branch<Encoder> {
	encoder: Encoder;
	/** What each can take. */
	sinks: Map<object, string>;
}

/** Opens the source on demand, and keeps each encoder as long as it has sinks. */
export default class Pipeline<Source extends NativeSource, Encoder extends NativeEncoder> {
	#parts: PipelineParts<Source, Encoder>;
	#source: Source | undefined;
	#branches = new Map<string, Branch<Encoder>>();

	constructor(parts: PipelineParts<Source, Encoder>) {
		this.#parts = parts;
	}

	/** Opens the source; the encoders in use are connected to it, should it be a new one. */
	open(): Source {
		if (this.#source) return this.#source;
		const source = this.attempt(() =>
			this.#parts.makeSource((code, message) => {
				this.closeSource(); // the next open() makes another
				this.report(code, message);
			}),
		);
		for (const { encoder } of this.#branches.values()) source.connect(encoder);
		this.#source = source;
		return source;
	}

	attach(sink: object, codec: string, parameters = ""): void {
		const source = this.open();
		let branch = this.#branches.get(codec);
		if (!branch) {
			const encoder = this.attempt(() =>
				this.#parts.makeEncoder(codec, (code, message) => this.report(code, message)),
			);
			branch = { encoder, sinks: new Map() };
			source.connect(encoder);
			this.#branches.set(codec, branch);
		}
		branch.sinks.set(sink, parameters);
		this.#parts.onSinks?.(branch.encoder, [...branch.sinks.values()], codec);
		branch.encoder.connect(sink);
	}

	detach(sink: object): void {
		for (const [codec, branch] of this.#branches) {
			if (!branch.sinks.delete(sink)) continue;
			branch.encoder.disconnect(sink);
			if (branch.sinks.size) {
				this.#parts.onSinks?.(branch.encoder, [...branch.sinks.values()], codec);
				continue;
			}
			this.#source?.disconnect(branch.encoder);
			branch.encoder.close();
			this.#branches.delete(codec);
		}
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
		this.closeSource();
	}

	private closeSource(): void {
		this.#source?.close();
		this.#source = undefined;
	}

	private report(code: string, message: string): void {
		this.#parts.onError(new WebRTCError(code as WebRTCErrorCode, `${this.#parts.kind}: ${message}`));
	}

	private attempt<T>(make: () => T): T {
		try {
			return make();
		} catch (cause) {
			const { code, message } = fromNative(cause, "media/device-failed");
			throw new WebRTCError(code, `${this.#parts.kind}: ${message}`, cause);
		}
	}
}
