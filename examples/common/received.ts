// SPDX-License-Identifier: Apache-2.0
import type WebRTCApp from "webrtc/app";

/** Prints what has come from a peer since the connection was made, and what was played of it. */
export default async function received(app: WebRTCApp, peerId: string): Promise<void> {
	const connection = app.connection(peerId);
	if (connection?.connectionState !== "connected") return;
	for (const stats of (await connection.getStats()).values()) {
		if (stats.type === "transport")
			trace(`received ${stats["packetsReceived"]} packets, ${stats["bytesReceived"]} bytes\n`);
		const decoded = stats["framesDecoded"] as number | undefined;
		if (decoded)
			trace(
				`showed ${decoded} pictures of ${stats["frameWidth"]} × ${stats["frameHeight"]}, ${stats["framesLost"]} losses\n`,
			);
		const samples = stats["totalSamplesReceived"] as number | undefined;
		if (stats.type !== "inbound-rtp" || !samples) continue;
		const concealed = ((100 * (stats["concealedSamples"] as number)) / samples).toFixed(1);
		const seconds = (stats["totalSamplesDuration"] as number).toFixed(1);
		trace(`played ${seconds} s of ${stats["kind"]}, ${concealed} % of it made up\n`);
	}
}
