// SPDX-License-Identifier: Apache-2.0
import type { HTTPStream } from "webrtc/http";
import type { Snapshot } from "webrtc/media";

/** One picture on its way to a client. */
export default class Still implements HTTPStream {
	readonly length: number;
	#snapshot: Snapshot;
	#onClose: () => void;
	#sent = 0;

	constructor(snapshot: Snapshot, onClose: () => void) {
		this.length = snapshot.size;
		this.#snapshot = snapshot;
		this.#onClose = onClose;
	}

	start(): void {}

	read(most: number): ArrayBuffer | null {
		const bytes = this.#snapshot.slice(this.#sent, most);
		this.#sent += bytes?.byteLength ?? 0;
		return bytes ?? null;
	}

	close(): void {
		this.#snapshot.close();
		this.#onClose();
	}
}
