// SPDX-License-Identifier: Apache-2.0
// The calls of the REST API: their paths and bodies, and their responses, checked.
import { parseURL, type ServiceURL } from "webrtc/aws/url";
import type { IceServer, SignalingRole } from "webrtc/signaling";
import { isObject, parseObject, textOf, type Fields } from "webrtc/device/json";
import { consistsOf, isAmong, isDigit, isLowerCase, isVisible, isWordCharacter } from "webrtc/text";

export interface ChannelInfo {
	arn: string;
	name: string;
	/** "ACTIVE", "CREATING", "UPDATING", "DELETING" */
	status: string;
	/** For calls that change the channel. */
	version: string;
	messageTtlSeconds: number | undefined;
}

export interface CreateChannelOptions {
	/** How long the service keeps a message for a peer that is not there yet: 5 to 120 s. Default 60. */
	messageTtlSeconds?: number | undefined;
	/** At most 50. */
	tags?: Record<string, string> | undefined;
	/** The key that encrypts what the service stores. */
	kmsKeyId?: string | undefined;
}

/** Where a channel is reached, for one role. */
export interface Endpoints {
	https: string;
	wss: string;
	/** For storage sessions. */
	webrtc?: string;
}

export interface MediaStorage {
	enabled: boolean;
	streamARN: string | undefined;
}

export const paths = Object.freeze({
	createSignalingChannel: "createSignalingChannel",
	describeSignalingChannel: "describeSignalingChannel",
	deleteSignalingChannel: "deleteSignalingChannel",
	getSignalingChannelEndpoint: "getSignalingChannelEndpoint",
	describeMediaStorageConfiguration: "describeMediaStorageConfiguration",
	updateMediaStorageConfiguration: "updateMediaStorageConfiguration",
	getIceServerConfig: "v1/get-ice-server-config",
	joinStorageSession: "joinStorageSession",
	joinStorageSessionAsViewer: "joinStorageSessionAsViewer",
});

export type CallName = keyof typeof paths;

/** The URL of a call at an endpoint. */
export function callURL(base: ServiceURL | string, name: CallName): ServiceURL {
	const url = typeof base === "string" ? parseURL(base) : base;
	return { ...url, path: url.path + paths[name] };
}

/* Bodies */

export function createBody(channelName: string, options: CreateChannelOptions = {}): string {
	const { messageTtlSeconds = 60, tags, kmsKeyId } = options;
	return JSON.stringify({
		ChannelName: channelName,
		ChannelType: "SINGLE_MASTER",
		SingleMasterConfiguration: { MessageTtlSeconds: messageTtlSeconds },
		Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
		KmsKeyId: kmsKeyId,
	});
}

export function endpointBody(channelARN: string, role: SignalingRole, storage: boolean): string {
	const Protocols = storage ? ["WSS", "HTTPS", "WEBRTC"] : ["WSS", "HTTPS"];
	const SingleMasterChannelEndpointConfiguration = { Protocols, Role: role === "master" ? "MASTER" : "VIEWER" };
	return JSON.stringify({ ChannelARN: channelARN, SingleMasterChannelEndpointConfiguration });
}

export function iceBody(channelARN: string, clientId: string | undefined): string {
	return JSON.stringify({ ChannelARN: channelARN, ClientId: clientId, Service: "TURN" });
}

/** The WebRTC storage API spells its names in another case than the others. */
export function joinBody(channelARN: string, clientId: string | undefined): string {
	return JSON.stringify({ channelArn: channelARN, clientId });
}

/* Responses. Each throws SyntaxError or TypeError for what it should not be. */

export function parseCreated(body: string): string {
	return checkARN(parse(body, ["ChannelARN"]).ChannelARN);
}

const infoKeys = Object.freeze([
	...["ChannelARN", "ChannelName", "ChannelStatus", "ChannelType", "SingleMasterConfiguration", "Version"],
] as const);

export function parseChannelInfo(body: string): ChannelInfo {
	const { ChannelInfo: info } = parse(body, ["ChannelInfo", ...infoKeys, "MessageTtlSeconds"]);
	if (!isObject<(typeof infoKeys)[number]>(info)) throw new SyntaxError("no ChannelInfo");
	if (info.ChannelType !== undefined && info.ChannelType !== "SINGLE_MASTER")
		throw new SyntaxError("the channel is not of the type SINGLE_MASTER");
	const single = info.SingleMasterConfiguration;
	const ttl = isObject<"MessageTtlSeconds">(single) ? single.MessageTtlSeconds : undefined;
	return {
		arn: checkARN(info.ChannelARN),
		name: textOf(info.ChannelName, 256) ?? "",
		status: textOf(info.ChannelStatus, 32) ?? "",
		version: textOf(info.Version, 64) ?? "",
		messageTtlSeconds: typeof ttl === "number" ? ttl : undefined,
	};
}

