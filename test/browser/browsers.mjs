// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium and Firefox, driven by Puppeteer.
// @ts-check
import puppeteer from "puppeteer-core";

// Firefox gets its H.264 as a plug-in from the network; these make it use the system's FFmpeg instead.
const firefoxPreferences = {
	"gfx.blacklist.webrtc.hw.acceleration.h264": 1,
	"media.webrtc.hw.h264.enabled": true,
	"media.navigator.mediadatadecoder_h264_enabled": true,
	"media.autoplay.default": 0,
	"media.autoplay.blocking_policy": 0,
	"media.cubeb.force_mock_context": true, // sound without a sound card
	"network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled": false,
};

const chromiumArguments = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--autoplay-policy=no-user-gesture-required",
];

/** The browsers to test with. */
export const names = /** @type {const} */ (["chromium", "firefox"]);

/**
 * @param {"chromium" | "firefox"} name
 * @param {object} [options]
 * @param {string[]} [options.args] more of them, for Chromium
 * @param {Record<string, boolean>} [options.preferences] more of them, for Firefox
 * @param {boolean} [options.insecure] whether Firefox takes any server's certificate
 * @param {boolean} [options.loopback] whether Firefox asks TURN servers at a loopback address, which it passes over otherwise
 * @param {string} [options.executablePath] another program, for Chromium
 * @param {boolean} [options.audible] whether pages may hear what Chromium plays of them; a sound card plays it too
 */
export function launch(
	name,
	{
		args = [],
		preferences = {},
		insecure = false,
		loopback = false,
		audible = false,
		executablePath = "/usr/bin/chromium",
	} = {},
) {
	if (name === "chromium") {
		const sound = audible ? "--auto-accept-this-tab-capture" : "--mute-audio";
		const all = [...chromiumArguments, sound, ...args];
		// Puppeteer adds it to what is headless.
		const ignoreDefaultArgs = audible ? ["--mute-audio"] : [];
		// By a pipe: it may be in another network.
		return puppeteer.launch({ executablePath, headless: true, args: all, ignoreDefaultArgs, pipe: true });
	}
	return puppeteer.launch({
		acceptInsecureCerts: insecure,
		browser: "firefox",
		protocol: "webDriverBiDi",
		executablePath: "/usr/bin/firefox-esr",
		headless: true,
		extraPrefsFirefox: { ...firefoxPreferences, "media.peerconnection.ice.loopback": loopback, ...preferences },
	});
}
