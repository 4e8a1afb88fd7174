// SPDX-License-Identifier: Apache-2.0
// A channel of Kinesis Video Streams and its keys, as mc/config says.
import { der, flag, text } from "examples/config";
import type { CredentialProvider, CredentialsInit } from "webrtc/aws";
import IoTCredentials from "webrtc/aws/iot";
import deviceNetwork from "webrtc/device/network";
import type { KVSSignalingOptions } from "webrtc/signaling/kvs";

const staticKeys = Object.freeze(["accessKeyId", "secretAccessKey"]);
const deviceKeys = Object.freeze(["iotEndpoint", "roleAlias", "thingName", "certificate", "privateKey"]);

const help = `
  channelName=NAME   the signaling channel
  region=NAME        its AWS region, such as eu-west-1

and keys that may use it, which are one of

  accessKeyId=ID secretAccessKey=KEY [sessionToken=TOKEN]
  iotEndpoint=HOST roleAlias=NAME thingName=NAME certificate=… privateKey=…

For a board, write them in "config" of the example's manifest.json, or behind mcconfig; certificate and privateKey are
names of DER files in "data". In the simulator, they are options, and the keys may come from the environment:

  export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
  npm start -- --example ${text("name")} --channelName porch

Without an account: "npm run kvs" starts a local service, and says its keys. To use it, add

  --endpoint https://localhost:8443 --ca build/kvs/ca.pem
`;

/** What to do about settings that are missing; undefined: there are none. */
export function missing(): string | undefined {
	const credentials = deviceKeys.some((key) => text(key)) ? deviceKeys : staticKeys;
	const channel = text("channelARN") ? [] : ["channelName", "region"];
	const absent = [...channel, ...credentials].filter((key) => !text(key));
	return absent.length ? `Not set yet: ${absent.join(", ")}. Needed are\n${help}` : undefined;
}

/**
 * Options for KVSSignaling. Secrets are in them: they are not for a log.
 * @throws TypeError or RangeError that names the option
 */
export function kvsOptions(): KVSSignalingOptions {
	return {
		channelName: text("channelName"),
		channelARN: text("channelARN"),
		region: text("region"),
		credentials: credentials(),
		endpoint: text("endpoint"),
		dualStack: flag("dualStack"),
		fips: flag("fips"),
		clientId: text("clientId"),
		createChannel: flag("createChannel"),
		useMediaStorage: flag("useMediaStorage"),
		cache: (text("cache") as KVSSignalingOptions["cache"]) ?? "stored",
		...network(),
	};
}

function credentials(): CredentialProvider | CredentialsInit {
	const endpoint = text("iotEndpoint");
	if (!endpoint) {
		const [accessKeyId, secretAccessKey] = staticKeys.map((key) => text(key) ?? "");
		return { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: text("sessionToken") };
	}
	return new IoTCredentials({
		endpoint,
		roleAlias: text("roleAlias") ?? "",
		thingName: text("thingName") ?? "",
		certificate: der("certificate") ?? "",
		privateKey: der("privateKey") ?? "",
		ca: der("ca"),
	});
}

/** The platform's clients, which trust the authority `ca` as well. */
function network(): Pick<KVSSignalingOptions, "https" | "wss"> {
	const ca = der("ca");
	const { https, wss } = deviceNetwork();
	if (ca === undefined || !https || !wss) return {};
	return { https: trusting(https, ca), wss: trusting(wss, ca) };
}

function trusting<T extends { socket: object }>(client: T, certificate: string | ArrayBuffer): T {
	const { secure } = client.socket as { secure?: object };
	return { ...client, socket: { ...client.socket, secure: { ...secure, certificate } } };
}