/** @param insecure whether URLs without TLS will do: only for a control plane without it */
export function parseEndpoints(body: string, insecure: boolean): Endpoints {
	const { ResourceEndpointList: list } = parse(body, ["ResourceEndpointList", "Protocol", "ResourceEndpoint"]);
	if (!Array.isArray(list)) throw new SyntaxError("no ResourceEndpointList");
	const find = (protocol: string, scheme: "http" | "ws") => {
		const entry: unknown = list.find((item) => isObject<"Protocol">(item) && item.Protocol === protocol);
		if (!isObject<"ResourceEndpoint">(entry)) return undefined;
		const url = textOf(entry.ResourceEndpoint, 512);
		if (url === undefined || !isOfScheme(url, scheme)) throw new SyntaxError(`a bad ${protocol} endpoint`);
		if (!parseURL(url).secure && !insecure) throw new SyntaxError(`an ${protocol} endpoint without TLS`);
		return url;
	};
	const https = find("HTTPS", "http");
	const wss = find("WSS", "ws");
	const webrtc = find("WEBRTC", "http");
	if (https === undefined || wss === undefined) throw new SyntaxError("an endpoint is missing");
	return webrtc === undefined ? { https, wss } : { https, wss, webrtc };
}

/** With or without TLS. */
function isOfScheme(url: string, scheme: string): boolean {
	return url.startsWith(`${scheme}:`) || url.startsWith(`${scheme}s:`);
}

export function parseMediaStorage(body: string): MediaStorage {
	const { MediaStorageConfiguration: storage } = parse(body, ["MediaStorageConfiguration", "Status", "StreamARN"]);
	if (!isObject<"Status" | "StreamARN">(storage)) throw new SyntaxError("no MediaStorageConfiguration");
	return { enabled: storage.Status === "ENABLED", streamARN: textOf(storage.StreamARN, 1024) };
}

export interface IceConfiguration {
	servers: IceServer[];
	/** Seconds that all of them hold. */
	ttl: number;
}

export function parseIceConfiguration(body: string): IceConfiguration {
	const { IceServerList: list } = parse(body, ["IceServerList", "Username", "Password", "Ttl", "Uris"]);
	return parseIceServerList(list);
}

const maximumServers = 8;
const maximumURIs = 8;
const minimumTtl = 30;
const defaultTtl = 300;

/** All servers with all their URIs. */
export function parseIceServerList(list: unknown): IceConfiguration {
	if (!Array.isArray(list)) throw new SyntaxError("no IceServerList");
	const servers: IceServer[] = [];
	let ttl = Infinity;
	for (const entry of list.slice(0, maximumServers) as unknown[]) {
		if (!isObject<"Uris" | "Username" | "Password" | "Ttl">(entry) || !Array.isArray(entry.Uris))
			throw new SyntaxError("a server without URIs");
		const urls: string[] = [];
		for (const uri of entry.Uris.slice(0, maximumURIs) as unknown[]) {
			const text = textOf(uri, 256);
			// One that is of no kind known here must not cost the others.
			if (text !== undefined && isIceURL(text)) urls.push(text);
		}
		if (!urls.length) continue;
		const username = textOf(entry.Username, 512);
		const credential = textOf(entry.Password, 512);
		servers.push(username === undefined || credential === undefined ? { urls } : { urls, username, credential });
		if (typeof entry.Ttl === "number") ttl = Math.min(ttl, Math.max(minimumTtl, entry.Ttl));
	}
	return { servers, ttl: ttl === Infinity ? defaultTtl : Math.min(ttl, 86_400) };
}

function isIceURL(text: string): boolean {
	const colon = text.indexOf(":");
	return iceSchemes.includes(text.slice(0, colon)) && consistsOf(text.slice(colon + 1), isVisible);
}

const iceSchemes: readonly string[] = Object.freeze(["stun", "stuns", "turn", "turns"]);

function parse<Names extends string>(body: string, keys: readonly Names[]): Fields<Names> {
	return parseObject(new Uint8Array(ArrayBuffer.fromString(body)), keys);
}

function checkARN(value: unknown): string {
	const arn = textOf(value, 1024);
	if (arn === undefined || regionOf(arn) === undefined) throw new SyntaxError("no ChannelARN");
	return arn;
}

/** The region in a channel's ARN; undefined when it is not one. */
export function regionOf(arn: unknown): string | undefined {
	if (typeof arn !== "string" || arn.length > 1024) return undefined;
	const [prefix, partition = "", service, region = "", account = "", resource = "", more] = arn.split(":", 7);
	const [kind, name = "", created = "", rest] = resource.split("/", 4);
	const isARN =
		prefix === "arn" &&
		consistsOf(partition, isOfRegion) &&
		service === "kinesisvideo" &&
		consistsOf(region, isOfRegion) &&
		consistsOf(account, isDigit) &&
		kind === "channel" &&
		consistsOf(name, isOfName) &&
		consistsOf(created, isDigit);
	return isARN && more === undefined && rest === undefined ? region : undefined;
}

const isOfRegion = (code: number) => isLowerCase(code) || isDigit(code) || isAmong(code, "-");
const isOfName = (code: number) => isWordCharacter(code) || isAmong(code, ".-");
