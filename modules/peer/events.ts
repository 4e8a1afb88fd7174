// SPDX-License-Identifier: Apache-2.0
// As much of the DOM's EventTarget as a peer connection needs; XS has none.

/** An event: its type, what it brings, and whose it is. */
export interface PeerEvent {
	readonly type: string;
	/** Set when it is dispatched. */
	readonly target?: unknown;
	readonly currentTarget?: unknown;
}

export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface ListenerOptions {
	/** The listener is removed before it is called. */
	once?: boolean;
}

interface Entry {
	type: string;
	listener: EventListener<never>;
	once: boolean;
}

/**
 * A target of events. `on<type>` properties are called first, then listeners in the order of their adding. A listener
 * that throws is reported on the console, and the others still hear of the event. There is no capture and no bubbling.
 */
export default class EventTarget<Events extends { [Type in keyof Events]: PeerEvent }> {
	#listeners: Entry[] | undefined;

	/** Without effect for null, and for a listener of this type that is there already. */
	addEventListener<Type extends keyof Events & string>(
		type: Type,
		listener: EventListener<Events[Type]> | null,
		options: ListenerOptions | boolean = false,
	): void {
		if (listener === null) return;
		if (typeof listener !== "function" && typeof listener !== "object")
			throw new TypeError("listener: a function, or an object with handleEvent");
		const listeners = (this.#listeners ??= []);
		if (listeners.some((entry) => entry.type === type && entry.listener === listener)) return;
		listeners.push({ type, listener, once: typeof options === "object" && options.once === true });
	}

	removeEventListener<Type extends keyof Events & string>(
		type: Type,
		listener: EventListener<Events[Type]> | null,
	): void {
		this.#listeners = this.#listeners?.filter((entry) => entry.type !== type || entry.listener !== listener);
	}

	/** Whether anybody would hear of an event. */
	hears(type: keyof Events & string): boolean {
		const property = (this as Record<string, unknown>)[`on${type}`];
		return typeof property === "function" || !!this.#listeners?.some((entry) => entry.type === type);
	}

	/** @returns true, for no event can be cancelled */
	dispatchEvent<Type extends keyof Events & string>(event: Events[Type] & { type: Type }): boolean {
		const own = event as { target?: unknown; currentTarget?: unknown };
		own.target = own.currentTarget = this;
		const property = (this as Record<string, unknown>)[`on${event.type}`];
		if (typeof property === "function") call(this, property as EventListener<PeerEvent>, event);
		if (!this.#listeners?.length) return true;
		for (const entry of [...this.#listeners]) {
			if (entry.type !== event.type || !this.#listeners?.includes(entry)) continue;
			if (entry.once) this.#listeners = this.#listeners.filter((other) => other !== entry);
			call(this, entry.listener as EventListener<PeerEvent>, event);
		}
		return true;
	}
}

function call(target: unknown, listener: EventListener<PeerEvent>, event: PeerEvent): void {
	try {
		if (typeof listener === "function") listener.call(target, event);
		else listener.handleEvent(event);
	} catch (error) {
		trace(`exception in an event listener: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
	}
}
