// SPDX-License-Identifier: Apache-2.0
// The messages on the WebSocket ("Kinesis Video Streams WebRTC WebSocket APIs"), both ways. Each carries its payload as
// JSON in base64 within JSON.
import Base64 from "base64";
import WebRTCError from "webrtc/error";
import type { CandidateInit, IceServer, SignalingMessage } from "webrtc/signaling";
import { isObject, parseObject, printable, textOf, type Fields } from "webrtc/device/json";
import { parseIceServerList } from "webrtc/signaling/kvs/requests";
import { consistsOf, isVisible } from "webrtc/text";

/** Who is meant when a message to a viewer names no sender: the one master. The service's own SDK says it so. */
export const masterId = "MASTER";
/** Who is meant when a message to a master names no sender: the storage session. No viewer may have such a name. */
export const storageId = "AWS_STORAGE_SESSION";

export type Incoming =
	| { kind: "message"; message: SignalingMessage }
	| { kind: "status"; correlationId: string; status: string; errorType: string; description: string }
	| { kind: "goAway" }
	| { kind: "reconnectIceServer" }
	| { kind: "empty" };

/** Bytes of a whole message: a payload as the service takes it, and eight TURN servers. */
export const maximumMessage = 16_384;
/** Characters of a payload in base64 that the service takes. */
export const maximumPayload = 10_000;

const maximumSdp = 20_000;
const maximumCandidate = 1_024;
const envelopeKeys = Object.freeze([
	...["senderClientId", "messageType", "messagePayload", "statusResponse"],
	...["correlationId", "statusCode", "errorType", "description"],
	...["IceServerList", "Username", "Password", "Ttl", "Uris"],
] as const);
const payloadKeys = Object.freeze(["type", "sdp", "candidate", "sdpMid", "sdpMLineIndex", "usernameFragment"] as const);
type Envelope = Fields<(typeof envelopeKeys)[number]>;
type Payload = Fields<(typeof payloadKeys)[number]>;

/**
 * @param bytes a text message
 * @param sender whom it is from where it does not say
 * @throws WebRTCError "signaling/bad-message"
 */
export function parseMessage(bytes: Uint8Array, sender: string): Incoming {
	if (!bytes.length) return { kind: "empty" };
	const envelope = parse("message", bytes, envelopeKeys);
	switch (envelope.messageType) {
		case "SDP_OFFER":
		case "SDP_ANSWER":
			return { kind: "message", message: parseDescription(envelope, senderOf(envelope, sender)) };
		case "ICE_CANDIDATE": {
			const peerId = senderOf(envelope, sender);
			return { kind: "message", message: { type: "candidate", peerId, candidate: parseCandidate(envelope) } };
		}
		case "STATUS_RESPONSE":
			return parseStatus(envelope);
		case "GO_AWAY":
			return { kind: "goAway" };
		case "RECONNECT_ICE_SERVER":
			return { kind: "reconnectIceServer" };
		default:
			throw bad(`unknown type ${JSON.stringify(textOf(envelope.messageType, 64) ?? null)}`);
	}
}

function senderOf({ senderClientId }: Envelope, sender: string): string {
	if (senderClientId === undefined || senderClientId === null || senderClientId === "") return sender;
	const id = textOf(senderClientId, 256);
	// It shows in logs and travels back in messages.
	if (id === undefined || !consistsOf(id, isVisible)) throw bad("malformed senderClientId");
	return id;
}

function parseDescription(envelope: Envelope, peerId: string): SignalingMessage {
	const type = envelope.messageType === "SDP_OFFER" ? "offer" : "answer";
	const payload = parsePayload(envelope);
	const sdp = textOf(payload.sdp, maximumSdp);
	if (sdp === undefined || !sdp.startsWith("v=0")) throw bad(`no SDP in the ${type}`);
	if (payload.type !== undefined && payload.type !== type) throw bad(`the payload of the ${type} is of another type`);
	if (type === "answer" || envelope.IceServerList === undefined) return { type, peerId, sdp };
	return { type, peerId, sdp, iceServers: parseOffered(envelope) };
}

