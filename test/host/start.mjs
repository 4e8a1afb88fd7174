// SPDX-License-Identifier: Apache-2.0
// `npm start` as a user types it: its options, and what it says of mistakes.
// @ts-check
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { root } from "../../hosts/linux/tools/build.mjs";

const bundle = "/etc/ssl/certs/ca-certificates.crt";
const kvs = ["--example", "kvs-camera"];
const account = ["--channelName", "porch", "--region", "eu-west-1", "--accessKeyId", "A", "--secretAccessKey", "B"];

const configured = account
	.join(" ")
	.slice(2)
	.split(" --")
	.map((pair) => pair.replace(" ", "="));
const server = createServer().listen(0);
const socket = createSocket("udp4").bind(0);
await Promise.all([once(server, "listening"), once(socket, "listening")]);
const taken = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
const takenUDP = socket.address().port;
const empty = join(root, "build/empty.mp4");
mkdirSync(join(root, "build"), { recursive: true });
writeFileSync(empty, "");

/** @type {{ words?: string[], run?: string[], environment?: Record<string, string>, status: number, says: RegExp, silent?: RegExp }[]} */
const cases = [
	{ words: ["--help"], status: 0, says: /^usage: npm start[^]*--viewers N/ },
	{ words: [...kvs, "--help"], status: 0, says: /--channelName[^]*\[\$AWS_ACCESS_KEY_ID\]/ },
	{ words: ["--example", "toaster"], status: 2, says: /toaster: there is .*kvs-camera, .*lan-camera/ },
	{ words: ["--nonsense"], status: 2, says: /^--nonsense: unknown option/ },
	{ words: ["--port"], status: 2, says: /^--port: no value given/ },
	{ words: ["--port", "x"], status: 2, says: /^--port: a number, not "x"/ },
	{ words: ["--help"], status: 0, says: /--width N .*\(1280[^]*--viewers N +viewers at once, 1 to 5 \(5\)/ },
	{ words: ["--video", ""], status: 2, says: /^--video: no file given/ },
	{ words: ["--video="], status: 2, says: /^--video: no file given/ },
	{ words: ["--video", "none.mp4"], status: 2, says: /^--video: there is no file \/.*none\.mp4/ },
	{ words: ["--video", "."], status: 2, says: /^--video: there is no file \// },
	{ words: ["-h"], status: 0, says: /^usage: npm start/ },
	{ words: ["--widht", "640"], status: 2, says: /^--widht: unknown option; is --width meant\?/ },
	{ words: ["--example", "lan-camra"], status: 2, says: /lan-camra: .*; is lan-camera meant\?/ },
	{ words: ["--viewers", "20"], status: 2, says: /^--viewers: 1 to 5, not 20/ },
	{ words: ["--viewers", "0"], status: 2, says: /^--viewers: 1 to 5, not 0\n/ },
	{ words: ["--udpPort", "70000"], status: 2, says: /^--udpPort: 0 to 65535, not 70000/ },
	{ words: ["--width", "8"], status: 2, says: /^--width: 16 to 3840, not 8/ },
	{ words: [...kvs, ...account, "--fips", "perhaps"], status: 2, says: /^--fips: true or false, not "perhaps"/ },
	{ words: [...kvs, ...account, "--cache", "disk"], status: 2, says: /^--cache: stored, memory or none, not "disk"/ },
	{ words: ["--port", `${taken}`], status: 1, says: /^Port \d+ is taken by another program: .* --port \d+\.\n$/ },
	{
		words: ["--port", "0", "--password", "1234567"],
		status: 2,
		says: /^--password: 8 characters or more, not 7\n/,
		silent: /1234567|TypeScript/,
	},
	{ words: ["--port", "0", "--token", "secret"], status: 2, says: /^--token: 16 characters or more, not 6\n/ },
	{ words: ["--link=no"], status: 2, says: /^--link: true or false, not "no"\n/ },
	{ run: ["lan-camera", "port=0", "token=secret"], status: 1, says: /start: token: 16 to 256 characters\n/ },
	{
		words: ["--port", "0", "--link", "--token", "0123456789abcdef"],
		status: 1,
		says: /start: token: the link has its own\n/,
	},
	{ run: ["lan-camera", "port=0", "link=maybe"], status: 1, says: /start: link: true or false, not "maybe"/ },
	{
		words: ["--port", "0", "--origins", "example.org"],
		status: 1,
		says: /start: origins: "example.org" is no origin/,
	},
	{
		words: ["--port", "0", "--iceServers", "turn:turn.example"],
		status: 1,
		says: /start: viewerIceServers: "turn:turn\.example" needs a username and a credential/,
	},
	{
		words: ["--udpPort", `${takenUDP}`],
		status: 1,
		says: /^Port \d+ is taken by another program: .* --udpPort \d+\.\n$/,
	},
	{ words: ["--video", empty], status: 2, says: /^--video: .*empty\.mp4 is empty/ },
	// What comes by other ways, such as a manifest's config, is checked where it is used.
	{ run: ["lan-camera", "viewers=20"], status: 1, says: /start: viewers: 1 to 5, not 20: the heap in "creation"/ },
	{ run: ["lan-camera", "udpPort=70000"], status: 1, says: /start: udpPort: 0 to 65535, not 70000/ },
	{ run: ["lan-camera", "width=8"], status: 1, says: /start: width: an integer from 16 to 3840/ },
	{
		run: ["kvs-camera", ...configured, "fips=perhaps"],
		status: 1,
		says: /start: fips: true or false, not "perhaps"/,
	},
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
for (const { words = [], run, environment, status, says, silent = /\n\s+at / } of cases) {
	const [folder = "", ...pairs] = run ?? [];
	const script = run ? ["run.mjs", "--quiet", join("examples", folder), ...pairs] : ["start.mjs", ...words];
	const [file = "", ...parameters] = script;
	const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
	const { status: ended, output } = spawnSync("node", [join(root, "hosts/linux", file), ...parameters], {
		cwd: root,
		encoding: "utf8",
		env: { ...Object.fromEntries(inherited), ...environment },
	});
	const text = output.join("");
	const right = ended === status && says.test(text) && !silent.test(text);
	if (right) passed++;
	else {
		failed++;
		console.log(`${script.join(" ")}: status ${ended}, not ${status}, or not ${says}:\n${text}`);
	}
}
server.close();
socket.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
