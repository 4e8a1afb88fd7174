// SPDX-License-Identifier: Apache-2.0
// The control plane: channels, their endpoints, their tags, their storage configuration.
// @ts-check
import ServiceError, { invalid } from "./errors.mjs";
import { integer, list, oneOf, optional, required, structure, tags } from "./validate.mjs";

/** @typedef {import("./validate.mjs").Fields} Fields */
/** @typedef {import("./channels.mjs").Channel} Channel */
/** @typedef {{ hostname: string, secure: boolean }} Caller how it reached us, and so how it will again */
/**
 * @typedef {object} Operation
 * @property {"control" | "data" | "storage"} endpoint
 * @property {string} path
 * @property {number} perAccount requests per second
 * @property {number} [perChannel]
 * @property {(fields: Fields, caller: Caller) => Fields | void | Promise<Fields | void>} run
 */

const mostTags = 50;
const roles = ["MASTER", "VIEWER"];
const protocols = ["WSS", "HTTPS", "WEBRTC"];

/**
 * @param {import("./service.mjs").default} service
 * @returns {Record<string, Operation>}
 */
export default function controlOperations(service) {
	const { channels } = service;
	const byArn = (/** @type {Fields} */ fields, key = "ChannelARN") =>
		channels.byArn(required(fields, key, "channelArn"));
	const find = (/** @type {Fields} */ fields) =>
		channels.find(optional(fields, "ChannelName", "name"), optional(fields, "ChannelARN", "channelArn"));
	const operation = (
		/** @type {string} */ path,
		/** @type {number} */ perAccount,
		/** @type {Operation["run"]} */ run,
		perChannel = 5,
	) => /** @type {Operation} */ ({ endpoint: "control", path, perAccount, perChannel, run });
	const changes = () => changingOperations(service, byArn);
	return {
		createSignalingChannel: operation("/createSignalingChannel", 50, (fields) => ({
			ChannelARN: create(channels, fields).arn,
		})),
		describeSignalingChannel: operation("/describeSignalingChannel", 300, (fields) => ({
			ChannelInfo: find(fields).info,
		})),
		listSignalingChannels: operation("/listSignalingChannels", 50, (fields) => listChannels(channels.list, fields)),
		getSignalingChannelEndpoint: operation(
			"/getSignalingChannelEndpoint",
			300,
			(fields, caller) => getEndpoint(service, byArn(fields), fields, caller),
			300,
		),
		describeMediaStorageConfiguration: operation("/describeMediaStorageConfiguration", 50, (fields) => ({
			MediaStorageConfiguration: find(fields).storage,
		})),
		listTagsForResource: operation("/ListTagsForResource", 50, (fields) => ({
			Tags: Object.fromEntries(byArn(fields, "ResourceARN").tags),
		})),
		...Object.fromEntries(
			changes().map(([name, path, perAccount, run]) => [name, operation(path, perAccount, run)]),
		),
	};
}

/**
 * @param {import("./service.mjs").default} service
 * @param {(fields: Fields, key?: string) => Channel} byArn
 * @returns {[string, string, number, Operation["run"]][]}
 */
function changingOperations({ channels, hub }, byArn) {
	return [
		[
			"updateSignalingChannel",
			"/updateSignalingChannel",
			50,
			(fields) => {
				const channel = byArn(fields);
				checkVersion(channel, required(fields, "CurrentVersion", "version"));
				channel.messageTtl = messageTtl(fields) ?? channel.messageTtl;
				channel.touch();
			},
		],
		[
			"deleteSignalingChannel",
			"/deleteSignalingChannel",
			50,
			(fields) => {
				const channel = byArn(fields);
				const version = optional(fields, "CurrentVersion", "version");
				if (version !== undefined) checkVersion(channel, version);
				channels.delete(channel);
				hub.closeChannel(channel);
			},
		],
		[
			"updateMediaStorageConfiguration",
			"/updateMediaStorageConfiguration",
			10,
			(fields) => updateStorage(byArn(fields), fields),
		],
		["tagResource", "/TagResource", 50, (fields) => addTags(byArn(fields, "ResourceARN"), tags(fields))],
		[
			"untagResource",
			"/UntagResource",
			50,
			(fields) => {
				const channel = byArn(fields, "ResourceARN");
				for (const key of list(fields, "TagKeyList", mostTags) ?? []) channel.tags.delete(String(key));
			},
		],
	];
}

