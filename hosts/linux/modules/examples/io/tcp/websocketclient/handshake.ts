// SPDX-License-Identifier: Apache-2.0
// The opening handshake of a WebSocket client (RFC 6455 section 4.1).
import type { Head } from "sim/http/message";
import { composeFields } from "sim/http/outlet";

export interface HandshakeOptions {
	host: string;
	path?: string;
	protocol?: string;
	headers?: Iterable<readonly [string, string]>;
}

export function randomBytes(count: number): ArrayBuffer {
	return native("xs_sim_websocket_random").call(undefined, count);
}

export function makeKey(): string {
	return native("xs_sim_websocket_key").call(undefined, randomBytes(16));
}

/** @throws TypeError for a bad header field */
export function composeHandshake(options: HandshakeOptions, key: string): string {
	const headers: [string, string][] = [
		["Host", options.host],
		["Upgrade", "websocket"],
		["Connection", "Upgrade"],
		["Sec-WebSocket-Version", "13"],
		["Sec-WebSocket-Key", key],
	];
	if (options.protocol) headers.push(["Sec-WebSocket-Protocol", options.protocol]);
	const path = options.path || "/";
	if (/[\s\0]/.test(path)) throw new TypeError("path: holds a space");
	return `GET ${path} HTTP/1.1\r\n${composeFields(headers)}${composeFields(options.headers ?? [])}\r\n`;
}

/** @throws Error when the server did not accept */
export function checkHandshake(head: Head, key: string): void {
	if (!/^HTTP\/1\.1 101( |$)/.test(head.line)) throw new Error(`not accepted: ${head.line}`);
	const { headers } = head;
	const connection = (headers.get("connection") ?? "").toLowerCase().split(",");
	const accept: string = native("xs_sim_websocket_accept").call(undefined, key);
	if (
		headers.get("upgrade")?.toLowerCase() !== "websocket" ||
		!connection.some((option) => option.trim() === "upgrade") ||
		headers.get("sec-websocket-accept") !== accept
	)
		throw new Error("not a WebSocket server");
}
