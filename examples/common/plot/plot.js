// SPDX-License-Identifier: Apache-2.0

const span = 60; // samples, one each second
const labelHeight = 12; // pixels above the line

/** A line over the last minute, drawn on a canvas, below its scale. It is drawn again when the canvas changes its size. */
export class Plot {
	#canvas;
	#minimumScale;
	#format;
	#values = [];

	/**
	 * @param {HTMLCanvasElement} canvas
	 * @param {number} minimumScale keeps small values from looking large
	 * @param {(value: number) => string} format of the scale
	 */
	constructor(canvas, minimumScale, format) {
		this.#canvas = canvas;
		this.#minimumScale = minimumScale;
		this.#format = format;
		new ResizeObserver(() => this.#draw()).observe(canvas);
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
		this.#canvas.width = Math.round(width * ratio);
		this.#canvas.height = Math.round(height * ratio);
		const context = this.#canvas.getContext("2d");
		context.scale(ratio, ratio);
		const style = getComputedStyle(this.#canvas);
		const scale = round(Math.max(this.#minimumScale, ...this.#values.filter((value) => value !== undefined)));
		const y = (value) => height - 1 - (value / scale) * (height - labelHeight - 2);
		this.#drawScale(context, style, width, [y(0), y(scale / 2), y(scale)], scale);
		context.strokeStyle = style.getPropertyValue("--line");
		context.lineWidth = 1.5;
		context.lineJoin = "round";
		context.beginPath();
		let drawing = false;
		for (const [index, value] of this.#values.entries()) {
			const x = width - ((this.#values.length - 1 - index) / (span - 1)) * width;
			if (value === undefined) drawing = false;
			else if (drawing) context.lineTo(x, y(value));
			else {
				context.moveTo(x, y(value));
				drawing = true;
			}
		}
		context.stroke();
	}

	#drawScale(context, style, width, levels, scale) {
		context.strokeStyle = "#ffffff1f";
		context.beginPath();
		for (const level of levels) {
			context.moveTo(0, Math.round(level) + 0.5);
			context.lineTo(width, Math.round(level) + 0.5);
		}
		context.stroke();
		context.fillStyle = style.getPropertyValue("--quiet");
		context.font = `10px ${style.fontFamily}`;
		context.textBaseline = "top";
		context.fillText(this.#format(scale), 0, 0);
		context.textAlign = "right";
		context.fillText("1 min", width, 0);
	}
}

/** The next of 1, 2, 5, 10, … that is no less. @param {number} value */
function round(value) {
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value * 0.999) ?? value;
}