/** @param {import("./channels.mjs").default} channels @param {Fields} fields */
function create(channels, fields) {
	const name = required(fields, "ChannelName", "name");
	const type = oneOf(fields, "ChannelType", ["SINGLE_MASTER", "FULL_MESH"]);
	if (type === "FULL_MESH") throw invalid("The channel type FULL_MESH is not supported");
	const [ttl, pairs] = [messageTtl(fields), tags(fields)];
	const channel = channels.create(name, ttl);
	addTags(channel, pairs);
	return channel;
}

/** @param {Fields} fields */
function messageTtl(fields) {
	const configuration = structure(fields, "SingleMasterConfiguration");
	return configuration && integer(configuration, "MessageTtlSeconds", 5, 120);
}

/** @param {Channel} channel @param {string} version */
function checkVersion(channel, version) {
	if (channel.version === version) return;
	throw new ServiceError(
		"VersionMismatchException",
		`The version ${version} is not that of the channel: ${channel.version}`,
	);
}

/** @param {Channel[]} all @param {Fields} fields */
function listChannels(all, fields) {
	const condition = structure(fields, "ChannelNameCondition");
	if (condition) oneOf(condition, "ComparisonOperator", ["BEGINS_WITH"]);
	const prefix = (condition && optional(condition, "ComparisonValue", "name")) ?? "";
	const most = integer(fields, "MaxResults", 1, 10_000) ?? 10_000;
	const token = fields.NextToken ?? "";
	if (typeof token !== "string" || token.length > 512) throw invalid("Value at 'NextToken' is not a token");
	const after = Buffer.from(token, "base64").toString();
	const found = all.filter(({ name }) => name.startsWith(prefix) && name > after);
	const page = found.slice(0, most);
	const next = found.length > most ? Buffer.from(page[page.length - 1].name).toString("base64") : null;
	return { ChannelInfoList: page.map(({ info }) => info), NextToken: next };
}

/**
 * @param {import("./service.mjs").default} service
 * @param {Channel} channel
 * @param {Fields} fields
 * @param {Caller} caller
 */
function getEndpoint(service, channel, fields, caller) {
	const key = "SingleMasterChannelEndpointConfiguration";
	const configuration = structure(fields, key);
	if (!configuration) throw invalid(`${key} must be specified for the channel ${channel.name}, a SINGLE_MASTER one`);
	const wanted = list(configuration, "Protocols", 5);
	const role = oneOf(configuration, "Role", roles);
	if (!wanted || !role) throw invalid(`${key} must have Protocols and a Role`);
	for (const protocol of wanted) oneOf({ Protocols: protocol }, "Protocols", protocols);
	const endpoints = /** @type {Record<string, string>} */ ({
		WSS: service.url(role === "MASTER" ? "master" : "viewer", caller),
		HTTPS: service.url("data", caller),
		WEBRTC: service.url("storage", caller),
	});
	const unique = [...new Set(/** @type {string[]} */ (wanted))];
	return { ResourceEndpointList: unique.map((name) => ({ Protocol: name, ResourceEndpoint: endpoints[name] })) };
}

/** @param {Channel} channel @param {Fields} fields */
function updateStorage(channel, fields) {
	const configuration = structure(fields, "MediaStorageConfiguration");
	if (!configuration) throw invalid("MediaStorageConfiguration must be specified");
	const status = oneOf(configuration, "Status", ["ENABLED", "DISABLED"]);
	const stream = optional(configuration, "StreamARN", "streamArn");
	if (!status) throw invalid("MediaStorageConfiguration must have a Status");
	if (status === "ENABLED" && !stream) throw invalid("A StreamARN is required to enable storage");
	channel.storage = { Status: status, ...(stream && { StreamARN: stream }) };
	channel.touch();
}

/** @param {Channel} channel @param {[string, string][]} pairs */
function addTags(channel, pairs) {
	const merged = new Map([...channel.tags, ...pairs]);
	if (merged.size > mostTags) {
		throw new ServiceError("TagsPerResourceExceededLimitException", `A channel has at most ${mostTags} tags`);
	}
	channel.tags = merged;
}
