// SPDX-License-Identifier: Apache-2.0
// The agent in Node, over the library that the first argument names.
// @ts-check
import { serve } from "../peers/serve.mjs";
import { DataAgent } from "./agent.mjs";

const libraries = /** @type {Record<string, () => Promise<object>>} */ ({
	werift: async () => ({ RTCPeerConnection: (await import("werift")).RTCPeerConnection }),
	wrtc: async () => (await import("@roamhq/wrtc")).default,
	"node-datachannel": async () => ({
		RTCPeerConnection: (await import("node-datachannel/polyfill")).RTCPeerConnection,
	}),
});
Object.assign(globalThis, await libraries[process.argv[2] ?? ""]?.());
await serve(/** @type {any} */ (new DataAgent()));
