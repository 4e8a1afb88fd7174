// SPDX-License-Identifier: Apache-2.0
// What AppRTC's clients say to each other and to its collider, in JSON, and the replies of its rooms: checked.
import { isObject, parseObject, textOf, type Fields } from "webrtc/device/json";
import WebRTCError from "webrtc/error";
import { parseURL, type URLParts } from "webrtc/http/url";
import type { CandidateInit, IceServer, SignalingMessage } from "webrtc/signaling";
import { consistsOf, isAmong, isVisible, isWordCharacter } from "webrtc/text";

/** Bytes of a message from the collider. */
export const maximumMessage = 16_384;
/** Bytes of a reply to a join: it has the messages that the first in the room has left. */
export const maximumReply = 24_576;
/** Characters of a message of the application's own. */
export const maximumCustom = 4_096;

const maximumSdp = 12_288;
const maximumCandidate = 1_024;
const maximumMessages = 32;
const maximumServers = 8;
const maximumURLs = 8;

/** What the service says of a room. */
export interface Joined {
	clientId: string;
	roomId: string;
	isInitiator: boolean;
	wss: URLParts;
	/** Where messages are deleted and posted past the room: with the room and the client behind it. */
	wssPost: URLParts | undefined;
	iceServerURL: URLParts | undefined;
	/** What the first in the room has sent already, each in JSON. */
	messages: string[];
}

/** What a room replies to a join or to a message. */
export type Result = "SUCCESS" | "FULL" | "DUPLICATE_CLIENT" | "UNKNOWN_ROOM" | "UNKNOWN_CLIENT" | "ERROR";
const results: readonly string[] = Object.freeze([
	...["SUCCESS", "FULL", "DUPLICATE_CLIENT", "UNKNOWN_ROOM", "UNKNOWN_CLIENT"],
]);

const joinKeys = Object.freeze([
	...["result", "params", "client_id", "room_id", "is_initiator", "wss_url", "wss_post_url", "ice_server_url"],
	"messages",
] as const);
const iceKeys = Object.freeze(["iceServers", "urls", "url", "username", "credential", "lifetimeDuration"] as const);
const envelopeKeys = Object.freeze(["msg", "error"] as const);
const messageKeys = Object.freeze([
	...["type", "sdp", "candidate", "label", "id", "sdpMid", "sdpMLineIndex", "usernameFragment", "data"],
] as const);

const bytesOf = (text: string) => new Uint8Array(ArrayBuffer.fromString(text));

/** @throws SyntaxError for what is no reply */
export function parseResult(body: string): Result {
	const { result } = parseObject(bytesOf(body), ["result"]);
	const text = textOf(result, 64);
	return text !== undefined && results.includes(text) ? (text as Result) : "ERROR";
}

/**
 * @param insecure whether a WebSocket without TLS will do: only where the service itself has none
 * @throws SyntaxError or TypeError for what is no reply to a join that succeeded
 */
export function parseJoined(body: string, insecure: boolean): Joined {
	const { params } = parseObject(bytesOf(body), joinKeys);
	if (!isObject<(typeof joinKeys)[number]>(params)) throw new SyntaxError("no params");
	const clientId = nameOf(params.client_id);
	const roomId = nameOf(params.room_id);
	if (clientId === undefined || roomId === undefined) throw new SyntaxError("no client_id or room_id");
	const wss = urlOf(params.wss_url, ["wss:", "ws:"]);
	if (!wss) throw new SyntaxError("no wss_url");
	const joined: Joined = {
		clientId,
		roomId,
		isInitiator: params.is_initiator === "true" || params.is_initiator === true,
		wss,
		wssPost: urlOf(params.wss_post_url, ["https:", "http:"]),
		iceServerURL: urlOf(params.ice_server_url, ["https:", "http:"]),
		messages: [],
	};
	for (const url of [joined.wss, joined.wssPost, joined.iceServerURL])
		if (url && !url.secure && !insecure) throw new SyntaxError("a URL without TLS");
	if (!Array.isArray(params.messages)) return joined;
	for (const each of params.messages.slice(0, maximumMessages) as unknown[])
		if (typeof each === "string") joined.messages.push(each);
	return joined;
}

function nameOf(value: unknown): string | undefined {
	const text = textOf(value, 64);
	return text !== undefined && isRoomName(text) ? text : undefined;
}

/** What a room may be called: it stands in URLs. */
export function isRoomName(text: string): boolean {
	return consistsOf(text, (code) => isWordCharacter(code) || isAmong(code, "-"), 1, 64);
}

function urlOf(value: unknown, schemes: readonly string[]): URLParts | undefined {
	const text = textOf(value, 512);
	return text !== undefined && schemes.some((scheme) => text.startsWith(scheme)) ? parseURL(text) : undefined;
}

export interface IceConfiguration {
	servers: IceServer[];
	/** Seconds that they hold. */
	lifetime: number;
}

const defaultLifetime = 300;

