// SPDX-License-Identifier: Apache-2.0
// A joystick by pointer or arrow keys. While it is held it says where it is, ten times a second: the device stops its wheels
// when it hears nothing.

const period = 100; // ms
const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {HTMLElement} pad @param {HTMLElement} knob @param {(x: number, y: number) => void} onMove -1 to 1: right, forwards */
export function joystick(pad, knob, onMove) {
	const pressed = new Set();
	let timer;
	let at = [0, 0];

	function move(x, y) {
		const length = Math.max(1, Math.hypot(x, y));
		at = [x / length, y / length];
		knob.style.transform = `translate(${at[0] * 3.5}rem, ${-at[1] * 3.5}rem)`;
		onMove(...at);
		if (!x && !y) {
			clearInterval(timer);
			timer = undefined;
		} else timer ??= setInterval(() => onMove(...at), period);
	}

	function follow({ clientX, clientY }) {
		const { left, top, width, height } = pad.getBoundingClientRect();
		move(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
	}

	function steer() {
		let [x, y] = [0, 0];
		for (const key of pressed) {
			x += keys[key][0];
			y += keys[key][1];
		}
		move(x, y);
	}

	pad.onpointerdown = (event) => {
		pad.setPointerCapture(event.pointerId);
		follow(event);
	};
	pad.onpointermove = (event) => pad.hasPointerCapture(event.pointerId) && follow(event);
	pad.onpointerup = pad.onpointercancel = () => move(0, 0);
	pad.onkeydown = (event) => {
		if (!keys[event.key]) return;
		event.preventDefault();
		if (!event.repeat) steer(pressed.add(event.key));
	};
	pad.onkeyup = (event) => pressed.delete(event.key) && steer();
	pad.onblur = () => {
		pressed.clear();
		move(0, 0);
	};
}
