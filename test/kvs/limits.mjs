// SPDX-License-Identifier: Apache-2.0
// How many, and how often.
// @ts-check
import assert from "node:assert/strict";
import { DescribeSignalingChannelCommand } from "@aws-sdk/client-kinesis-video";
import { base64, candidate, rejects, sleep, test } from "./harness.mjs";

const porch = ["--channel", "porch"];
/** @param {import("./harness.mjs").Fixture} fixture */
const arnOf = ({ service }) => service.channels.list[0].arn;
const describe = new DescribeSignalingChannelCommand({ ChannelName: "porch" });

test("limits: ten viewers, one master", porch, async (fixture) => {
	const viewers = [];
	for (let index = 0; index < 10; index++) viewers.push(await fixture.viewer(arnOf(fixture), `v${index}`).open());
	const eleventh = fixture.viewer(arnOf(fixture), "v10");
	eleventh.client.open();
	assert.match((await eleventh.hear("error")).value.message, /400/);
	assert(fixture.service.events.some((line) => line.includes("ClientLimitExceededException")));
	await fixture.viewer(arnOf(fixture), "v3").open(); // one of them again
	await fixture.master(arnOf(fixture)).open();
	viewers[0].close();
	await viewers[0].hear("close");
	await sleep(50);
	await fixture.viewer(arnOf(fixture), "v10").open();
});

test(
	"limits: the number of viewers is an option, and can be changed",
	[...porch, "--max-viewers", "1"],
	async (fixture) => {
		await fixture.viewer(arnOf(fixture), "a").open();
		const second = fixture.viewer(arnOf(fixture), "b");
		second.client.open();
		await second.hear("error");
		await fixture.local("limits", { maxViewers: 2 });
		await fixture.viewer(arnOf(fixture), "c").open();
	},
);

test("limits: calls per second, if they are wanted", porch, async (fixture) => {
	const burst = () => Promise.allSettled(Array.from({ length: 8 }, () => fixture.control.send(describe)));
	assert((await burst()).every(({ status }) => status === "fulfilled"));
	await fixture.local("limits", { strict: true });
	const results = await burst();
	assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
	await rejects(fixture.control.send(describe), "ClientLimitExceededException", 400);
	await sleep(1050);
	await fixture.control.send(describe);
});

test("limits: connections and messages per second", [...porch, "--strict-limits"], async (fixture) => {
	const viewer = await fixture.viewer(arnOf(fixture), "v").open();
	const master = await fixture.master(arnOf(fixture)).open();
	const message = { action: "ICE_CANDIDATE", messagePayload: base64(candidate), correlationId: "c" };
	for (let index = 0; index < 25; index++) viewer.socket.send(JSON.stringify(message));
	const { value } = await viewer.hear("statusResponse");
	assert.equal(value.errorType, "ClientLimitExceededException");
	await sleep(100);
	// The SDK keeps candidates until there is a description.
	assert.equal(/** @type {any} */ (master.client).getPendingIceCandidates("v").length, 20);
	assert.equal(viewer.heard.length, 4);
	for (const id of ["w", "x"]) await fixture.viewer(arnOf(fixture), id).open();
	const fourth = fixture.viewer(arnOf(fixture), "y");
	fourth.client.open();
	await fourth.hear("error");
});
