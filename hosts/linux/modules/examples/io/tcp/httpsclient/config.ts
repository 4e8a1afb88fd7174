// SPDX-License-Identifier: Apache-2.0
// Including the manifest provides `device.network.https`.
import "httpclient/config";
import TLSSocket from "embedded:io/socket/tcp/tls";

const { device } = globalThis;
const { http } = device.network!;

globalThis.device = Object.freeze(
	{
		...device,
		network: {
			...device.network,
			https: {
				...http!,
				port: 443,
				socket: {
					io: TLSSocket,
					TCP: http!.socket,
					secure: { applicationLayerProtocolNegotiation: "http/1.1" },
				},
			},
		},
	} as Device,
	true,
);
