// SPDX-License-Identifier: Apache-2.0
// The OpenAI table: the example voice-assistant and a stand-in for the service, whose WebRTC is libwebrtc's.
// @ts-check
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import LocalAssistant from "../../tools/assistant/service.mjs";
import { Application } from "../browser/camera.mjs";
import { listen } from "./talk/wav.mjs";
import { sleep, until } from "./world.mjs";

/** @typedef {import("./run.mjs").Row} Row */

const folder = "build/interop/openai";
const build = 600_000; // ms that the first may take
const ready = /The call is there/;
const greeted = /^assistant: Hello\. I am a stand-in, and this is my tone\.$/m;

/**
 * @param {string} name of the file that the device plays to
 * @param {(scene: { service: LocalAssistant, start: (settings: Record<string, string>) => Application, file: string }) => Promise<string | void>} use
 * @param {Partial<import("../../tools/assistant/service.mjs").Options>} [options]
 */
async function inCall(name, use, options = {}) {
	await mkdir(folder, { recursive: true });
	const file = join(process.cwd(), folder, `${name}.wav`);
	const service = await LocalAssistant.start({ port: 0, ...options });
	/** @type {Application[]} */
	const devices = [];
	const start = (/** @type {Record<string, string>} */ settings) => {
		const device = new Application("examples/voice-assistant", { url: service.url, play: file, ...settings }, [
			"--stats",
		]);
		devices.push(device);
		return device;
	};
	try {
		return await use({ service, start, file });
	} catch (error) {
		if (error instanceof Error) error.stack += `\n${devices.map(({ output }) => output).join("\n")}`;
		throw error;
	} finally {
		for (const { process } of devices) process.kill("SIGKILL");
		await service.close();
	}
}

/** @type {Row[]} */
const calls = [
	{
		timeout: 600, // it may be built first
		name: "a call: the greeting is played and written down, the microphone is heard and answered, events both ways",
		run: () =>
			inCall("call", async ({ service, start, file }) => {
				const key = service.makeKey().value;
				const device = start({ key, instructions: "Be brief." });
				await device.find(ready, build);
				const [call] = service.calls;
				assert(call);
				await device.find(greeted);
				for (const event of ["session.created", "session.updated", "output_audio_buffer.stopped"])
					await device.find(new RegExp(`^event ${event}$`, "m"));
				await device.find(/^event input_audio_buffer\.speech_started$[^]*^assistant: I have heard you\.$/m);
				assert.deepEqual(call.heard, ["session.update", "response.create"]);
				assert(call.speeches > 0);
				assert.equal(call.overheard, 0, "milliseconds of the microphone while the assistant speaks");
				assert(!/error|exception/i.test(device.output));
				assert.equal(await device.stop(), 0);
				await until("the end of the call", () => service.calls.size === 0);
				const { heard, gaps } = await listen(file, 440);
				assert(heard > 1.5 && heard < 2.5, `the tone of 2 s was heard for ${heard.toFixed(1)} s`);
				assert(gaps <= 3, `${gaps} windows without it`); // the stand-in's own timer is late on a busy machine
				assert(!device.output.includes(key), "the key is in no log");
				return `${heard.toFixed(1)} s of the greeting's 2 s, ${gaps} gaps of 0.1 s`;
			}),
	},
	{
		name: "a wrong key is a clear error, and the end; it is in no log, though the service says it",
		run: () =>
			inCall("wrong", async ({ start }) => {
				const device = start({ key: "ek_wrong" });
				const [line] = /** @type {RegExpExecArray} */ (await device.find(/cannot be called: .*401.*/, build));
				assert.equal(await device.exited, 1);
				assert.match(line, /status 401: Incorrect API key provided/);
				assert(!device.output.includes("ek_wrong"));
				return line;
			}),
	},
	{
		name: "a key of one's own server for each call; the service ends one, and another is made",
		run: () =>
			inCall(
				"again",
				async ({ service, start }) => {
					const device = start({ keyURL: `${service.origin}/key`, keyToken: "of-the-device" });
					await device.find(ready, build);
					await device.find(greeted);
					service.hangUp();
					await device.find(/The call has ended/);
					await device.find(/The call has ended[^]*The call is there[^]*^assistant: Hello/m);
					assert.equal(service.taken, 2);
					assert(!/of-the-device|ek_/.test(device.output));
					assert.equal(await device.stop(), 0);
				},
				{ keyToken: "of-the-device" },
			),
	},
	{
		name: "too many calls (429) are told, and tried again when the service wants it",
		run: () =>
			inCall("limited", async ({ service, start }) => {
				service.faults.push({ status: 429, headers: { "retry-after": "3" } });
				const device = start({ key: service.makeKey().value });
				const [line] = /** @type {RegExpExecArray} */ (await device.find(/signalingError: .*429.*/, build));
				assert.match(line, /Rate limit reached.*the next attempt is in 3 s/);
				await device.find(greeted);
				assert.equal(service.taken, 1);
				return line;
			}),
	},
	{
		name: "a service that never answers is told after 10 s, and called again",
		run: () =>
			inCall("silent", async ({ service, start }) => {
				service.faults.push("silence");
				const device = start({ key: service.makeKey().value });
				const [line] = /** @type {RegExpExecArray} */ (await device.find(/signalingError: .*/, build));
				assert.match(line, /OPENAI: .*the next attempt is in \d+ s/);
				await device.find(greeted);
				return line;
			}),
	},
	{
		name: "a server of keys that is away, or does not know the device, is told, and asked again",
		run: () =>
			inCall(
				"keys",
				async ({ service, start }) => {
					const device = start({ keyURL: `${service.origin}/key`, keyToken: "a-stranger's" });
					const [line] = /** @type {RegExpExecArray} */ (
						await device.find(/signalingError: .*the server of keys answers with status 401/, build)
					);
					assert(!device.output.includes("a-stranger's"));
					assert.equal(service.taken, 0);
					return line;
				},
				{ keyToken: "of-the-device" },
			),
	},
	{
		name: "a key that ends during a call: the call goes on, the next one is refused, and that is told",
		run: () =>
			inCall(
				"ends",
				async ({ service, start }) => {
					const device = start({ key: service.makeKey().value });
					await device.find(greeted, build);
					await sleep(8000);
					assert.equal(service.calls.size, 1);
					service.hangUp();
					await device.find(/The call has ended[^]*signalingError: .*401/);
					assert.equal(await device.exited, 1);
				},
				{ lifetime: 6 },
			),
	},
];

/** @param {{ short?: boolean }} options @returns {Row[]} */
export const rows = ({ short }) => (short ? calls.slice(0, 2) : calls);
