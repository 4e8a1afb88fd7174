// SPDX-License-Identifier: Apache-2.0
// A camera whose viewers come by a signaling of one's own.
import config from "mc/config";
import WebRTCApp from "webrtc/app";
import { printable } from "webrtc/device/json";
import { defaultMedia } from "webrtc/media/defaults";
import RoomSignaling from "./rooms";

const signaling = new RoomSignaling({ server: String(config["server"]), room: String(config["room"]) });
const app = new WebRTCApp({
	signaling,
	...defaultMedia(),
	onEvent({ type, peerId = "", error, message }) {
		trace(`${type} ${peerId} ${error?.message ?? printable(message?.data ?? "")}\n`);
		// A message of one's own, and what one makes of it.
		if (message) app.sendMessage({ ...message, data: `You said: ${message.data}` });
	},
});

export default function main(): void {
	app.run().then(
		() => trace("The camera is live.\n"),
		(error: Error) => trace(`The camera cannot start: ${error.message}\n`),
	);
}