/** Servers that are malformed must not cost the offer. */
function parseOffered(envelope: Envelope): IceServer[] {
	try {
		return parseIceServerList(envelope.IceServerList).servers;
	} catch {
		return [];
	}
}

function parseCandidate(envelope: Envelope): CandidateInit {
	const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = parsePayload(envelope);
	if (typeof candidate !== "string" || candidate.length > maximumCandidate) throw bad("no candidate");
	const index = Number.isInteger(sdpMLineIndex) && (sdpMLineIndex as number) >= 0 ? (sdpMLineIndex as number) : null;
	const ufrag = textOf(usernameFragment, 256);
	const init: CandidateInit = { candidate, sdpMid: textOf(sdpMid, 256) ?? null, sdpMLineIndex: index };
	if (ufrag !== undefined) init.usernameFragment = ufrag;
	return init;
}

function parseStatus({ statusResponse }: Envelope): Incoming {
	if (!isObject(statusResponse)) throw bad("no statusResponse");
	const { correlationId, statusCode, errorType, description } = statusResponse;
	return {
		kind: "status",
		correlationId: textOf(correlationId, 256) ?? "",
		status: typeof statusCode === "number" ? String(statusCode) : (textOf(statusCode, 8) ?? ""),
		errorType: textOf(errorType, 256) ?? "",
		description: textOf(description, 1024) ?? "",
	};
}

function parsePayload({ messagePayload }: Envelope): Payload {
	if (typeof messagePayload !== "string" || !messagePayload) throw bad("no payload");
	const bytes = new Uint8Array(Base64.decode(messagePayload));
	// The decoder skips what is not base64: that would be found out later, if at all.
	if (bytes.length !== sizeOfBase64(messagePayload)) throw bad("the payload is not base64");
	return parse("payload", bytes, payloadKeys);
}

/** The bytes in a text of whole groups of four (RFC 4648 section 4); -1 when it is none. */
function sizeOfBase64(text: string): number {
	const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
	return text.length % 4 ? -1 : (text.length / 4) * 3 - padding;
}

function parse<Names extends string>(what: string, bytes: Uint8Array, keys: readonly Names[]): Fields<Names> {
	try {
		return parseObject(bytes, keys);
	} catch (cause) {
		throw bad(`the ${what} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
	}
}

function bad(detail: string): WebRTCError {
	return new WebRTCError("signaling/bad-message", `KVS: ${printable(detail)}`);
}

/**
 * @param recipient whom it is for; a viewer need not say
 * @returns the text to send
 * @throws WebRTCError "signaling/message-too-large"
 */
export function composeMessage(
	message: Extract<SignalingMessage, { type: "offer" | "answer" | "candidate" }>,
	recipient: string | undefined,
	correlationId: string,
): string {
	const { type } = message;
	const payload = type === "candidate" ? candidateOf(message.candidate) : { type, sdp: message.sdp };
	const messagePayload = Base64.encode(ArrayBuffer.fromString(JSON.stringify(payload)));
	if (messagePayload.length > maximumPayload) {
		const text = `KVS: the ${type} has ${messagePayload.length} characters; the service takes ${maximumPayload}`;
		throw new WebRTCError("signaling/message-too-large", text);
	}
	const action = type === "offer" ? "SDP_OFFER" : type === "answer" ? "SDP_ANSWER" : "ICE_CANDIDATE";
	return JSON.stringify({ action, messagePayload, recipientClientId: recipient, correlationId });
}

/** Without what is not set: other SDKs look for the names only. */
function candidateOf({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: CandidateInit): object {
	const init: CandidateInit = { candidate };
	if (typeof sdpMid === "string") init.sdpMid = sdpMid;
	if (typeof sdpMLineIndex === "number") init.sdpMLineIndex = sdpMLineIndex;
	if (typeof usernameFragment === "string") init.usernameFragment = usernameFragment;
	return init;
}
