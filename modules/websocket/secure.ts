// SPDX-License-Identifier: Apache-2.0
// `device.network.wss` over Mbed TLS, from `ws`. Where the SDK's own is included, it is that one. As the SDK's it has no port.
import deviceNetwork, { provideClients } from "webrtc/device/network";
import TLSSocket from "webrtc/native/tls/socket";

const { ws } = deviceNetwork();

if (ws) provideClients({ wss: { ...ws, socket: { io: TLSSocket } } });
