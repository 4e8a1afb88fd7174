// SPDX-License-Identifier: Apache-2.0

const span = 60; // samples, one each second

/** A line over the last minute, drawn on a canvas; `minimumScale` keeps small values from looking large. */
export class Plot {
	#canvas;
	#minimumScale;
	#values = [];

	constructor(canvas, minimumScale) {
		this.#canvas = canvas;
		this.#minimumScale = minimumScale;
	}

	/** @param {number | undefined} value undefined leaves a gap */
	add(value) {
		this.#values.push(value);
		if (this.#values.length > span) this.#values.shift();
		this.#draw();
	}

	#draw() {
		const { clientWidth: width, clientHeight: height } = this.#canvas;
		const ratio = devicePixelRatio;
		this.#canvas.width = width * ratio;
		this.#canvas.height = height * ratio;
		const context = this.#canvas.getContext("2d");
		context.scale(ratio, ratio);
		const scale = Math.max(this.#minimumScale, ...this.#values.filter((value) => value !== undefined)) * 1.1;
		const x = (index) => width - ((this.#values.length - 1 - index) / (span - 1)) * width;
		const y = (value) => height - 1 - (value / scale) * (height - 2);
		context.strokeStyle = "#ffffff1f";
		context.beginPath();
		context.moveTo(0, height - 0.5);
		context.lineTo(width, height - 0.5);
		context.stroke();
		context.strokeStyle = getComputedStyle(this.#canvas).getPropertyValue("--line");
		context.lineWidth = 1.5;
		context.lineJoin = "round";
		context.beginPath();
		let drawing = false;
		for (const [index, value] of this.#values.entries()) {
			if (value === undefined) drawing = false;
			else if (drawing) context.lineTo(x(index), y(value));
			else {
				context.moveTo(x(index), y(value));
				drawing = true;
			}
		}
		context.stroke();
	}
}
