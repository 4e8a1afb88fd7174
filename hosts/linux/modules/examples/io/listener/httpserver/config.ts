// SPDX-License-Identifier: Apache-2.0
// As the SDK's does, it makes sure that `device.network.http` exists; the client's class comes with the client's manifest.
import "system";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";

const { device } = globalThis;

globalThis.device = Object.freeze(
	{
		...device,
		network: {
			...device.network,
			http: {
				...device.network?.http,
				dns: { io: Resolver, servers: ["1.1.1.1"], socket: { io: UDP } },
				socket: { io: TCP },
			},
		},
	} as Device,
	true,
);
