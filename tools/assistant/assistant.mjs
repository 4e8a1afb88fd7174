// SPDX-License-Identifier: Apache-2.0
// npm run assistant: a stand-in for OpenAI's realtime API.
// @ts-check
import { parseArgs } from "node:util";
import LocalAssistant from "./service.mjs";

const usage = `npm run assistant -- [options]

  --port N   (8085)
  --log      prints what is asked for`;

/** @param {unknown} error @returns {never} */
function stop(error) {
	console.error(`assistant: ${error instanceof Error ? error.message : error}\n\n${usage}`);
	process.exit(2);
}

function readOptions() {
	try {
		const { values } = parseArgs({
			options: { port: { type: "string", default: "8085" }, log: { type: "boolean" }, help: { type: "boolean" } },
		});
		const port = Number(values.port);
		if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError("--port: 0 to 65535");
		return { ...values, port };
	} catch (error) {
		return stop(error);
	}
}

const options = readOptions();
if (options.help) {
	console.log(usage);
	process.exit(0);
}
const service = await LocalAssistant.start({ port: options.port, log: options.log ? console.log : undefined }).catch(
	stop,
);
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
	process.once(signal, () => void service.close().then(() => process.exit(0)));
console.log(`The stand-in is ready. Stop it with Ctrl+C. It understands nothing: it answers with a tone.

A device: npm start -- --example voice-assistant --url ${service.url} --keyURL ${service.origin}/key --play said.wav`);
