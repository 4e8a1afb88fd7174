// SPDX-License-Identifier: Apache-2.0
// What a device's program does of its own with a session, by the names that W3C has for it.
import type { Command } from "interop/lines";
import type WebRTCApp from "webrtc/app";
import type { MediaCapture } from "webrtc/media";
import { checkDirection } from "webrtc/peer/transceiver";

/** Carries out a command. @param captures what can be added */
export default function perform(app: WebRTCApp, peerId: string, command: Command, captures: MediaCapture[]): void {
	const { verb, kind, direction } = command;
	const connection = app.connection(peerId);
	const transceiver = connection
		?.getTransceivers()
		.find((one) => one.kind === kind && one.direction !== "stopped" && one.sender.track);
	switch (verb) {
		case "offer":
			app.triggerOffer(peerId);
			break;
		case "direction":
			transceiver!.direction = checkDirection(direction);
			break;
		case "add":
			connection!.addTransceiver(
				captures.find((capture) => capture.kind === kind)!,
				{ direction: "sendonly" },
			);
			break;
		case "stop":
			transceiver!.stop();
			break;
		case "restart":
			connection!.restartIce();
			break;
		default:
			throw new TypeError(`verb: ${verb}`);
	}
}
