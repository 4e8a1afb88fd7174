// SPDX-License-Identifier: Apache-2.0
// The channel's own endpoints: TURN servers, offers of Alexa, storage sessions.
// @ts-check
import ServiceError, { invalid } from "./errors.mjs";
import { oneOf, optional, required } from "./validate.mjs";

/** @typedef {import("./control.mjs").Operation} Operation */

/**
 * @param {import("./service.mjs").default} service
 * @returns {Record<string, Operation>}
 */
export default function dataOperations({ channels, turn, storage, hub }) {
	return {
		getIceServerConfig: {
			endpoint: "data",
			path: "/v1/get-ice-server-config",
			perAccount: 1000,
			perChannel: 5,
			run(fields, { hostname }) {
				const channel = channels.byArn(required(fields, "ChannelARN", "channelArn"));
				oneOf(fields, "Service", ["TURN"]);
				optional(fields, "ClientId", "clientId");
				optional(fields, "Username", "name");
				return { IceServerList: turn.servers(channel.arn, hostname) };
			},
		},
		sendAlexaOfferToMaster: {
			endpoint: "data",
			path: "/v1/send-alexa-offer-to-master",
			perAccount: 100,
			perChannel: 5,
			async run(fields) {
				const channel = channels.byArn(required(fields, "ChannelARN", "channelArn"));
				const sender = required(fields, "SenderClientId", "clientId");
				const { MessagePayload: payload } = fields;
				if (typeof payload !== "string" || payload.length < 1 || payload.length > 10_000) {
					throw invalid(
						"Value at 'MessagePayload' failed to satisfy constraint: Member must have 1 to 10000 characters",
					);
				}
				return { Answer: await hub.offerAndWait(channel, sender, payload) };
			},
		},
		joinStorageSession: {
			endpoint: "storage",
			path: "/joinStorageSession",
			perAccount: 50,
			perChannel: 2,
			run(fields) {
				storage.join(storageChannel(channels, fields), undefined);
			},
		},
		joinStorageSessionAsViewer: {
			endpoint: "storage",
			path: "/joinStorageSessionAsViewer",
			perAccount: 50,
			perChannel: 2,
			run(fields) {
				const clientId = required(fields, "clientId", "clientId");
				storage.join(storageChannel(channels, fields), clientId);
			},
		},
	};
}

/** @param {import("./channels.mjs").default} channels @param {import("./validate.mjs").Fields} fields */
function storageChannel(channels, fields) {
	const channel = channels.byArn(required(fields, "channelArn", "channelArn"));
	if (channel.storage.Status !== "ENABLED") {
		throw new ServiceError(
			"InvalidArgumentException",
			`Media storage is not enabled for the channel ${channel.name}`,
		);
	}
	return channel;
}
