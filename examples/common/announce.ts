// SPDX-License-Identifier: Apache-2.0
import simulator from "examples/simulator";
import type WebRTCApp from "webrtc/app";

/** Says where a page is that is opened by a secret, which stands behind "#": a browser keeps that to itself. */
export default function announce(app: Pick<WebRTCApp, "addresses">, port: number, secret: string, text: string): void {
	trace(`${text}\n`);
	if (simulator) trace(`  http://localhost:${port}/#${secret}\n`);
	for (const address of app.addresses) trace(`  http://${address}:${port}/#${secret}\n`);
}
