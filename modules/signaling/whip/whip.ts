// SPDX-License-Identifier: Apache-2.0
import MediaServerSignaling, { type MediaServerOptions } from "webrtc/signaling/whip/client";

/** Of MediaServerOptions: the endpoint, and how it is reached. */
export type WHIPSignalingOptions = MediaServerOptions;
export { serverId } from "webrtc/signaling/whip/client";

/** Publishes to a media server by WHIP (RFC 9725). For the role of master: the server is its only viewer. */
export default class WHIPSignaling extends MediaServerSignaling {
	/** @throws TypeError that names the option */
	constructor(options: WHIPSignalingOptions) {
		super("whip", "master", options);
	}
}
