// SPDX-License-Identifier: Apache-2.0
// What is known of channels, kept over restarts: two round trips and a TLS connection less.
import { parseURL } from "webrtc/aws/url";
import { isObject, parseObject } from "webrtc/device/json";
import { regionOf } from "webrtc/signaling/kvs/requests";
import type { Knowledge } from "webrtc/signaling/kvs/types";
import Preference from "preference";

/** Where the knowledge of one channel is kept, for one role. Bring your own, to share it among clients, say. */
export interface KnowledgeCache {
	read(): Knowledge | undefined;
	/** @param knowledge undefined: it has turned out to be stale */
	write(knowledge: Knowledge | undefined): void;
}

const domain = "kvs";
const lifetime = 10 * 3_600_000; // ms
const longest = 3_900; // bytes: NVS takes strings of up to 4000
const keys = Object.freeze(["identity", "time", "knowledge", "arn", "endpoints", "https", "wss", "webrtc", "storage"]);

/** In the device's storage. */
export default class StoredCache implements KnowledgeCache {
	#identity: string;
	#name: string;
	#now: () => number;

	/**
	 * @param identity all that the knowledge depends on
	 * @param hash of the identity, for a name: as different ones may meet there, the identity is stored along
	 * @param now milliseconds since 1970
	 */
	constructor(identity: string, hash: (data: ArrayBuffer) => ArrayBuffer, now: () => number) {
		this.#identity = identity;
		this.#now = now;
		const bytes = new Uint8Array(hash(ArrayBuffer.fromString(identity)), 0, 7);
		this.#name = `c${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
	}

	read(): Knowledge | undefined {
		const text = Preference.get(domain, this.#name);
		if (typeof text !== "string") return undefined;
		try {
			const { identity, time, knowledge } = parseObject(new Uint8Array(ArrayBuffer.fromString(text)), keys);
			if (identity !== this.#identity || typeof time !== "number") return undefined;
			const age = this.#now() - time;
			return age >= 0 && age < lifetime ? checkKnowledge(knowledge) : undefined;
		} catch {
			Preference.delete(domain, this.#name);
			return undefined;
		}
	}

	write(knowledge: Knowledge | undefined): void {
		const text = knowledge && JSON.stringify({ identity: this.#identity, time: this.#now(), knowledge });
		if (text && text.length <= longest) Preference.set(domain, this.#name, text);
		else Preference.delete(domain, this.#name);
	}
}

/** @throws TypeError for what is not whole */
export function checkKnowledge(value: unknown): Knowledge {
	if (!isObject<"arn" | "storage" | "endpoints">(value) || !isObject<"https" | "wss" | "webrtc">(value.endpoints))
		throw new TypeError("no knowledge");
	const { arn, storage, endpoints } = value;
	const { https, wss, webrtc } = endpoints;
	if (regionOf(arn) === undefined) throw new TypeError("no ARN");
	for (const url of webrtc === undefined ? [https, wss] : [https, wss, webrtc]) parseURL(url);
	const knowledge: Knowledge = {
		arn: arn as string,
		endpoints: {
			https: https as string,
			wss: wss as string,
			...(webrtc === undefined ? {} : { webrtc: webrtc as string }),
		},
	};
	if (storage === true) knowledge.storage = storage;
	return knowledge;
}
