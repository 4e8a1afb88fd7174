// SPDX-License-Identifier: Apache-2.0
// What the connections of one port share.
import Network from "webrtc/peer/network";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import Transport, { openNatives, type InterfaceAddress } from "../fakes/native/transport";

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

describe("this host's addresses", () => {
	const of = (address: string, family: 4 | 6 = 4, loopback = false): InterfaceAddress => ({
		address,
		family,
		interface: loopback ? "lo" : "eth0",
		loopback,
	});
	let known: InterfaceAddress[];

	beforeEach(() => {
		resetClock();
		known = [of("127.0.0.1", 4, true), of("10.0.0.1"), of("2001:db8::1", 6)];
		jest.spyOn(Transport.prototype, "interfaces").mockImplementation((loopback: boolean) =>
			known.filter((one) => loopback || !one.loopback),
		);
	});
	afterEach(() => jest.restoreAllMocks());

	test("are those of the families that there is a socket for, and loopback's where there are no others", () => {
		const network = new Network();
		const shown = () => network.addresses.map(({ address }) => address);
		expect(shown()).toEqual(["10.0.0.1"]);
		known = known.slice(0, 1);
		expect(shown()).toEqual(["127.0.0.1"]);
		network.close();
	});

	test("are looked at while there are connections; one more is a change, and what is gone is told of", async () => {
		let changes = 0;
		const network = new Network({ onChange: () => changes++ });
		const heard: (readonly string[])[] = [];
		const onNetworkChange = (gone: readonly string[]) => heard.push(gone);
		const owner = network.join({ ...handler(0), onNetworkChange });
		await advance(5000);
		known.push(of("10.0.0.2"));
		await advance(1000);
		known = known.filter(({ address }) => address !== "10.0.0.1");
		await advance(1000);
		expect([heard, changes]).toEqual([[[], ["10.0.0.1"]], 2]);
		network.leave(owner);
		expect(pendingTimers()).toBe(0);
		network.close();
	});
});
