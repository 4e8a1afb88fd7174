// SPDX-License-Identifier: Apache-2.0
import type { HTTPOptions } from "webrtc/http/client";
import { parseURL, type URLParts } from "webrtc/http/url";
import { isRoomName } from "webrtc/signaling/apprtc/messages";
import type { KeptClients, KeptTimeouts } from "webrtc/websocket/kept";

/** Which room, of which service, and how it is reached. */
export interface AppRTCSignalingOptions extends HTTPOptions, KeptClients {
	/** The service. Default "https://webrtc.espressif.com". */
	server?: string | undefined;
	/** 1 to 64 of A-Z a-z 0-9 _ - Default: twelve letters and digits by chance. Who knows it can come in. */
	room?: string | undefined;
	/** Of the join: "?ts=&it=relay". The service makes its configuration of it. Default: none. */
	query?: string | undefined;
	/** Of the WebSocket. */
	timeouts?: Partial<KeptTimeouts> | undefined;
	/** 0 to 1, uniform. Default Math.random. */
	random?(): number;
}

const defaultServer = "https://webrtc.espressif.com";

/** @returns the service @throws TypeError that names the option */
export function checkOptions({ server = defaultServer, room, query = "" }: AppRTCSignalingOptions): URLParts {
	if (room !== undefined) checkRoom(room);
	const url = parseURL(server, "server");
	parseURL(`https://host/${query}`, "query");
	if (query && !query.startsWith("?")) throw new TypeError('query: it begins with "?"');
	return url;
}

/** @throws TypeError for a name that a room cannot have */
export function checkRoom(room: unknown): void {
	if (typeof room !== "string" || !isRoomName(room))
		throw new TypeError("room: 1 to 64 characters of A-Z a-z 0-9 _ -");
}
