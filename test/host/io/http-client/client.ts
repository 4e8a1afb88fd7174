// SPDX-License-Identifier: Apache-2.0
import type HTTPClient from "embedded:network/http/client";
import type { RequestOptions } from "embedded:network/http/client";
import config from "mc/config";

export interface Answer {
	status: number;
	statusText: string;
	headers: Map<string, string>;
	body: string;
	size: number;
	error: Error | null;
}

export const port = (name: string): number => Number(config[name]);
export const setting = (name: string): string => String(config[name]);

export function connect(portName: string, onError?: (error?: unknown) => void): HTTPClient {
	const http = device.network!.http!;
	return new http.io({ ...http, host: "localhost", port: port(portName), ...(onError ? { onError } : {}) });
}

/** One request; its body is kept up to some bytes. */
export function ask(client: HTTPClient, options: RequestOptions & { body?: ArrayBuffer }): Promise<Answer> {
	return new Promise((resolve) => {
		const answer: Answer = { status: 0, statusText: "", headers: new Map(), body: "", size: 0, error: null };
		let sent = 0;
		client.request({
			...options,
			onHeaders(status, headers, statusText) {
				Object.assign(answer, { status, headers, statusText });
			},
			onReadable(count) {
				const data = this.read(count)!;
				answer.size += data.byteLength;
				if (answer.body.length < 1000) answer.body += String.fromArrayBuffer(data);
			},
			onWritable(count) {
				const { body } = options;
				if (!body) return;
				const part = body.slice(sent, sent + count);
				sent += part.byteLength;
				if (part.byteLength) this.write(part);
				else if (options.headers?.has("transfer-encoding")) this.write();
			},
			onDone(error) {
				resolve({ ...answer, error });
			},
		});
	});
}
