// SPDX-License-Identifier: Apache-2.0
// Pictures by HTTP: one, or one after the other, for what shows no WebRTC. They go from native memory to the client in parts of
// a kilobyte, whatever the size of the machine's heap.
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import { textResponse } from "webrtc/http/status";
import type { MediaCapture } from "webrtc/media";
import { jpegCodec } from "webrtc/media/jpeg";
import takeSnapshot from "webrtc/media/snapshot";
import Motion from "webrtc/pictures/motion";
import Still from "webrtc/pictures/still";
import { consistsOf, isDigit } from "webrtc/text";

/** What makes the pictures: a VideoCapture that knows "JPEG", or what else feeds a FrameReader. */
export type PictureSource = Pick<MediaCapture, "attach" | "detach">;

export interface PicturesOptions {
	source: PictureSource;
	/** Of JPEG, 1 … 100, unless the request says `?quality=`. Default 75. */
	quality?: number | undefined;
	/** Of those one after the other, a second at most, 1 … 120. Default 10. */
	framerate?: number | undefined;
	/** Single pictures that are made or leave at once, 1 … 16. Default 4; one more is answered with 503. */
	maximumStills?: number | undefined;
	/** Clients at once that get one after the other, 1 … 16. Default 3; one more is answered with 503. */
	maximumMotions?: number | undefined;
	/** Milliseconds for a single picture to be made, 100 … 60,000. Default 3,000; then 503. */
	timeout?: number | undefined;
}

type Respond = (response: HTTPResponse) => void;

const common = Object.freeze({ "cache-control": "no-store", "x-content-type-options": "nosniff" });

/** Answers requests with pictures. Who may have them is for its caller to say. */
export default class Pictures {
	#source: PictureSource;
	#quality: number;
	#framerate: number;
	#timeout: number;
	#stills: number;
	#motions: number;
	#leaving = new Set<Still | Motion>();
	#made = 0; // stills that are being made

	/** @throws RangeError that names the option */
	constructor(options: PicturesOptions) {
		const { source, quality = 75, framerate = 10, timeout = 3000 } = options;
		jpegCodec({ quality, framerate }); // throws
		this.#source = source;
		this.#quality = quality;
		this.#framerate = framerate;
		this.#timeout = timeout;
		this.#stills = most("maximumStills", options.maximumStills ?? 4);
		this.#motions = most("maximumMotions", options.maximumMotions ?? 3);
	}

	/** Clients that get pictures one after the other. */
	get watching(): number {
		return this.count(Motion);
	}

	/** Answers GET with one picture: `?quality=90`. */
	still(request: HTTPRequest, respond: Respond): void {
		const quality = this.quality(request, respond);
		if (quality === undefined) return;
		if (this.#made + this.count(Still) >= this.#stills) return respond(tooMany());
		this.#made++;
		takeSnapshot(this.#source, { quality, timeout: this.#timeout }).then(
			(snapshot) => {
				this.#made--;
				const stream = new Still(snapshot, () => this.#leaving.delete(stream));
				this.#leaving.add(stream);
				respond({ status: 200, headers: { ...common, "content-type": "image/jpeg" }, stream });
			},
			(error: Error) => {
				this.#made--;
				respond(textResponse(503, `There is no picture: ${error.message}.`, { "retry-after": "1" }));
			},
		);
	}

	/** Answers GET with one picture after the other (multipart/x-mixed-replace), until the client has enough. */
	motion(request: HTTPRequest, respond: Respond): void {
		const quality = this.quality(request, respond);
		if (quality === undefined) return;
		if (this.watching >= this.#motions) return respond(tooMany());
		const codec = jpegCodec({ quality, framerate: this.#framerate });
		const stream: Motion = new Motion(this.#source, codec, () => this.#leaving.delete(stream));
		this.#leaving.add(stream);
		respond({ status: 200, headers: { ...common, "content-type": Motion.type }, stream });
	}

	/** Undefined: the request has been answered. */
	private quality({ method, query }: HTTPRequest, respond: Respond): number | undefined {
		const given = query.startsWith("quality=") ? query.slice("quality=".length) : undefined;
		const isNumber = given === undefined || consistsOf(given, isDigit, 1, 3);
		const quality = given === undefined ? this.#quality : Number(given);
		if (method !== "GET" && method !== "HEAD") respond({ status: 405, headers: { allow: "GET, HEAD" } });
		else if (isNumber && quality >= 1 && quality <= 100) return quality;
		else respond(textResponse(400, "quality: 1 to 100."));
		return undefined;
	}

	private count(kind: typeof Still | typeof Motion): number {
		let count = 0;
		for (const each of this.#leaving) if (each instanceof kind) count++;
		return count;
	}
}

function most(name: string, value: number): number {
	if (!Number.isInteger(value) || value < 1 || value > 16) throw new RangeError(`${name}: 1 to 16`);
	return value;
}

function tooMany(): HTTPResponse {
	return textResponse(503, "Too many want pictures at once.", { "retry-after": "1" });
}
