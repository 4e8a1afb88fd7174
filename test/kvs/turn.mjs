// SPDX-License-Identifier: Apache-2.0
// The TURN credentials, before a real coturn.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { GetIceServerConfigCommand } from "@aws-sdk/client-kinesis-video-signaling";
import { sleep, test } from "./harness.mjs";

const port = 20_000 + (process.pid % 20_000);

/** @param {import("./harness.mjs").Fixture} fixture @returns {Promise<string>} what coturn's own client says of an allocation */
async function allocate(fixture) {
	const [{ arn }] = fixture.service.channels.list;
	const { IceServerList = [] } = await fixture.dataClient().send(new GetIceServerConfigCommand({ ChannelARN: arn }));
	const [{ Username = "", Password = "", Uris = [] }] = IceServerList;
	assert.deepEqual(Uris, [
		`turn:127.0.0.1:${port}?transport=udp`,
		`turns:127.0.0.1:${port + 1}?transport=udp`,
		`turns:127.0.0.1:${port + 1}?transport=tcp`,
	]);
	const client = spawn("turnutils_uclient", [
		"-u",
		Username,
		"-w",
		Password,
		"-p",
		String(port),
		"-y",
		"-c",
		"-n",
		"1",
		"127.0.0.1",
	]);
	let output = "";
	for (const stream of [client.stdout, client.stderr]) stream.on("data", (chunk) => (output += chunk));
	for (let tries = 0; tries < 60 && !/Total connect time|Cannot complete/.test(output); tries++) await sleep(50);
	client.kill("SIGKILL");
	return output;
}

test(
	"turn: credentials open an allocation, expired ones do not",
	["--turn", "--turn-port", String(port), "--channel", "porch"],
	async (fixture) => {
		assert.match(await allocate(fixture), /Total connect time/);
		fixture.service.clock.offset = -1_000_000;
		const { credentials } = fixture.service;
		assert(credentials);
		fixture.service.verifier.verifyHeaders = async () => {}; // the client's clock is right
		assert.match(await allocate(fixture), /Cannot complete Allocation/);
	},
);
