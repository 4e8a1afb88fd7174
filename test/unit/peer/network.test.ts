// SPDX-License-Identifier: Apache-2.0
// What the connections of one port share.
import Network from "webrtc/peer/network";
import { openNatives } from "../fakes/native/transport";

const handler = (remoteCandidates: number) => ({ remoteCandidates, handleStun: () => {} });

test("all connections together keep so many remote candidates, however many names one goes by", () => {
	const network = new Network({ port: 0, maximumCandidates: 10 });
	expect(network.mayKeep(false)).toBe(true);
	const restarting = handler(5);
	const owner = network.join(restarting);
	network.add("old", owner);
	network.add("new", owner);
	network.join(handler(4));
	expect(network.mayKeep(false)).toBe(true);
	const last = network.join(handler(1));
	expect(network.mayKeep(false)).toBe(false);
	network.leave(last);
	expect(network.mayKeep(false)).toBe(true);
	expect(network.mayKeep(true)).toBe(true);
	network.close();
	expect(openNatives()).toBe(0);
});

test("where memory is short, a peer's first candidates are kept, and none where there is next to none", () => {
	let isEnough = (isEssential: boolean) => isEssential;
	const network = new Network({ port: 0, mayGrow: (isEssential) => isEnough(isEssential) });
	expect([network.mayKeep(true), network.mayKeep(false)]).toEqual([true, false]);
	isEnough = () => false;
	expect(network.mayKeep(true)).toBe(false);
	network.close();
});
