// SPDX-License-Identifier: Apache-2.0
// The platform's clients, which trust the authority that mc/config names as `ca`, too.
import { der } from "examples/config";
import deviceNetwork, { type DeviceNetwork } from "webrtc/device/network";

/** Spread it into the options of a signaling: of `https` and `wss` those that are included. */
export default function trust(): Pick<DeviceNetwork, "https" | "wss"> {
	const ca = der("ca");
	const { https, wss } = deviceNetwork();
	if (ca === undefined) return {};
	return { ...(https && { https: trusting(https, ca) }), ...(wss && { wss: trusting(wss, ca) }) };
}

function trusting<T extends { socket: object }>(client: T, certificate: string | ArrayBuffer): T {
	const { secure } = client.socket as { secure?: object };
	return { ...client, socket: { ...client.socket, secure: { ...secure, certificate } } };
}
