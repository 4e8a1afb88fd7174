// SPDX-License-Identifier: Apache-2.0
// What the connections of one port share.
import Network from "webrtc/peer/network";
import { openNatives } from "../fakes/native/transport";

const handler = (remoteCandidates: number) => ({ remoteCandidates, handleStun: () => false });

test("all connections together keep so many remote candidates, however many names one goes by", () => {
	const network = new Network({ port: 0, maximumCandidates: 10 });
	expect(network.hasRoom).toBe(true);
	const restarting = handler(5);
	network.add("old", restarting);
	network.add("new", restarting);
	network.add("another", handler(4));
	expect(network.hasRoom).toBe(true);
	network.add("last", handler(1));
	expect(network.hasRoom).toBe(false);
	network.remove("last");
	expect(network.hasRoom).toBe(true);
	network.close();
	expect(openNatives()).toBe(0);
});
