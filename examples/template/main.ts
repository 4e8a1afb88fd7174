// SPDX-License-Identifier: Apache-2.0
// The least that a camera takes: copy the folder, and let its paths lead to xs-webrtc.
import WebRTCApp from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import WHEPSignaling from "webrtc/signaling/whep";

const app = new WebRTCApp({
	signaling: new WHEPSignaling({ port: 8080 }),
	...defaultMedia(),
	onEvent({ type, peerId, error }) {
		trace(`${type} ${peerId ?? ""} ${error?.message ?? ""}\n`);
	},
});

export default function main(): void {
	app.run().catch((error: Error) => trace(`${error.message}\n`));
}
