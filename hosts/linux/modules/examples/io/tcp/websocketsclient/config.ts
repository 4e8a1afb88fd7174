// SPDX-License-Identifier: Apache-2.0
// Including the manifest provides `device.network.wss`. As in the SDK it has no port: give 443.
import "config";
import TLSSocket from "embedded:io/socket/tcp/tls";

const { device } = globalThis;
const { ws } = device.network!;

globalThis.device = Object.freeze(
	{
		...device,
		network: {
			...device.network,
			wss: { ...ws!, socket: { io: TLSSocket, TCP: ws!.socket } },
		},
	} as Device,
	true,
);
