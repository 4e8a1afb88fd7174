// SPDX-License-Identifier: Apache-2.0
// The constraints that the service's API reference puts on parameters.
// @ts-check
import { invalid } from "./errors.mjs";

/** @typedef {Record<string, unknown>} Fields */

const patterns = {
	name: /^[a-zA-Z0-9_.-]{1,256}$/,
	clientId: /^(?!aws_)[a-zA-Z0-9_.-]{1,256}$/i,
	version: /^[a-zA-Z0-9]{1,64}$/,
	channelArn: /^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:channel\/[a-zA-Z0-9_.-]{1,256}\/[0-9]+$/,
	streamArn: /^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:stream\/[a-zA-Z0-9_.-]{1,256}\/[0-9]+$/,
};
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * @param {Fields} fields
 * @param {string} key
 * @param {keyof typeof patterns} kind
 * @returns {string}
 */
export function required(fields, key, kind) {
	const value = optional(fields, key, kind);
	if (value === undefined)
		throw invalid(`Value null at '${key}' failed to satisfy constraint: Member must not be null`);
	return value;
}

/**
 * @param {Fields} fields
 * @param {string} key
 * @param {keyof typeof patterns} kind
 * @returns {string | undefined}
 */
export function optional(fields, key, kind) {
	const value = fields[key] ?? undefined;
	if (value === undefined) return undefined;
	if (typeof value !== "string" || value.length > 1024 || !patterns[kind].test(value)) {
		throw invalid(`Value at '${key}' failed to satisfy constraint: Member must satisfy ${patterns[kind].source}`);
	}
	return value;
}

/**
 * @param {Fields} fields
 * @param {string} key
 * @returns {Fields | undefined}
 */
export function structure(fields, key) {
	const value = fields[key] ?? undefined;
	if (value === undefined) return undefined;
	if (typeof value !== "object" || Array.isArray(value)) throw invalid(`'${key}' must be a structure`);
	return /** @type {Fields} */ (value);
}

/**
 * @param {Fields} fields
 * @param {string} key
 * @param {readonly string[]} values
 * @returns {string | undefined}
 */
export function oneOf(fields, key, values) {
	const value = fields[key] ?? undefined;
	if (value === undefined) return undefined;
	if (typeof value !== "string" || !values.includes(value)) {
		throw invalid(
			`Value at '${key}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(", ")}]`,
		);
	}
	return value;
}

/**
 * @param {Fields} fields
 * @param {string} key
 * @param {number} least
 * @param {number} most
 * @returns {number | undefined}
 */
export function integer(fields, key, least, most) {
	const value = fields[key] ?? undefined;
	if (value === undefined) return undefined;
	if (!Number.isInteger(value) || /** @type {number} */ (value) < least || /** @type {number} */ (value) > most) {
		throw invalid(`Value at '${key}' failed to satisfy constraint: Member must be between ${least} and ${most}`);
	}
	return /** @type {number} */ (value);
}

/**
 * @param {Fields} fields
 * @param {string} key
 * @param {number} most
 * @returns {unknown[] | undefined}
 */
export function list(fields, key, most) {
	const value = fields[key] ?? undefined;
	if (value === undefined) return undefined;
	if (!Array.isArray(value) || value.length < 1 || value.length > most) {
		throw invalid(`Value at '${key}' failed to satisfy constraint: Member must have 1 to ${most} elements`);
	}
	return value;
}

/**
 * @param {Fields} fields
 * @returns {[string, string][]} the list "Tags"
 */
export function tags(fields) {
	return (list(fields, "Tags", 50) ?? []).map((tag) => {
		const { Key, Value } = /** @type {Fields} */ (tag ?? {});
		const valid = [Key, Value].every((text) => typeof text === "string" && tagText.test(text));
		if (!valid || String(Key).length < 1 || String(Key).length > 128 || String(Value).length > 256) {
			throw invalid(
				"Value at 'Tags' failed to satisfy constraint: a tag is {Key: 1-128, Value: 0-256 characters}",
			);
		}
		return [String(Key), String(Value)];
	});
}
