// SPDX-License-Identifier: Apache-2.0
// Keys for calls: one that is set, or a new one for each call from a server of one's own. None of them is for a log.
import { text } from "examples/config";
import trust from "examples/trust";
import { parseObject, textOf } from "webrtc/device/json";
import HTTPConnections, { type Response } from "webrtc/http/client";
import { parseURL, type URLParts } from "webrtc/http/url";

const patience = 10_000; // ms
const longestKey = 2048; // characters

/** Where keys come from. */
export interface Keys {
	/** A key for the next call. */
	next(): string | Promise<string>;
	close(): void;
}

/** What mc/config says; undefined: nothing. @throws TypeError that names the option */
export default function keys(): Keys | undefined {
	const url = text("keyURL");
	if (url) return new KeyServer(parseURL(url, "keyURL"), text("keyToken"));
	const key = text("key");
	return key ? { next: () => key, close() {} } : undefined;
}

/** Answers GET with an ephemeral key: as text, or as the service has answered it, in `value`. */
class KeyServer implements Keys {
	#url: URLParts;
	#token: string | undefined;
	#http = new HTTPConnections({ ...trust(), maximumBody: 8192 });

	constructor(url: URLParts, token: string | undefined) {
		this.#url = url;
		this.#token = token;
	}

	next(): Promise<string> {
		const headers = new Map<string, string>();
		if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
		return new Promise((resolve, reject) => {
			this.#http.send({
				url: this.#url,
				method: "GET",
				headers,
				timeout: patience,
				onDone(error, response) {
					try {
						if (!response) throw error!;
						resolve(keyIn(response));
					} catch (cause) {
						reject(cause as Error);
					}
				},
			});
		});
	}

	close(): void {
		this.#http.close();
	}
}

/** @throws Error, whose text has nothing of what came */
function keyIn({ status, body }: Response): string {
	if (status !== 200) throw new Error(`the server of keys answers with status ${status}`);
	const text = body.trim();
	const key = text.startsWith("{")
		? parseObject(new Uint8Array(ArrayBuffer.fromString(text)), ["value"]).value
		: text;
	const usable = textOf(key, longestKey);
	if (usable === undefined) throw new Error("the server of keys has answered without one");
	return usable;
}
