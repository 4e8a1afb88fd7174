// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The options of an example, as its options.json describes them: what is wrong is said before anything is built.
import dgram from "node:dgram";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

/**
 * An option of an example. It goes to mc/config: a number, a port, the absolute path of a media file, or what is in a
 * file; a flag, which has no value, as "true"; else as it is. An environment variable may stand in for it.
 * @typedef {object} Option
 * @property {string} text
 * @property {string} [value] what stands for the value in the help
 * @property {"number" | "port" | "udpPort" | "media" | "file" | "flag"} [kind]
 * @property {number} [minimum] of a number; or the least characters of a text
 * @property {number} [maximum]
 * @property {string[]} [choices]
 * @property {string} [environment]
 */

/** What a user has set and cannot be. */
export class Refusal extends Error {}

const largestFile = 16_384; // bytes, for mc/config is in the device's memory

/** npm runs this in the project's folder; INIT_CWD is where the user typed. @param {string} file */
const absolute = (file) => path.resolve(process.env.INIT_CWD ?? process.cwd(), file);

/** The authorities of a whole system, as AWS_CA_BUNDLE often names them: too many for a device. @param {string} file */
export const isBundle = (file) => (fs.statSync(absolute(file), { throwIfNoEntry: false })?.size ?? 0) > largestFile;

/**
 * @param {string} source what the user has set @param {Option} option @param {string} value
 * @returns {string} what goes to mc/config
 * @throws Refusal
 */
export function convert(source, option, value) {
	const { kind, choices } = option;
	if (choices && !choices.includes(value)) throw new Refusal(`${source}: ${either(choices)}, not "${value}"`);
	if (kind === "number" || kind === "port" || kind === "udpPort") return convertNumber(source, option, value);
	if (kind === "flag" && value !== "true" && value !== "false")
		throw new Refusal(`${source}: true or false, not "${value}"`);
	if (kind !== "media" && kind !== "file") return convertText(source, option, value);
	const file = absolute(value);
	checkFile(source, value, file);
	if (kind === "media") return file;
	const text = fs.readFileSync(file, "utf8");
	if (text.length > largestFile)
		throw new Refusal(`${source}: ${file} has more than ${largestFile} bytes, too many for a device`);
	return text;
}

/** @param {string[]} choices */
const either = (choices) => `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;

/** @param {string} source @param {Option} option @param {string} value */
function convertNumber(source, { minimum = 0, maximum = Infinity }, value) {
	if (!/^\d+$/.test(value)) throw new Refusal(`${source}: a number, not "${value}"`);
	if (Number(value) >= minimum && Number(value) <= maximum) return value;
	throw new Refusal(`${source}: ${minimum} to ${maximum}, not ${value}`);
}

/** It may be a secret: it is not repeated. @param {string} source @param {Option} option @param {string} value */
function convertText(source, { minimum = 0 }, value) {
	if (value.length >= minimum) return value;
	throw new Refusal(`${source}: ${minimum} characters or more, not ${value.length}`);
}

/** @param {string} source @param {string} value @param {string} file */
function checkFile(source, value, file) {
	const status = value ? fs.statSync(file, { throwIfNoEntry: false }) : undefined;
	if (!status?.isFile())
		throw new Refusal(value ? `${source}: there is no file ${file}` : `${source}: no file given`);
	try {
		fs.accessSync(file, fs.constants.R_OK);
	} catch {
		throw new Refusal(`${source}: you may not read ${file}`);
	}
	if (!status.size) throw new Refusal(`${source}: ${file} is empty`);
}

/** @param {number} port @param {"port" | "udpPort"} kind @returns {Promise<string | undefined>} the code of the error */
function tryPort(port, kind) {
	return new Promise((resolve) => {
		const failed = (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code);
		if (kind === "port") {
			const server = net.createServer().on("error", failed);
			server.listen({ port, exclusive: true }, () => server.close(() => resolve(undefined)));
		} else {
			const socket = dgram.createSocket("udp4").on("error", failed);
			socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(undefined)));
		}
	});
}

/** @param {string} name @param {Option} option @param {number} port @returns {Promise<string | undefined>} what to tell */
export async function findTaken(name, { kind }, port) {
	if ((kind !== "port" && kind !== "udpPort") || !port) return undefined;
	const code = await tryPort(port, kind);
	if (code === "EADDRINUSE")
		return `Port ${port} is taken by another program: end that, or choose another, such as --${name} ${Math.min(port + 1, 65535)}.`;
	if (code === "EACCES")
		return `Port ${port} is not for you: those below 1024 are root's. Choose another, such as --${name} ${port + 8000}.`;
	return undefined;
}
