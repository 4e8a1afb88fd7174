// SPDX-License-Identifier: Apache-2.0
// Opens a signaling channel with Amazon's own packages, as any web application would.
// @ts-check
import {
	CreateSignalingChannelCommand,
	DescribeSignalingChannelCommand,
	GetSignalingChannelEndpointCommand,
	KinesisVideoClient,
} from "@aws-sdk/client-kinesis-video";
import { GetIceServerConfigCommand, KinesisVideoSignalingClient } from "@aws-sdk/client-kinesis-video-signaling";
import {
	JoinStorageSessionCommand,
	KinesisVideoWebRTCStorageClient,
} from "@aws-sdk/client-kinesis-video-webrtc-storage";

/** The package's own build for browsers, which index.html loads. */
const { Role, SignalingClient, SigV4RequestSigner } =
	/** @type {typeof import("amazon-kinesis-video-streams-webrtc")} */ (/** @type {any} */ (globalThis).KVSWebRTC);

/**
 * @typedef {object} Settings
 * @property {string} endpoint of the control plane
 * @property {string} region
 * @property {string} channel name
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {"master" | "viewer"} role
 * @property {string} clientId of the viewer
 */

/** @param {Settings} settings */
export async function openChannel({ endpoint, region, channel, accessKeyId, secretAccessKey, role, clientId }) {
	const account = { region, credentials: { accessKeyId, secretAccessKey } };
	const control = new KinesisVideoClient({ ...account, endpoint });
	const arn = await findChannel(control, channel, role === "master");
	const urls = await findEndpoints(control, arn, role);
	const signaler = new KinesisVideoSignalingClient({ ...account, endpoint: urls.HTTPS });
	const clientParameter = role === "viewer" ? { ClientId: clientId } : {};
	const { IceServerList = [] } = await signaler.send(
		new GetIceServerConfigCommand({ ChannelARN: arn, ...clientParameter }),
	);
	const iceServers = IceServerList.map(({ Uris = [], Username, Password }) => ({
		urls: Uris,
		username: Username,
		credential: Password,
	}));
	const signaling = new SignalingClient({
		...{ channelARN: arn, channelEndpoint: urls.WSS, region, credentials: account.credentials },
		...{ role: role === "master" ? Role.MASTER : Role.VIEWER, clientId: role === "viewer" ? clientId : undefined },
		...{ systemClockOffset: control.config.systemClockOffset, requestSigner: signerFor(urls.WSS, account) },
	});
	const joinStorage = async () => {
		const storage = new KinesisVideoWebRTCStorageClient({ ...account, endpoint: urls.WEBRTC });
		await storage.send(new JoinStorageSessionCommand({ channelArn: arn }));
	};
	return { signaling, iceServers, joinStorage };
}

/** @param {KinesisVideoClient} control @param {string} name @param {boolean} mayCreate @returns {Promise<string>} its ARN */
async function findChannel(control, name, mayCreate) {
	try {
		const { ChannelInfo } = await control.send(new DescribeSignalingChannelCommand({ ChannelName: name }));
		return ChannelInfo?.ChannelARN ?? "";
	} catch (error) {
		const missing = error instanceof Error && error.name === "ResourceNotFoundException";
		if (!missing || !mayCreate) throw error;
		const { ChannelARN } = await control.send(new CreateSignalingChannelCommand({ ChannelName: name }));
		return ChannelARN ?? "";
	}
}

/** @param {KinesisVideoClient} control @param {string} arn @param {string} role @returns {Promise<Record<string, string>>} by protocol */
async function findEndpoints(control, arn, role) {
	const { ResourceEndpointList = [] } = await control.send(
		new GetSignalingChannelEndpointCommand({
			ChannelARN: arn,
			SingleMasterChannelEndpointConfiguration: {
				Protocols: ["WSS", "HTTPS", "WEBRTC"],
				Role: role === "master" ? "MASTER" : "VIEWER",
			},
		}),
	);
	return Object.fromEntries(
		ResourceEndpointList.map(({ Protocol, ResourceEndpoint }) => [Protocol, ResourceEndpoint]),
	);
}

/**
 * The local service can run without TLS; Amazon's signer knows wss only. The scheme is not part of the signature.
 * @param {string} endpoint
 * @param {{ region: string, credentials: { accessKeyId: string, secretAccessKey: string } }} account
 */
function signerFor(endpoint, { region, credentials }) {
	if (!endpoint.startsWith("ws:")) return undefined;
	const signer = new SigV4RequestSigner(region, credentials);
	return {
		/** @param {string} url @param {Record<string, string>} query @param {Date} [date] */
		async getSignedURL(url, query, date) {
			const signed = await signer.getSignedURL(url.replace(/^ws:/, "wss:"), query, date);
			return signed.replace(/^wss:/, "ws:");
		},
	};
}
