// SPDX-License-Identifier: Apache-2.0
// A call to OpenAI's realtime API: one POST with the offer and a key for a while, one answer. It is WHIP without what goes
// beside the offer, so the rest is that client's.
import guard from "webrtc/error/guard";
import type { HTTPOptions } from "webrtc/http/client";
import type { SignalingCapabilities } from "webrtc/signaling";
import MediaServerSignaling from "webrtc/signaling/whip/client";

export { serverId } from "webrtc/signaling/whip/client";

/** Which service, and what lets in. */
export interface OpenAIRealtimeOptions extends HTTPOptions {
	/**
	 * Makes a key for each call: an ephemeral one ("ek_…"), that a server of yours gets for you. Those live for minutes, so it
	 * is asked each time. The account's own key does not belong on a device. What it throws is told, and tried again.
	 */
	key(): string | Promise<string>;
	/** Default "https://api.openai.com/v1/realtime/calls". */
	url?: string | undefined;
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

/** The label of the data channel for events, which this side opens: `data: { control: eventsLabel }` of the app. */
export const eventsLabel = "oai-events";

const defaultURL = "https://api.openai.com/v1/realtime/calls";
const capabilities: SignalingCapabilities = Object.freeze({ trickle: false });

/**
 * Calls the service, and again when the call ends. For the role of viewer: the offer is ours, with sound both ways.
 *
 * A key that the service refuses makes it fail: another one would be refused, too.
 */
export default class OpenAIRealtimeSignaling extends MediaServerSignaling {
	#key: OpenAIRealtimeOptions["key"];
	#calls = 0;

	/** @throws TypeError that names the option */
	constructor({ key, url = defaultURL, ...options }: OpenAIRealtimeOptions) {
		super("openai", "viewer", { ...options, url, trickle: false, useLinks: false });
		if (typeof key !== "function") throw new TypeError("key: a function that makes one");
		this.#key = key;
	}

	override get capabilities(): SignalingCapabilities {
		return capabilities;
	}

	protected override begin(): void {
		const call = ++this.#calls;
		const isLast = () => call === this.#calls;
		new Promise<string>((resolve) => resolve(this.#key())).then(
			guard(this, (key: string) => {
				if (!isLast()) return;
				if (typeof key !== "string") throw new TypeError("key: what came is no text");
				this.setToken(key);
				this.askForOffer();
			}),
			guard(this, (cause: unknown) => {
				if (isLast()) this.again(this.error("rejected", "there is no key for a call", cause));
			}),
		);
	}

	/** The service sees that the call has ended. */
	protected override farewell(): void {}

	override close(): void {
		this.#calls++;
		super.close();
	}
}
