// SPDX-License-Identifier: Apache-2.0
// The bell: pages hear of each ring at once, and get a picture of who has rung as soon as there is one. The last ring's is kept,
// for pages that come later, outside of the machine's heap.
import Time from "time";
import type { Snapshot } from "webrtc/media";
import type { RTCDataChannel } from "webrtc/peer";
import PageLink from "doorbell/page";

const quiet = 2000; // ms in which the bell does not ring again

export default class Bell {
	#takePicture: () => Promise<Snapshot>;
	#pages = new Map<RTCDataChannel, PageLink>();
	#count = 0;
	#rungAt = -Infinity; // by Time.ticks
	#date = 0;
	#picture: Snapshot | undefined;

	constructor(takePicture: () => Promise<Snapshot>) {
		this.#takePicture = takePicture;
	}

	/** Somebody has pressed the button. @returns whether it rings: not twice in two seconds */
	ring(): boolean {
		if (Time.ticks - this.#rungAt < quiet) return false;
		this.#rungAt = Time.ticks;
		this.#date = Date.now();
		const ring = ++this.#count;
		this.forget();
		this.tell({ ring, at: this.#date });
		this.#takePicture().then(
			(picture) => {
				if (ring !== this.#count) return picture.close(); // another has rung meanwhile
				this.#picture = picture;
				for (const page of this.#pages.values()) page.show(ring, picture);
			},
			(error: Error) => trace(`There is no picture of ring ${ring}: ${error.message}\n`),
		);
		return true;
	}

	/** A page looks on: it hears of the last ring, and of those to come. */
	add(channel: RTCDataChannel): void {
		const page = new PageLink(channel);
		this.#pages.set(channel, page);
		if (!this.#count) return;
		page.tell({ ring: this.#count, at: this.#date, isOld: true });
		if (this.#picture) page.show(this.#count, this.#picture);
	}

	remove(channel: RTCDataChannel): void {
		this.#pages.delete(channel);
	}

	/** To all pages; who does not listen misses it. */
	tell(message: object): void {
		for (const page of this.#pages.values()) page.tell(message);
	}

	close(): void {
		this.#pages.clear();
		this.forget();
		this.#count++; // a picture that is being made is nobody's
	}

	private forget(): void {
		for (const page of this.#pages.values()) page.hide();
		this.#picture?.close();
		this.#picture = undefined;
	}
}
