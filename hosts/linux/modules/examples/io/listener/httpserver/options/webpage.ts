// SPDX-License-Identifier: Apache-2.0
// A route that answers with `data`: { ...WebPage, data: ArrayBuffer or string, contentType? }, as the SDK's.
import type { HTTPConnection, HTTPConnectionHandlers, HTTPResponse } from "embedded:network/http/server";

interface Page extends HTTPConnectionHandlers {
	data: ArrayBuffer | ArrayBufferView | string;
	contentType?: string;
	/** What each connection has still to send. */
	rest?: WeakMap<HTTPConnection, Uint8Array>;
}

function bytesOf(data: Page["data"]): Uint8Array {
	if (typeof data === "string") return new Uint8Array(ArrayBuffer.fromString(data));
	return ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
}

export default Object.freeze({
	onResponse(this: HTTPConnection, response: HTTPResponse): void {
		const page = this.route as Page;
		const bytes = bytesOf(page.data);
		page.rest ??= new WeakMap();
		page.rest.set(this, bytes);
		response.headers.set("content-length", bytes.length);
		response.headers.set("content-type", page.contentType ?? "text/html");
		this.respond(response);
	},
	onWritable(this: HTTPConnection, count: number): void {
		const { rest } = this.route as Page;
		const bytes = rest?.get(this);
		if (!bytes) return;
		rest!.set(this, bytes.subarray(count));
		this.write(bytes.subarray(0, count));
	},
});
