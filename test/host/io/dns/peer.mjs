// SPDX-License-Identifier: Apache-2.0
// @ts-check
import fs from "node:fs";
import path from "node:path";

const hosts = `# names of the test's
192.0.2.7\tcamera.test  other.test # two of them
2001:db8::1 six.test
- absent.test

192.0.2.8 twice.test
192.0.2.9 twice.test\r
`;
const mistakes = {
	"hosts:2: neither an address nor - comes first": "127.0.0.1 a.test\ncamera.test 127.0.0.1\n",
	"hosts:1: no name follows": "192.0.2.7 # camera.test\n",
};

/** @param {import("../run.mjs").Context} context */
export default async function drive({ start, check, folder }) {
	const file = path.join(folder, "hosts");
	const environment = { XS_WEBRTC_HOSTS: file };
	const write = (/** @type {string} */ text) => {
		fs.writeFileSync(`${file}.new`, text);
		fs.renameSync(`${file}.new`, file);
	};
	write(`${hosts}192.0.2.1 changing.test\n`);
	const application = await start({}, environment);
	await application.line(/^remove it$/m);
	write(`${hosts}- changing.test\n`);
	await application.line(/^bring it back$/m);
	write(`${hosts}192.0.2.2 changing.test\n`);
	check((await application.exited) === 0, "exit status");
	for (const [expected, text] of Object.entries(mistakes)) {
		write(text);
		check((await (await start({ expected }, environment)).exited) === 0, expected);
	}
	fs.rmSync(file);
	const missing = await start({ expected: "No such file" }, environment);
	check((await missing.exited) === 0, "a file that is not there");
}
