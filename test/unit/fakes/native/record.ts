// SPDX-License-Identifier: Apache-2.0
import { countNative } from "./transport";

/** Recorders throw for this path, as the natives do for a folder that is not there. */
export const unwritable = "/no/such/folder/a.mp4";

export class Recorder {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<Recorder>();
	readonly parts: ArrayBuffer[] = [];
	bytes = 0;
	isFinished = false;

	constructor(
		readonly options: {
			path?: string | undefined;
			channels?: number | undefined;
			onReady?: () => void;
			onError?: (reason: string) => void;
		},
	) {
		if (options.path === unwritable)
			throw Object.assign(new Error("xs_rtc_recorder: No such file or directory"), {
				code: "media/file-unwritable",
			});
		countNative(1);
		Recorder.open.add(this);
	}

	/** So many bytes are there to be read. */
	give(...sizes: number[]): void {
		this.parts.push(...sizes.map((size) => new ArrayBuffer(size)));
		this.options.onReady!();
	}

	read(): ArrayBuffer | undefined {
		if (!Recorder.open.has(this)) throw new SyntaxError("Recorder: closed");
		const part = this.parts.shift();
		this.bytes += part?.byteLength ?? 0;
		return part;
	}

	finish(): void {
		this.isFinished = true;
	}

	statistics() {
		return { frames: 1, framesDropped: 0, packets: 2, packetsDropped: 0, bytes: this.bytes, duration: 3 };
	}

	close(): void {
		if (Recorder.open.delete(this)) countNative(-1);
	}
}

export class RecorderInput {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<RecorderInput>();

	constructor(
		readonly recorder: Recorder,
		readonly isVideo: boolean,
	) {
		countNative(1);
		RecorderInput.open.add(this);
	}

	close(): void {
		if (RecorderInput.open.delete(this)) countNative(-1);
	}
}
