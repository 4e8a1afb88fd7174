// SPDX-License-Identifier: Apache-2.0
// Packets of MQTT 3.1.1 (OASIS), as bytes.

/** The types (section 2.2.1). */
export const types = Object.freeze({
	CONNECT: 1,
	CONNACK: 2,
	PUBLISH: 3,
	PUBACK: 4,
	PUBREC: 5,
	PUBREL: 6,
	PUBCOMP: 7,
	SUBSCRIBE: 8,
	SUBACK: 9,
	UNSUBSCRIBE: 10,
	UNSUBACK: 11,
	PINGREQ: 12,
	PINGRESP: 13,
	DISCONNECT: 14,
} as const);

/** The fixed header: a type, flags, the length of what follows. */
export interface PacketHead {
	type: number;
	flags: number;
	length: number;
	/** Bytes of the header itself. */
	size: number;
}

export interface Will {
	topic?: string;
	message?: string | ArrayBuffer;
	QoS?: number;
	retain?: boolean;
}

export interface ConnectOptions {
	id?: string;
	clean?: boolean;
	user?: string;
	password?: string | ArrayBuffer;
	will?: Will;
}

const bytesOfText = (text: string | ArrayBuffer): Uint8Array =>
	new Uint8Array(typeof text === "string" ? ArrayBuffer.fromString(text) : text);

/** Bytes behind their number, as all fields of varying length are (section 1.5.3). */
function field(text: string | ArrayBuffer): Uint8Array {
	const bytes = bytesOfText(text);
	if (bytes.length > 65_535) throw new RangeError("a field has 65535 bytes at most");
	return join([Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

/** The length that goes before a packet's content (section 2.2.3). */
function lengthOf(size: number): Uint8Array {
	const bytes = [];
	for (let rest = size; ; rest = Math.floor(rest / 128)) {
		bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
		if (rest < 128) return Uint8Array.from(bytes);
	}
}

/** @param more bytes of the content that follow later */
export function composePacket(type: number, flags: number, content: readonly Uint8Array[], more = 0): Uint8Array {
	const whole = join(content);
	return join([Uint8Array.of((type << 4) | flags), lengthOf(whole.length + more), whole]);
}

/** @param keepAlive seconds */
export function composeConnect(
	{ id = "", clean = true, user, password, will }: ConnectOptions,
	keepAlive: number,
): Uint8Array {
	const isWill = Boolean(will?.topic && will.message);
	const flags =
		(clean ? 2 : 0) |
		(isWill ? 4 | (((will!.QoS ?? 0) & 3) << 3) | (will!.retain ? 0x20 : 0) : 0) |
		(password ? 0x40 : 0) |
		(user ? 0x80 : 0);
	return composePacket(types.CONNECT, 0, [
		field("MQTT"),
		Uint8Array.of(4, flags, keepAlive >> 8, keepAlive & 255),
		field(id),
		...(isWill ? [field(will!.topic!), field(will!.message!)] : []),
		...(user ? [field(user)] : []),
		...(password ? [field(password)] : []),
	]);
}

/** The head of a PUBLISH (section 3.3), and as much of its payload as is there. @param size of the whole payload */
export function composePublish(
	{
		topic,
		QoS = 0,
		retain = false,
		duplicate = false,
	}: { topic: string; QoS?: number; retain?: boolean; duplicate?: boolean },
	id: number,
	payload: Uint8Array,
	size: number,
): Uint8Array {
	const flags = (retain ? 1 : 0) | ((QoS & 3) << 1) | (duplicate ? 8 : 0);
	const number = QoS ? [Uint8Array.of(id >> 8, id & 255)] : [];
	return composePacket(types.PUBLISH, flags, [field(topic), ...number, payload], size - payload.length);
}

/** SUBSCRIBE and UNSUBSCRIBE (sections 3.8, 3.10). */
export function composeTopics(type: number, id: number, items: readonly { topic: string; QoS?: number }[]): Uint8Array {
	const content: Uint8Array[] = [Uint8Array.of(id >> 8, id & 255)];
	for (const { topic, QoS = 0 } of items) {
		content.push(field(topic));
		if (type === types.SUBSCRIBE) content.push(Uint8Array.of(QoS & 3));
	}
	return composePacket(type, 2, content);
}

/** undefined: it is not whole yet. @throws Error for a length of more than four bytes */
export function readHead(bytes: Uint8Array): PacketHead | undefined {
	let length = 0;
	for (let i = 1; i < bytes.length; i++) {
		if (i > 4) throw new Error("a malformed length");
		length += (bytes[i]! & 0x7f) * 128 ** (i - 1);
		if (bytes[i]! < 0x80) return { type: bytes[0]! >> 4, flags: bytes[0]! & 15, length, size: i + 1 };
	}
	return undefined;
}
