// SPDX-License-Identifier: Apache-2.0
// Pictures in the order of their numbers: one that comes after a newer one is not shown. One is decoded at a time, and of those
// that come meanwhile the newest is next.

const header = 4; // bytes: the picture's number

export class Pictures {
	#canvas;
	#context;
	#next;
	#isDrawing = false;
	#newest = -1;
	#since = performance.now();
	#first = -1; // number, since the last measure
	#shown = 0;
	#came = 0;
	#bytes = 0;

	constructor(canvas) {
		this.#canvas = canvas;
		this.#context = canvas.getContext("2d", { alpha: false });
	}

	/** A message: a picture behind its number. */
	take(message) {
		const number = new DataView(message).getUint32(0);
		this.#came++;
		this.#bytes += message.byteLength;
		if (number <= this.#newest) return;
		if (this.#first < 0) this.#first = number;
		this.#newest = number;
		this.#next = new Blob([new Uint8Array(message, header)], { type: "image/jpeg" });
		this.#draw();
	}

	async #draw() {
		if (this.#isDrawing) return;
		this.#isDrawing = true;
		while (this.#next) {
			const blob = this.#next;
			this.#next = undefined;
			const bitmap = await createImageBitmap(blob).catch(() => undefined); // of a damaged one, nothing
			if (!bitmap) continue;
			const { width, height } = bitmap;
			if (this.#canvas.width !== width || this.#canvas.height !== height)
				Object.assign(this.#canvas, { width, height });
			this.#context.drawImage(bitmap, 0, 0);
			bitmap.close();
			this.#shown++;
		}
		this.#isDrawing = false;
	}

	/** What came since it was asked last. `missing`: the share of pictures of the camera that did not. */
	measure() {
		const now = performance.now();
		const seconds = (now - this.#since) / 1000;
		const made = this.#first < 0 ? 0 : this.#newest - this.#first + 1;
		const measured = {
			rate: this.#shown / seconds,
			width: this.#newest < 0 ? 0 : this.#canvas.width,
			height: this.#canvas.height,
			bytes: this.#came ? this.#bytes / this.#came : 0,
			bitrate: (this.#bytes * 8) / seconds,
			missing: made ? Math.max(0, 1 - this.#came / made) : 0,
		};
		this.#since = now;
		this.#first = this.#newest < 0 ? -1 : this.#newest + 1;
		this.#shown = this.#came = this.#bytes = 0;
		return measured;
	}
}
