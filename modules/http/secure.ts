// SPDX-License-Identifier: Apache-2.0
// `device.network.https` over Mbed TLS, from `http`. Where the SDK's own is included, it is that one.
import deviceNetwork, { provideClients } from "webrtc/device/network";
import TLSSocket from "webrtc/native/tls/socket";

const { http } = deviceNetwork();
const secure = { applicationLayerProtocolNegotiation: "http/1.1" };

if (http) provideClients({ https: { ...http, port: 443, socket: { io: TLSSocket, secure } } });
