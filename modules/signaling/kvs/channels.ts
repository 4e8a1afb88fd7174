// SPDX-License-Identifier: Apache-2.0
// Management of channels beside the signaling: for provisioning, tests and clean-up.
import AWSClient from "webrtc/aws/client";
import type { ServiceURL } from "webrtc/aws/url";
import WebRTCError from "webrtc/error";
import { hmacSHA256, sha256 } from "webrtc/native/crypto";
import { controlEndpoint } from "webrtc/signaling/kvs/endpoints";
import { failureFrom, failureOf, malformed } from "webrtc/signaling/kvs/failure";
import { checkCreateOptions, checkName, providerOf, type KVSOptions } from "webrtc/signaling/kvs/options";
import * as requests from "webrtc/signaling/kvs/requests";

export type { ChannelInfo, CreateChannelOptions, MediaStorage } from "webrtc/signaling/kvs/requests";

const timeout = 10_000; // ms

/** The control plane's calls. Each rejects with a WebRTCError whose code tells the class of the failure. */
export default class KVSChannels {
	#client: AWSClient;
	#control: ServiceURL;
	#pending = new Set<(error: WebRTCError) => void>();

	/** @throws TypeError that names the option */
	constructor(options: KVSOptions) {
		const { region, https, http } = options;
		this.#control = controlEndpoint(options);
		const credentials = providerOf(options.credentials);
		const hash = { sha256, hmacSHA256 };
		this.#client = new AWSClient({ region, service: "kinesisvideo", credentials, hash, https, http });
	}

	/** @throws (rejects) WebRTCError "signaling/channel-missing" when there is none of that name or ARN */
	describe(channel: string): Promise<requests.ChannelInfo> {
		return this.call("describeSignalingChannel", naming(channel), requests.parseChannelInfo);
	}

	/** @returns the channel's ARN */
	async create(channelName: string, options: requests.CreateChannelOptions = {}): Promise<string> {
		checkName("channelName", channelName);
		checkCreateOptions(options);
		const body = requests.createBody(channelName, options);
		return this.call("createSignalingChannel", body, requests.parseCreated);
	}

	/** Deletes a channel, of this version only where one is given. */
	delete(channelARN: string, currentVersion?: string): Promise<void> {
		const body = JSON.stringify({ ChannelARN: channelARN, CurrentVersion: currentVersion });
		return this.call("deleteSignalingChannel", body, () => undefined);
	}

	describeMediaStorage(channelARN: string): Promise<requests.MediaStorage> {
		const body = JSON.stringify({ ChannelARN: channelARN });
		return this.call("describeMediaStorageConfiguration", body, requests.parseMediaStorage);
	}

	/** Lets a channel's media go to a stream, or no longer. @param streamARN needed to enable it */
	updateMediaStorage(channelARN: string, enabled: boolean, streamARN?: string): Promise<void> {
		const MediaStorageConfiguration = { Status: enabled ? "ENABLED" : "DISABLED", StreamARN: streamARN };
		const body = JSON.stringify({ ChannelARN: channelARN, MediaStorageConfiguration });
		return this.call("updateMediaStorageConfiguration", body, () => undefined);
	}

	/** Rejects what is under way, and gives the connection back. */
	close(): void {
		this.#client.close();
		const error = new WebRTCError("signaling/closed", "KVS: closed");
		for (const reject of this.#pending) reject(error);
		this.#pending.clear();
	}

	/** A clock that turns out to be wrong is worth a second try. */
	private async call<T>(call: requests.CallName, body: string, parse: (body: string) => T): Promise<T> {
		const first = await this.post(call, body);
		const response = first.status !== 200 && first.clockChanged ? await this.post(call, body) : first;
		if (response.status !== 200) throw failureOf(call, { ...response, clockChanged: false }).error;
		try {
			return parse(response.body);
		} catch (cause) {
			throw malformed(call, cause).error;
		}
	}

	private post(call: requests.CallName, body: string) {
		type Response = NonNullable<Parameters<Parameters<AWSClient["post"]>[3]>[1]>;
		return new Promise<Response>((resolve, reject) => {
			this.#pending.add(reject);
			this.#client.post(requests.callURL(this.#control, call), body, timeout, (error, response) => {
				this.#pending.delete(reject);
				if (response) resolve(response);
				else reject(failureFrom(call, error!).error);
			});
		});
	}
}

function naming(channel: string): string {
	return JSON.stringify(channel.startsWith("arn:") ? { ChannelARN: channel } : { ChannelName: channel });
}
