// SPDX-License-Identifier: Apache-2.0
// Including the manifest provides `device.network.mqtt`.
import "system";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import MQTTClient from "embedded:network/mqtt/client";

const { device } = globalThis;

globalThis.device = Object.freeze(
	{
		...device,
		network: {
			...device.network,
			mqtt: {
				io: MQTTClient,
				dns: { io: Resolver, servers: ["1.1.1.1"], socket: { io: UDP } },
				socket: { io: TCP },
			},
		},
	} as Device,
	true,
);
