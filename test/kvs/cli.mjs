// SPDX-License-Identifier: Apache-2.0
// The command: what it prints, how it ends, what it says to mistakes.
// @ts-check
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import "reflect-metadata"; // wanted by the next
import * as x509 from "@peculiar/x509";
import { tests } from "./harness.mjs";

const program = fileURLToPath(new URL("../../tools/kvs/kvs.mjs", import.meta.url));

/** @param {string} name @param {(directory: string) => Promise<void>} run */
function test(name, run) {
	tests.push([
		name,
		async () => {
			const directory = mkdtempSync(join(tmpdir(), "kvs-cli-"));
			await run(directory).finally(() => rmSync(directory, { recursive: true }));
		},
	]);
}

/** @param {string[]} parameters @param {{ signal?: NodeJS.Signals }} [options] @returns {Promise<{ code: number | null, output: string }>} */
function run(parameters, { signal } = {}) {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [program, ...parameters]);
		let output = "";
		const take = (/** @type {Buffer} */ chunk) => {
			output += chunk;
			if (signal && /is ready[^]*\n\n$/.test(output)) child.kill(signal);
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		child.on("close", (code) => resolve({ code, output }));
	});
}

test("cli: introduces itself, and ends cleanly", async (directory) => {
	const { code, output } = await run(
		["--port", "0", "--ca", directory, "--region", "eu-central-1", "--channel", "a"],
		{ signal: "SIGINT" },
	);
	assert.equal(code, 0, output);
	for (const text of [
		/Control plane +https:\/\/127/,
		/eu-central-1/,
		/AKIALOCALKVS/,
		/ca\.pem/,
		/\/viewer/,
		/AWS_ENDPOINT_URL_KINESIS_VIDEO=/,
	]) {
		assert.match(output, text);
	}
});

test("cli: without TLS", async (directory) => {
	const { code, output } = await run(["--port", "0", "--ca", directory, "--no-tls"], { signal: "SIGTERM" });
	assert.equal(code, 0, output);
	assert.match(output, /Control plane +http:\/\/127/);
	assert.doesNotMatch(output, /https:|ca\.pem/);
});

test("cli: mistakes", async (directory) => {
	const { createServer } = await import("node:net");
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => taken.once("listening", resolve));
	const { port } = /** @type {import("node:net").AddressInfo} */ (taken.address());
	const faults = join(directory, "faults.json");
	writeFileSync(faults, '[{"on":"describeSignalingChannel","do":"explode"}]');
	for (const [parameters, code, message] of /** @type {[string[], number, RegExp][]} */ ([
		[["--help"], 0, /--strict-limits/],
		[["--port", "x"], 2, /--port/],
		[["--nonsense"], 2, /nonsense/],
		[["run"], 2, /no command "run"/],
		[["device"], 2, /device NAME/],
		[["--region", "Here!"], 2, /--region/],
		[["--channel", "a b"], 2, /--channel/],
		[["--faults", join(directory, "none.json")], 2, /--faults/],
		[["--port", "0", "--ca", directory, "--faults", faults], 2, /explode/],
		[["--port", String(port), "--ca", directory], 1, /in use/],
	])) {
		const result = await run(parameters);
		assert.equal(result.code, code, result.output);
		assert.match(result.output, message);
		assert.doesNotMatch(result.output, /\n +at /, "no stack");
	}
	taken.close();
});

test("cli: a device's certificate", async (directory) => {
	const { code, output } = await run(["device", "porch-camera", "--ca", directory]);
	assert.equal(code, 0, output);
	const at = (/** @type {string} */ name) => join(directory, "devices", name);
	const certificate = new X509Certificate(readFileSync(at("porch-camera.der")));
	const authority = new X509Certificate(readFileSync(join(directory, "ca.der")));
	assert.equal(certificate.subject, "CN=porch-camera");
	assert(certificate.verify(authority.publicKey) && authority.ca && !certificate.ca);
	assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
	// By these the SDK's TLS looks certificates up.
	const { SubjectKeyIdentifierExtension, AuthorityKeyIdentifierExtension, X509Certificate: Parsed } = x509;
	const [ours, theirs] = [certificate, authority].map(({ raw }) => new Parsed(raw));
	const { keyId } = theirs?.getExtension(SubjectKeyIdentifierExtension) ?? {};
	assert(keyId);
	for (const one of [ours, theirs]) assert.equal(one?.getExtension(AuthorityKeyIdentifierExtension)?.keyId, keyId);
	const key = createPrivateKey({ key: readFileSync(at("porch-camera-key.der")), format: "der", type: "pkcs8" });
	assert(certificate.checkPrivateKey(key));
	assert.equal(statSync(at("porch-camera-key.pem")).mode & 0o77, 0, "for the owner only");
	assert(existsSync(at("porch-camera.pem")));
});
