// SPDX-License-Identifier: Apache-2.0
import { countNative } from "../transport";

export default class FrameWriter {
	/** Those that exist now, for tests to look into. */
	static readonly open = new Set<FrameWriter>();
	readonly sinks = new Set<object>();
	readonly written: { size: number; key: boolean }[] = [];

	constructor(readonly options: { codec: string; largest?: number; frames?: number; onKeyFrameWanted?(): void }) {
		if ((options.largest ?? 1) < 1) throw new RangeError("largest: too small");
		countNative(1);
		FrameWriter.open.add(this);
	}

	connect(sink: object): void {
		this.sinks.add(sink);
		if (this.sinks.size === 1) this.options.onKeyFrameWanted?.();
	}

	disconnect(sink: object): void {
		this.sinks.delete(sink);
	}

	write(frame: ArrayBuffer | ArrayBufferView, key: boolean): boolean {
		if (this.sinks.size === 0) return false;
		this.written.push({ size: frame.byteLength, key });
		return true;
	}

	statistics() {
		return { frames: this.written.length };
	}

	close(): void {
		if (FrameWriter.open.delete(this)) countNative(-1);
	}
}
