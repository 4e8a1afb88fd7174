// SPDX-License-Identifier: Apache-2.0
// Including the manifest provides `device.network.mqtts`. As in the SDK it has no port: give 8883.
import "mqttclient/config";
import TLSSocket from "embedded:io/socket/tcp/tls";

const { device } = globalThis;
const { mqtt } = device.network!;

globalThis.device = Object.freeze(
	{
		...device,
		network: {
			...device.network,
			mqtts: { ...mqtt!, socket: { io: TLSSocket, TCP: mqtt!.socket } },
		},
	} as Device,
	true,
);
