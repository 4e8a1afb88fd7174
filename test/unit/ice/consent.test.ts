// SPDX-License-Identifier: Apache-2.0
import { VirtualNetwork } from "../network";
import { connected, introduce, pair } from "./peer";

function meet(conditions: ConstructorParameters<typeof VirtualNetwork>[0] = { delay: 10 }) {
	const network = new VirtualNetwork(conditions);
	const [a, b] = pair(network);
	introduce(a, b);
	expect(network.clock.run(10_000, connected(a, b))).toBe(true);
	return { network, a, b, start: network.now };
}

test("an hour of consent: one check each 4 to 6 s and side, no other message, no change of state", () => {
	const { network, a, b } = meet();
	const before = network.sent;
	const times: number[] = [];
	network.filter = (data, from) => {
		if (from.address === "10.0.0.1" && data[0] === 0) times.push(network.now);
		return true;
	};
	const events = a.events.length + b.events.length;
	network.clock.run(network.now + 3_600_000);
	const checks = (network.sent - before) / 2;
	expect(checks).toBeGreaterThan(2 * 690);
	expect(checks).toBeLessThan(2 * 750);
	const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
	expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4000);
	expect(Math.max(...gaps)).toBeLessThanOrEqual(6000);
	expect(new Set(gaps).size).toBeGreaterThan(50);
	const others = [...a.events, ...b.events].filter(({ type }) => type !== "consent");
	expect(others).toHaveLength(events);
	const [statistics] = a.agent.statistics.pairs;
	expect(statistics?.currentRoundTripTime).toBe(0.02);
	expect(statistics?.totalRoundTripTime).toBeCloseTo((statistics?.responsesReceived ?? 0) * 0.02, 6);
	expect(statistics?.requestsReceived).toBe(statistics?.responsesSent);
});

test("an answer that takes five seconds is one", () => {
	const { network, a, b } = meet();
	network.delay = 2500;
	network.clock.run(network.now + 120_000);
	expect([a.agent.state, b.agent.state]).not.toContain("failed");
	expect(a.agent.selectedPair).toBeDefined();
});

test("one way works, the other loses a fifth: the connection stays", () => {
	const { network, a, b } = meet({ delay: 10, seed: 3 });
	network.loss = 0.1;
	network.clock.run(network.now + 600_000);
	expect(a.agent.state).toBe("completed");
	expect(b.agent.state).toBe("completed");
});

test("a dead network: disconnected after 5 to 8 s, failed 30 s after the last answer, then silence", () => {
	const { network, a, b } = meet();
	network.clock.run(60_000);
	network.up = false;
	const death = network.now;
	expect(network.clock.run(death + 60_000, () => a.agent.state === "disconnected")).toBe(true);
	expect(network.now - death).toBeGreaterThan(1000);
	expect(network.now - death).toBeLessThanOrEqual(8000);
	expect(network.clock.run(death + 60_000, () => a.agent.state === "failed")).toBe(true);
	expect(network.now - death).toBeGreaterThan(24_000);
	expect(network.now - death).toBeLessThanOrEqual(30_100);
	expect(a.events.at(-1)).toMatchObject({ state: "failed", error: { code: "ice/consent-expired" } });
	expect(a.agent.selectedPair).toBeUndefined();
	network.clock.run(network.now + 10_000);
	const { sent } = network;
	expect(b.agent.state).toBe("failed");
	expect(a.agent.deadline).toBeUndefined();
	network.up = true;
	network.clock.run(network.now + 100_000);
	expect(network.sent).toBe(sent);
});

test("a short outage: disconnected, then connected again", () => {
	const { network, a } = meet();
	network.clock.run(60_000);
	network.up = false;
	network.clock.run(75_000);
	expect(a.agent.state).toBe("disconnected");
	network.up = true;
	network.clock.run(82_000);
	expect(a.states.slice(-2)).toEqual(["disconnected", "completed"]);
	network.clock.run(200_000);
	expect(a.agent.state).toBe("completed");
});

test("requests from the peer are no consent: without answers it ends", () => {
	const { network, a, b } = meet();
	network.clock.run(60_000);
	// b's requests arrive, its answers do not.
	network.filter = (data, from) => from.address === "10.0.0.1" || data[0] === 0;
	network.clock.run(60_000 + 6_000);
	expect(a.agent.state).toBe("completed");
	network.clock.run(60_000 + 15_000);
	expect(a.agent.state).toBe("disconnected");
	network.clock.run(60_000 + 31_000);
	expect(a.agent.state).toBe("failed");
	expect(b.agent.state).toBe("completed");
});

test("while ICE restarts, requests for the pair from before show that the peer is there", () => {
	const { network, a } = meet();
	network.clock.run(60_000);
	a.agent.restart(network.now);
	a.pump();
	// One check of a's in a row is lost, b's arrive.
	let lost = 0;
	network.filter = (data, from) => from.address !== "10.0.0.1" || data[0] !== 0 || lost++ > 0;
	network.clock.run(network.now + 14_000);
	expect(lost).toBeGreaterThan(1);
	expect(a.states).not.toContain("disconnected");
});

test("a closed agent is silent", () => {
	const { network, a, b } = meet();
	a.agent.close();
	a.agent.close();
	a.pump();
	expect(a.states.filter((state) => state === "closed")).toHaveLength(1);
	const { sent } = a;
	network.clock.run(100_000);
	expect(a.sent).toBe(sent);
	expect(b.agent.state).toBe("failed");
	expect(a.agent.setRemoteParameters({ ufrag: "abcd", password: "x".repeat(22) })).toBe(false);
	a.agent.restart(network.now);
	a.pump();
	expect(a.agent.state).toBe("closed");
});
