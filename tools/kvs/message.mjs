// SPDX-License-Identifier: Apache-2.0
// What a client may send over its WebSocket, and what is wrong with it if it may not.
// @ts-check
import ServiceError, { invalid } from "./errors.mjs";

/**
 * @typedef {object} Sent
 * @property {string} action
 * @property {string} payload base64, as it came
 * @property {string} to client id of a viewer; "" for the master
 * @property {unknown[]} [iceServers] that go with an offer
 */

const actions = ["SDP_OFFER", "SDP_ANSWER", "ICE_CANDIDATE"];
const longestPayload = 10 * 1024; // characters of base64
const id = /^[a-zA-Z0-9_.-]{1,256}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * @param {string} text
 * @param {"MASTER" | "VIEWER"} role of the sender
 * @returns {{ sent?: Sent, error?: ServiceError, correlationId?: string }} nothing for a keep-alive, which is empty
 */
export function parseMessage(text, role) {
	if (text.trim() === "") return {};
	const fields = parseFields(text);
	// Not for the service: whatever routes by "action" refuses it.
	if (!fields) return { error: new ServiceError("Forbidden", "neither JSON nor an object") };
	const { correlationid: given } = fields;
	const correlationId = typeof given === "string" && id.test(given) ? given : undefined;
	try {
		if (given !== undefined && correlationId === undefined) throw invalid("correlationId is not valid");
		return { correlationId, sent: check(fields, role) };
	} catch (error) {
		return { correlationId, error: /** @type {ServiceError} */ (error) };
	}
}

/**
 * @param {string} text
 * @returns {Record<string, unknown> | undefined} with lower-case names: clients write messagePayload or MessagePayload
 */
function parseFields(text) {
	try {
		const value = JSON.parse(text);
		if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
		return Object.fromEntries(
			Object.entries(value).map(([name, field]) => [name.toLowerCase(), field ?? undefined]),
		);
	} catch {
		return undefined;
	}
}

/** @param {Record<string, unknown>} fields @param {"MASTER" | "VIEWER"} role @returns {Sent} */
function check(fields, role) {
	const { action, messagepayload: payload, recipientclientid: to, iceserverlist: iceServers } = fields;
	if (typeof action !== "string" || !actions.includes(action)) {
		throw invalid(`action must be one of ${actions.join(", ")}`);
	}
	if (typeof payload !== "string" || payload === "") throw invalid("messagePayload is required");
	if (payload.length > longestPayload) {
		throw invalid(`messagePayload has ${payload.length} characters; ${longestPayload} are allowed`);
	}
	if (!base64.test(payload)) throw invalid("messagePayload is not base64");
	const servers = Array.isArray(iceServers) && action === "SDP_OFFER" ? { iceServers } : {};
	if (role === "VIEWER") return { action, payload, to: "", ...servers }; // its recipient is always the master
	if (to === undefined || to === "") return { action, payload, to: "", ...servers }; // to a storage session
	if (typeof to !== "string" || !id.test(to)) throw invalid("recipientClientId is not valid");
	return { action, payload, to, ...servers };
}