/** @throws SyntaxError */
export function parseIceConfiguration(body: string): IceConfiguration {
	const { iceServers: list, lifetimeDuration } = parseObject(bytesOf(body), iceKeys);
	if (!Array.isArray(list)) throw new SyntaxError("no iceServers");
	const servers: IceServer[] = [];
	for (const entry of list.slice(0, maximumServers) as unknown[]) {
		if (!isObject<(typeof iceKeys)[number]>(entry)) throw new SyntaxError("a server that is none");
		const given = Array.isArray(entry.urls) ? (entry.urls as unknown[]) : [entry.urls ?? entry.url];
		const urls = given.slice(0, maximumURLs).filter((url): url is string => isIceURL(textOf(url, 256)));
		if (!urls.length) continue; // of a kind that is not known here
		const username = textOf(entry.username, 512);
		const credential = textOf(entry.credential, 512);
		servers.push(username === undefined || credential === undefined ? { urls } : { urls, username, credential });
	}
	return { servers, lifetime: lifetimeOf(lifetimeDuration) ?? expiryOf(servers) ?? defaultLifetime };
}

function isIceURL(text: string | undefined): boolean {
	if (text === undefined) return false;
	const scheme = text.slice(0, text.indexOf(":"));
	return ["stun", "stuns", "turn", "turns"].includes(scheme) && consistsOf(text.slice(scheme.length + 1), isVisible);
}

/** "43200.000s" */
function lifetimeOf(value: unknown): number | undefined {
	const seconds = parseFloat(textOf(value, 32) ?? "");
	return seconds >= 30 && seconds <= 86_400 ? seconds : undefined;
}

/** A user name may begin with the second since 1970 at which it expires: "1767225600:name". */
function expiryOf(servers: readonly IceServer[]): number | undefined {
	for (const { username } of servers) {
		const left = parseInt(username ?? "", 10) - Date.now() / 1000;
		if (left >= 60 && left <= 86_400) return left - 60;
	}
	return undefined;
}

/* What comes over the WebSocket */

/** @throws SyntaxError or TypeError */
export function parseEnvelope(text: string): { message?: string; error?: string } {
	const { msg, error } = parseObject(bytesOf(text), envelopeKeys);
	const reason = textOf(error, 512);
	if (reason !== undefined) return { error: reason };
	return typeof msg === "string" && msg ? { message: msg } : {};
}

/**
 * A message of the other peer.
 * @returns undefined for one that is of no kind known here
 * @throws SyntaxError or TypeError
 */
export function parseMessage(text: string, peerId: string): SignalingMessage | undefined {
	const message = parseObject(bytesOf(text), messageKeys);
	switch (message.type) {
		case "offer":
		case "answer": {
			const sdp = textOf(message.sdp, maximumSdp);
			if (sdp === undefined || !sdp.startsWith("v=0")) throw new SyntaxError(`no SDP in the ${message.type}`);
			return { type: message.type, peerId, sdp };
		}
		case "candidate":
		case "iceCandidate":
			return { type: "candidate", peerId, candidate: candidateOf(message) };
		case "bye":
			return { type: "bye", peerId };
		case "customized": {
			const data = typeof message.data === "string" ? message.data : JSON.stringify(message.data ?? "");
			if (data.length > maximumCustom) throw new SyntaxError("a customized message that is too long");
			return { type: "custom", peerId, kind: "customized", data };
		}
		default:
			return undefined;
	}
}

/** Browsers' pages say `label` and `id`, devices what W3C says. */
function candidateOf(message: Fields<(typeof messageKeys)[number]>): CandidateInit {
	const { candidate, label = message.sdpMLineIndex, id = message.sdpMid } = message;
	if (typeof candidate !== "string" || candidate.length > maximumCandidate) throw new SyntaxError("no candidate");
	const index = Number.isInteger(label) && (label as number) >= 0 ? (label as number) : null;
	const init: CandidateInit = { candidate, sdpMid: textOf(id, 256) ?? null, sdpMLineIndex: index };
	const ufrag = textOf(message.usernameFragment, 256);
	return ufrag === undefined ? init : { ...init, usernameFragment: ufrag };
}

/* What goes out */

/** @returns undefined for what has no words there. @throws WebRTCError "signaling/message-too-large" */
export function composeMessage(message: SignalingMessage): string | undefined {
	switch (message.type) {
		case "offer":
		case "answer":
			return JSON.stringify({ type: message.type, sdp: message.sdp });
		case "candidate": {
			const { candidate, sdpMid, sdpMLineIndex } = message.candidate;
			if (!candidate) return undefined; // there is no end of candidates
			return JSON.stringify({ type: "candidate", label: sdpMLineIndex ?? 0, id: sdpMid ?? "0", candidate });
		}
		case "custom":
			if (message.data.length > maximumCustom)
				throw new WebRTCError("signaling/message-too-large", `AppRTC: custom: ${maximumCustom} characters`);
			return JSON.stringify({ type: "customized", data: message.data });
		case "bye":
		case "reject":
			return JSON.stringify({ type: "bye" });
		default:
			return undefined;
	}
}

export const composeRegister = (roomid: string, clientid: string) =>
	JSON.stringify({ cmd: "register", roomid, clientid });
export const composeSend = (msg: string) => JSON.stringify({ cmd: "send", msg });
