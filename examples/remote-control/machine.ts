// SPDX-License-Identifier: Apache-2.0
// What is controlled: two lamps that are on or off, and two wheels that a joystick drives. On a board the setter of a pin is
// where `Digital` and `PWM` of ECMA-419 go.
import Timer from "timer";

/** 0 and 1, or -100 to 100 per cent for the wheels. */
export interface Pins {
	lamp: number;
	horn: number;
	left: number;
	right: number;
}

const patience = 500; // ms without a joystick's message, after which the wheels stop: its user may be gone

export default class Machine {
	readonly pins: Readonly<Pins> = { lamp: 0, horn: 0, left: 0, right: 0 };
	#onChange: () => void;
	#watch: ReturnType<typeof Timer.set> | undefined;

	constructor(onChange: () => void) {
		this.#onChange = onChange;
	}

	/** @throws RangeError for what is no lamp or horn */
	toggle(name: unknown, isOn: unknown): void {
		if (name !== "lamp" && name !== "horn") throw new RangeError("pin: lamp or horn");
		this.set(name, isOn ? 1 : 0);
	}

	/** The stick at -1 to 1 to the right and forwards, as two bytes of -127 to 127. */
	drive(message: ArrayBuffer): void {
		if (message.byteLength !== 2) return;
		const [x = 0, y = 0] = new Int8Array(message);
		const percent = (value: number) => Math.max(-100, Math.min(100, Math.round((value * 100) / 127)));
		this.set("left", percent(y + x));
		this.set("right", percent(y - x));
		if (this.#watch !== undefined) Timer.clear(this.#watch);
		this.#watch = x || y ? Timer.set(() => this.stop(), patience) : undefined;
	}

	stop(): void {
		if (this.#watch !== undefined) Timer.clear(this.#watch);
		this.#watch = undefined;
		this.set("left", 0);
		this.set("right", 0);
	}

	private set(name: keyof Pins, value: number): void {
		if (this.pins[name] === value) return;
		(this.pins as Pins)[name] = value;
		this.#onChange();
	}
}
