// SPDX-License-Identifier: Apache-2.0
// The Data Channel Establishment Protocol (RFC 8832): two messages, to bytes and from bytes.
import { decodeUTF8 } from "webrtc/text";

/** How a channel is opened. */
export interface ChannelParameters {
	readonly label: string;
	readonly protocol: string;
	readonly ordered: boolean;
	/** Milliseconds; null: not limited. Not with the other. */
	readonly maxPacketLifeTime: number | null;
	/** null: not limited. */
	readonly maxRetransmits: number | null;
}

const openType = 3;
const ackType = 2;
const headerSize = 12;
const reliable = 0x00;
const rexmit = 0x01;
const timed = 0x02;
const unordered = 0x80;
const normalPriority = 256; // RFC 8832 section 5.1; W3C's "low" is 128, and there are no others here
const largestParameter = 65535; // of W3C's attributes

/** The bytes of UTF-8 that a label or a protocol may have (RFC 8832 section 5.1). */
export const largestText = 65535;

/** DATA_CHANNEL_OPEN. @throws RangeError for a label or protocol of more than 65,535 bytes */
export function makeOpen(channel: ChannelParameters): Uint8Array {
	const label = new Uint8Array(ArrayBuffer.fromString(channel.label));
	const protocol = new Uint8Array(ArrayBuffer.fromString(channel.protocol));
	if (label.length > largestText || protocol.length > largestText) throw new RangeError("label: too long");
	const bytes = new Uint8Array(headerSize + label.length + protocol.length);
	const view = new DataView(bytes.buffer);
	const { maxPacketLifeTime, maxRetransmits, ordered } = channel;
	const kind = maxRetransmits !== null ? rexmit : maxPacketLifeTime !== null ? timed : reliable;
	view.setUint8(0, openType);
	view.setUint8(1, kind | (ordered ? 0 : unordered));
	view.setUint16(2, normalPriority);
	view.setUint32(4, maxRetransmits ?? maxPacketLifeTime ?? 0);
	view.setUint16(8, label.length);
	view.setUint16(10, protocol.length);
	bytes.set(label, headerSize);
	bytes.set(protocol, headerSize + label.length);
	return bytes;
}

/** DATA_CHANNEL_ACK. */
export function makeAck(): Uint8Array {
	return new Uint8Array([ackType]);
}

/**
 * Reads a message of DCEP.
 * @param largest bytes of label and protocol together that are taken
 * @returns what is to be opened; "ack"; undefined for what is malformed, longer, or of another type
 */
export function readControl(message: ArrayBuffer, largest: number): ChannelParameters | "ack" | undefined {
	const size = message.byteLength;
	if (size === 0) return undefined;
	const view = new DataView(message);
	const type = view.getUint8(0);
	if (type === ackType) return size === 1 ? "ack" : undefined;
	return type === openType && size >= headerSize ? readOpen(view, message, largest) : undefined;
}

function readOpen(view: DataView, message: ArrayBuffer, largest: number): ChannelParameters | undefined {
	const kind = view.getUint8(1);
	const labelSize = view.getUint16(8);
	const protocolSize = view.getUint16(10);
	const isKnown = (kind & ~unordered) <= timed;
	const end = headerSize + labelSize + protocolSize;
	if (!isKnown || message.byteLength !== end || labelSize + protocolSize > largest) return undefined;
	const value = Math.min(view.getUint32(4), largestParameter);
	try {
		return {
			label: decodeUTF8(new Uint8Array(message, headerSize, labelSize)),
			protocol: decodeUTF8(new Uint8Array(message, headerSize + labelSize, protocolSize)),
			ordered: (kind & unordered) === 0,
			maxPacketLifeTime: (kind & ~unordered) === timed ? value : null,
			maxRetransmits: (kind & ~unordered) === rexmit ? value : null,
		};
	} catch {
		return undefined; // no UTF-8
	}
}
