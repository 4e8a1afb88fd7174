// SPDX-License-Identifier: Apache-2.0
import MediaServerSignaling, { type MediaServerOptions } from "webrtc/signaling/whip/client";

/** Of MediaServerOptions: the endpoint, and how it is reached. */
export type WHEPClientOptions = MediaServerOptions;
export { serverId } from "webrtc/signaling/whip/client";

/**
 * Plays from a media server, or from another device with this SDK, by WHEP (draft-ietf-wish-whep). For the role of viewer.
 * Where the server makes the offer itself (status 406 with an SDP), the application sees the session that has offered end, and
 * another one answer.
 */
export default class WHEPClientSignaling extends MediaServerSignaling {
	/** @throws TypeError that names the option */
	constructor(options: WHEPClientOptions) {
		super("whep", "viewer", options);
	}
}
