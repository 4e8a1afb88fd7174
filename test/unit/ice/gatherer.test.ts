// SPDX-License-Identifier: Apache-2.0
// When the candidates of a generation are all there.
import { IceAgent, IceGatherer } from "webrtc/ice";
import { seededCrypto } from "../crypto";

function make() {
	const agent = new IceAgent({ controlling: true, crypto: seededCrypto(1), now: 0 });
	return new IceGatherer(agent, [{ address: "10.0.0.1", port: 5000 }]);
}

test("servers are waited for, for 10 s from the first of those that are asked together", () => {
	const gatherer = make();
	gatherer.expect("a", 0);
	gatherer.gather();
	gatherer.expect("b", 5_000);
	expect([gatherer.state, gatherer.isDone, gatherer.deadline]).toEqual(["gathering", false, 10_000]);
	gatherer.handleTimeout(9_999);
	expect(gatherer.isDone).toBe(false);
	gatherer.handleTimeout(10_000);
	expect([gatherer.state, gatherer.isDone, gatherer.deadline]).toEqual(["complete", true, Infinity]);
});

test("one that is asked again by another way is awaited once", () => {
	const gatherer = make();
	gatherer.expect("a", 0);
	gatherer.expect("a", 1_000);
	gatherer.gather();
	gatherer.settle("a");
	expect(gatherer.state).toBe("complete");
});

test("those that are asked later have a time of their own, and until then there is no end", () => {
	const gatherer = make();
	gatherer.expect("a", 0);
	gatherer.gather();
	gatherer.settle("a");
	expect([gatherer.state, gatherer.isDone, gatherer.deadline]).toEqual(["complete", true, Infinity]);
	gatherer.expect("b", 60_000);
	expect([gatherer.state, gatherer.isDone, gatherer.deadline]).toEqual(["complete", false, 70_000]);
	gatherer.settle("b");
	expect(gatherer.isDone).toBe(true);
});
