// SPDX-License-Identifier: Apache-2.0
// Each board with each example, as their manifests say: what a person who flashes it relies on. The pins of the SDK's
// own targets are the SDK's; those of hosts/esp32/targets are checked here.
// @ts-check
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readManifest, standIns } from "../../hosts/linux/tools/manifest.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const host = path.join(root, "hosts/esp32");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "xs-webrtc-boards-"));
const examples = fs
	.readdirSync(path.join(root, "examples"))
	.filter((name) => fs.existsSync(path.join(root, "examples", name, "main.ts")));

/** @typedef {{ name: string, flash: number, microphone: boolean, target?: boolean, mipi?: boolean }} Board */
/** @type {Board[]} */
const boards = [
	{ name: "xiao_esp32s3_sense", flash: 8, microphone: true },
	{ name: "m5stack_cores3", flash: 16, microphone: true },
	{ name: "lilygo_t_camera_plus_s3", flash: 16, microphone: true },
	{ name: "m5atom_s3r_cam", flash: 8, microphone: false },
	{ name: "esp32_s3_eye", flash: 8, microphone: true, target: true },
	{ name: "esp32_p4_function_ev", flash: 16, microphone: true, target: true, mipi: true },
];
/** What the P4's camera, codec and Wi-Fi, which are other chips, are reached by. */
const optionsOfP4 = [
	...["ESP_WIFI_REMOTE_ENABLED", "SLAVE_IDF_TARGET_ESP32C6", "ESP_HOSTED_P4_DEV_BOARD_FUNC_BOARD"],
	...["ESP_HOSTED_SDIO_HOST_INTERFACE", "ESP_HOSTED_SDIO_4_BIT_BUS", "ESP_VIDEO_ENABLE_MIPI_CSI_VIDEO_DEVICE"],
	...["ESP_VIDEO_ENABLE_ISP_VIDEO_DEVICE", "ESP_VIDEO_ENABLE_ISP_PIPELINE_CONTROLLER", "CAMERA_SC2336"],
	...["CODEC_ES8311_SUPPORT", "IDF_EXPERIMENTAL_FEATURES"],
];
const cameraPins = ["xclk", "pclk", "href", "vsync", "sda", "scl", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"];

/** The SDK's modules: the simulator's stand-ins. */
function makeModules() {
	const modules = path.join(folder, "modules");
	const from = path.join(standIns, "modules");
	fs.mkdirSync(modules, { recursive: true });
	for (const name of fs.readdirSync(from)) fs.symlinkSync(path.join(from, name), path.join(modules, name));
	return modules;
}

/** The folders of ESP-IDF that the manifests name. */
function makeIdf() {
	const named = new Set();
	for (const name of fs.readdirSync(path.join(root, "native"))) {
		const manifest = path.join(root, "native", name, "manifest.json");
		if (!fs.existsSync(manifest)) continue;
		for (const [, part] of fs.readFileSync(manifest, "utf8").matchAll(/\$\(IDF_PATH\)\/([^"]+)\//g))
			named.add(part);
	}
	for (const part of named) fs.mkdirSync(path.join(folder, "idf", `${part}`), { recursive: true });
	return path.join(folder, "idf");
}

/**
 * What mcconfig does for `-p esp32/name` and `-p esp32:/path`: the target's manifest, then the application's.
 * @param {Board} board @param {string} example @param {Record<string, string>} variables
 */
function read(board, example, variables) {
	const target = board.target ? [path.join(host, "targets", board.name, "manifest.json")] : [];
	const file = path.join(folder, "manifest.json");
	fs.writeFileSync(
		file,
		JSON.stringify({ include: [...target, path.join(root, "examples", example, "manifest.json")] }),
	);
	return readManifest(file, undefined, { platform: `esp32/${board.name}`, variables });
}

/** @param {string} file @returns {Map<string, string>} the last value of each */
function readOptions(file) {
	const text = fs.readFileSync(file, "utf8");
	return new Map([...text.matchAll(/^CONFIG_(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

/** The lines from the first that every board needs on. @param {string} file */
function sharedPart(file) {
	const text = fs.readFileSync(file, "utf8");
	return text.slice(text.indexOf("# What xs-webrtc needs"));
}

/** @param {Board} board @param {ReturnType<typeof readManifest>} merged @returns {string[]} what is wrong */
function faults(board, { variables, config, defines }) {
	const wrong = [];
	const sdkconfig = path.join(variables.SDKCONFIGPATH ?? "", "sdkconfig.defaults");
	const own = path.join(host, board.target ? "targets" : "boards", board.name, "sdkconfig/sdkconfig.defaults");
	if (sdkconfig !== own) return [`sdkconfig of ${sdkconfig}, not of the board`];
	const options = readOptions(sdkconfig);
	for (const size of [4, 8, 16]) {
		const value = options.get(`ESPTOOLPY_FLASHSIZE_${size}MB`);
		if (value !== (size === board.flash ? "y" : "n")) wrong.push(`${size} MB of flash: ${value}`);
	}
	if (!["OCT", "QUAD", "HEX"].some((mode) => options.get(`SPIRAM_MODE_${mode}`) === "y"))
		wrong.push("no mode of PSRAM");
	if (![...options].some(([name, value]) => name.startsWith("SPIRAM_SPEED_") && value === "y"))
		wrong.push("no speed of PSRAM");
	if (board.mipi) wrong.push(...optionsOfP4.filter((name) => options.get(name) !== "y").map((name) => `no ${name}`));
	if (sharedPart(sdkconfig) !== sharedPart(path.join(host, "sdkconfig/sdkconfig.defaults")))
		wrong.push("what every board needs differs from sdkconfig/sdkconfig.defaults");
	const { video, audio } = config.media ?? {};
	if (video?.source !== "camera" || !(video.width > 0 && video.height > 0 && video.framerate > 0))
		wrong.push(`video: ${JSON.stringify(video)}`);
	if (board.microphone ? audio?.source !== "microphone" : audio !== false)
		wrong.push(`audio: ${JSON.stringify(audio)}`);
	if (!(defines.task?.queueLength >= 64)) wrong.push(`queueLength: ${defines.task?.queueLength}`);
	return [...wrong, ...(board.target ? targetFaults(board, variables, defines) : [])];
}

/** @param {Board} board @param {Record<string, string>} variables @param {Record<string, any>} defines */
function targetFaults(board, variables, defines) {
	const wrong = [];
	if (!fs.existsSync(variables.PARTITIONS_FILE_FOR_TARGET ?? "")) wrong.push("no partitions");
	if (!/^esp32(s3|p4)$/.test(variables.ESP32_SUBCLASS ?? "")) wrong.push(`chip: ${variables.ESP32_SUBCLASS}`);
	const { camera = {}, audioIn } = defines;
	const pins = board.mipi ? [] : cameraPins.map((name) => camera[name]);
	if (pins.some((pin) => !Number.isInteger(pin))) wrong.push(`camera: ${JSON.stringify(camera)}`);
	if (new Set(pins).size !== pins.length) wrong.push("two signals of the camera have one pin");
	const microphone = [audioIn?.i2s?.bck_pin, audioIn?.i2s?.lr_pin, audioIn?.i2s?.datain];
	if (microphone.some((pin) => !Number.isInteger(pin) || pins.includes(pin)))
		wrong.push(`microphone: ${JSON.stringify(audioIn)}`);
	return wrong;
}

const variables = { IDF_PATH: makeIdf(), MODULES: makeModules() };
let passed = 0;
let failed = 0;
for (const board of boards) {
	for (const example of examples) {
		let wrong;
		try {
			wrong = faults(board, read(board, example, variables));
		} catch (error) {
			wrong = [/** @type {Error} */ (error).message];
		}
		if (wrong.length) failed++;
		else passed++;
		if (wrong.length) console.log(`FAILED ${board.name} with ${example}\n    ${wrong.join("\n    ")}`);
	}
}
fs.rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
