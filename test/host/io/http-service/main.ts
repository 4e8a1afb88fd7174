// SPDX-License-Identifier: Apache-2.0
// The HTTP server of webrtc/http on the engine and its sockets. It exits when told to.
import Listener from "embedded:io/socket/listener";
import Timer from "timer";
import { collect } from "webrtc/native/port";
import HTTPService, { type HTTPRequest, type HTTPResponse } from "webrtc/http";

const large = "x".repeat(60_000);

function answer({ method, path, body, remoteAddress }: HTTPRequest, respond: (response: HTTPResponse) => void): void {
	switch (path) {
		case "/echo":
			return respond({ status: 200, headers: { "x-address": remoteAddress ?? "" }, body: `${method}:${body}` });
		case "/large":
			return respond({ status: 200, body: large });
		case "/later":
			Timer.set(() => respond({ status: 200, body: "later" }), 300);
			return;
		case "/room":
			return respond({ status: 200, body: String(collect().slots) });
		case "/throw":
			throw new Error("a fault of the application");
		case "/exit":
			respond({ status: 204 });
			Timer.set(() => {
				service.close();
				service.close();
				globalThis.simulator!.exit(0);
			}, 100);
			return;
		default:
			respond({ status: 404 });
	}
}

const service = new HTTPService({
	listener: Listener,
	port: 0,
	onRequest: answer,
	onError(error) {
		trace(`error: ${error instanceof Error ? error.message : error}\n`);
	},
});
trace(`port ${service.port}\n`);
