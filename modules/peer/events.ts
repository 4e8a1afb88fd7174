// SPDX-License-Identifier: Apache-2.0
// As much of the DOM's EventTarget as a peer connection needs; XS has none.

/** An event: its type, and what it brings. */
export interface PeerEvent {
	readonly type: string;
}

type Listener<E> = (event: E) => void;

/**
 * A target of events. `on<type>` properties are called first, then listeners in the order of their adding. A listener
 * that throws is reported on the console, and the others still hear of the event.
 */
export default class EventTarget<Events extends { [Type in keyof Events]: PeerEvent }> {
	#listeners: { type: string; listener: Listener<never> }[] = [];

	addEventListener<Type extends keyof Events & string>(type: Type, listener: Listener<Events[Type]>): void {
		if (typeof listener !== "function") throw new TypeError("listener: a function");
		if (this.#listeners.some((entry) => entry.type === type && entry.listener === listener)) return;
		this.#listeners.push({ type, listener });
	}

	removeEventListener<Type extends keyof Events & string>(type: Type, listener: Listener<Events[Type]>): void {
		this.#listeners = this.#listeners.filter((entry) => entry.type !== type || entry.listener !== listener);
	}

	/** For the class that extends this one. */
	protected dispatch<Type extends keyof Events & string>(event: Events[Type] & { type: Type }): void {
		const property = (this as Record<string, unknown>)[`on${event.type}`];
		if (typeof property === "function") call(() => property.call(this, event));
		for (const { type, listener } of [...this.#listeners]) {
			if (type === event.type) call(() => (listener as Listener<PeerEvent>)(event));
		}
	}
}

function call(listener: () => void): void {
	try {
		listener();
	} catch (error) {
		trace(`exception in an event listener: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
	}
}
