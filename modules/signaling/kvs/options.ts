// SPDX-License-Identifier: Apache-2.0
import { StaticCredentials, type CredentialProvider, type CredentialsInit } from "webrtc/aws/credentials";
import type { HTTPOptions } from "webrtc/http/client";
import type { KnowledgeCache } from "webrtc/signaling/kvs/cache";
import { regionOf, type CreateChannelOptions } from "webrtc/signaling/kvs/requests";
import type { Timeouts } from "webrtc/signaling/kvs/types";
import type { WebSocketDictionary } from "webrtc/websocket";
import { consistsOf, isAmong, isWordCharacter } from "webrtc/text";

/** What every use of the service needs. */
export interface KVSOptions extends HTTPOptions {
	/** "eu-west-1" */
	region: string;
	/** A provider, or plain credentials that never change. */
	credentials: CredentialProvider | CredentialsInit;
	/** The control plane's URL in place of the region's: a local KVS, a VPC endpoint. */
	endpoint?: string | undefined;
	/** IPv6 and IPv4. */
	dualStack?: boolean | undefined;
	/** FIPS 140 validated cryptography, where the region has it. */
	fips?: boolean | undefined;
}

/** Which channel, with whose keys, and what is kept of it. */
export interface KVSSignalingOptions extends Omit<KVSOptions, "region"> {
	/** Default: that of the channel's ARN, from which it must not differ. */
	region?: string | undefined;
	/** 1 to 256 of A-Z a-z 0-9 _ . - This or the ARN is needed. */
	channelName?: string | undefined;
	/** Saves a request, but a channel that is not there cannot be made. */
	channelARN?: string | undefined;
	/** A viewer's name, unique in the channel. Default: a random one. */
	clientId?: string | undefined;
	/** Whether to create a channel that is not there, and how. Default: true for a master, false for a viewer. */
	createChannel?: boolean | CreateChannelOptions | undefined;
	/** The media goes to a stream: the service joins as a peer, and makes the offer. Needs H.264, Opus and TURN. */
	useMediaStorage?: boolean | undefined;
	/**
	 * What is learned of the channel is kept from one connection to the next ("memory", the default), or over restarts
	 * ("stored"), or not at all ("none"). Or where you keep it.
	 */
	cache?: "memory" | "stored" | "none" | KnowledgeCache | undefined;
	/** Default: `device.network.wss`. */
	wss?: WebSocketDictionary | undefined;
	/** For a service without TLS. Default: `device.network.ws`. */
	ws?: WebSocketDictionary | undefined;
	timeouts?: Partial<Timeouts> | undefined;
}

/** @throws TypeError or RangeError that names the option */
export function checkOptions(options: KVSSignalingOptions): void {
	const { channelName, channelARN, region, clientId, createChannel, cache = "memory" } = options;
	if (channelName === undefined && channelARN === undefined)
		throw new TypeError("channelName: a name, or channelARN");
	if (channelName !== undefined) checkName("channelName", channelName);
	if (channelARN !== undefined && regionOf(channelARN) === undefined)
		throw new TypeError("channelARN: a channel's ARN");
	if (channelARN !== undefined && region !== undefined && regionOf(channelARN) !== region)
		throw new TypeError("region: that of channelARN, or none");
	if (clientId !== undefined) checkName("clientId", clientId);
	if (clientId !== undefined && clientId.slice(0, 4).toUpperCase() === "AWS_")
		throw new TypeError("clientId: AWS_ is reserved");
	if (typeof createChannel === "object") checkCreateOptions(createChannel);
	const isCache = typeof cache === "object" && typeof cache.read === "function" && typeof cache.write === "function";
	if (!isCache && !["memory", "stored", "none"].includes(cache as string))
		throw new TypeError('cache: "memory", "stored", "none" or a cache');
}

const isOfName = (code: number) => isWordCharacter(code) || isAmong(code, ".-");

export function checkName(option: string, value: unknown): void {
	if (typeof value !== "string" || !consistsOf(value, isOfName, 1, 256))
		throw new TypeError(`${option}: 1 to 256 characters of A-Z a-z 0-9 _ . -`);
}

/** @throws TypeError or RangeError that names the option */
export function checkCreateOptions({ messageTtlSeconds = 60, tags = {}, kmsKeyId }: CreateChannelOptions): void {
	if (!Number.isInteger(messageTtlSeconds) || messageTtlSeconds < 5 || messageTtlSeconds > 120)
		throw new RangeError("messageTtlSeconds: 5 to 120");
	const pairs = Object.entries(tags);
	if (pairs.length > 50) throw new RangeError("tags: at most 50");
	for (const [key, value] of pairs) {
		if (!key || key.length > 128 || typeof value !== "string" || value.length > 256)
			throw new TypeError("tags: keys of 1 to 128 and values of up to 256 characters");
	}
	if (kmsKeyId !== undefined && (typeof kmsKeyId !== "string" || !kmsKeyId || kmsKeyId.length > 2048))
		throw new TypeError("kmsKeyId: a key's id, ARN or alias");
}

/** @throws TypeError that names the option */
export function providerOf(credentials: CredentialProvider | CredentialsInit): CredentialProvider {
	if (typeof (credentials as CredentialProvider | undefined)?.get === "function")
		return credentials as CredentialProvider;
	if (typeof credentials !== "object" || credentials === null)
		throw new TypeError("credentials: a CredentialProvider, or { accessKeyId, secretAccessKey }");
	return new StaticCredentials(credentials as CredentialsInit);
}
