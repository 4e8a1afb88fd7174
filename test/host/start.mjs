// SPDX-License-Identifier: Apache-2.0
// `npm start` as a user types it: its options, and what it says of mistakes.
// @ts-check
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../hosts/linux/tools/build.mjs";

const bundle = "/etc/ssl/certs/ca-certificates.crt";
const kvs = ["--example", "kvs-camera"];
const account = ["--channelName", "porch", "--region", "eu-west-1", "--accessKeyId", "A", "--secretAccessKey", "B"];

/** @type {{ words: string[], environment?: Record<string, string>, status: number, says: RegExp, silent?: RegExp }[]} */
const cases = [
	{ words: ["--help"], status: 0, says: /^usage: npm start[^]*--viewers N/ },
	{ words: [...kvs, "--help"], status: 0, says: /--channelName[^]*\[\$AWS_ACCESS_KEY_ID\]/ },
	{ words: ["--example", "toaster"], status: 2, says: /toaster: there is kvs-camera, / },
	{ words: ["--nonsense"], status: 2, says: /^--nonsense: unknown option/ },
	{ words: ["--port"], status: 2, says: /^--port: no value given/ },
	{ words: ["--port", "x"], status: 2, says: /^--port: a number, not "x"/ },
	{ words: ["--help"], status: 0, says: /--width N .*\(1280[^]*--viewers N +viewers at once, 1 to 5 \(5\)/ },
	{ words: ["--video", ""], status: 2, says: /^--video: no file given/ },
	{ words: ["--video="], status: 2, says: /^--video: no file given/ },
	{ words: ["--video", "none.mp4"], status: 2, says: /^--video: there is no file \/.*none\.mp4/ },
	{ words: ["--video", "."], status: 2, says: /^--video: there is no file \// },
	{ words: ["--viewers", "20"], status: 1, says: /start: viewers: 1 to 5, not 20: the heap in "creation"/ },
	{ words: ["--viewers", "0"], status: 1, says: /start: viewers: 1 to 5, not 0\n/ },
	{ words: ["--udpPort", "70000"], status: 1, says: /start: udpPort: 0 to 65535, not 70000/ },
	{ words: ["--password", "1234567"], status: 1, says: /start: password: 8 to 256 characters\n/, silent: /1234567/ },
	{ words: ["--token", "secret"], status: 1, says: /start: token: 16 to 256 characters\n/ },
	{ words: ["--link", "--token", "0123456789abcdef"], status: 1, says: /start: token: the link has its own\n/ },
	{ words: ["--link=maybe"], status: 1, says: /start: link: true or false, not "maybe"/ },
	{ words: ["--origins", "example.org"], status: 1, says: /start: origins: "example.org" is no origin/ },
	{ words: ["--width", "8"], status: 1, says: /start: width: an integer from 16 to 3840/ },
	{
		words: [...kvs, ...account, "--viewers", "6"],
		status: 1,
		says: /start: viewers: 1 to 5, not 6: the heap in "creation"/,
	},
	{ words: [...kvs, ...account, "--fips", "perhaps"], status: 1, says: /start: fips: true or false, not "perhaps"/ },
	{ words: [...kvs, "--ca", "none.pem"], status: 2, says: /^--ca: there is no file \/.*none\.pem/ },
	{ words: [...kvs, "--ca", "/"], status: 2, says: /^--ca: there is no file \// },
	{ words: [...kvs, "--ca", bundle], status: 2, says: /^--ca: .* more than 16384 bytes/ },
	{ words: kvs, environment: { AWS_CA_BUNDLE: "none.pem" }, status: 2, says: /^\$AWS_CA_BUNDLE: there is no file/ },
	{
		// Many machines have it set so.
		words: kvs,
		environment: { AWS_CA_BUNDLE: bundle },
		status: 2,
		says: /channelName=NAME[^]*npm run kvs[^]*AWS_CA_BUNDLE is left out/, // stdout, then stderr
		silent: /exception|preload|\n\s+at /,
	},
];

let passed = 0;
let failed = 0;
for (const { words, environment, status, says, silent = /\n\s+at / } of cases) {
	const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
	const { status: ended, output } = spawnSync("node", [join(root, "hosts/linux/start.mjs"), ...words], {
		cwd: root,
		encoding: "utf8",
		env: { ...Object.fromEntries(inherited), ...environment },
	});
	const text = output.join("");
	const right = ended === status && says.test(text) && !silent.test(text);
	if (right) passed++;
	else {
		failed++;
		console.log(`npm start -- ${words.join(" ")}: status ${ended}, not ${status}, or not ${says}:\n${text}`);
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
