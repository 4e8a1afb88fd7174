// SPDX-License-Identifier: Apache-2.0
// The implementations of the table, how each is started, and what each cannot do.
// @ts-check
import { closePages, startPage } from "./browser.mjs";
import { startProcess } from "./process.mjs";

/**
 * One peer of the device, in its own process or page.
 * @typedef {object} Peer
 * @property {(method: keyof import("./w3c.mjs").Agent, parameters?: object) => Promise<any>} do calls it
 * @property {() => Promise<unknown>} stop
 */
/**
 * @typedef {object} Implementation
 * @property {string} name
 * @property {(options?: Parameters<typeof import("../../browser/browsers.mjs").launch>[1]) => Promise<Peer>} start of a browser
 * @property {string[]} [policies] of bundling; default: its own
 * @property {Record<string, string>} [lacks] why it cannot do what a row needs: see the rows
 * @property {Record<string, Record<string, string>>} [lacksWith] the same, with one policy of bundling alone
 */

const python = "/usr/bin/python3"; // Debian's, which has Debian's modules
const channelLast = "its section comes after those that are wanted with it";
const apart = { together: "without BUNDLE it takes one section: see its rows of answers to both" };
const ended = {
	"be stopped": "it takes a section that ended for a paused one, and 1.22 does not implement changes of a direction",
};
const noRestart = "it makes no ICE restart";

/** @type {Implementation[]} */
export const implementations = [
	{
		name: "chromium",
		start: (options) => startPage("chromium", options),
		policies: ["balanced", "max-compat", "max-bundle"],
		lacks: { "data first": channelLast },
		lacksWith: {
			"max-bundle": {
				"refused first":
					'its one transport goes with the first section (of its own answers, too: "Failed to setup RTCP mux")',
			},
		},
	},
	{
		name: "firefox",
		start: (options) => startPage("firefox", options),
		policies: ["balanced", "max-compat", "max-bundle"],
		lacks: { "data first": channelLast },
	},
	{
		name: "gstreamer",
		start: () => startProcess(python, "gstreamer_peer.py"),
		policies: ["none", "balanced", "max-compat", "max-bundle"],
		lacksWith: { none: apart, balanced: apart, "max-compat": ended, "max-bundle": ended },
		lacks: {
			"refused first": "its transport goes with the first section",
			"data first": channelLast,
			direct: "1.22 does not implement changes of a direction",
			"be directed": "1.22 does not implement changes of a direction",
			"be restarted": "it answers a restart with its old credentials",
			stop: "a transceiver has no stop",
			restart: noRestart,
		},
	},
	{
		name: "aiortc",
		start: () => startProcess(python, "aiortc_peer.py"),
		lacks: {
			refused: "1.4 takes a refused section for a live one",
			"refused first": "1.4 takes a refused section for a live one",
			"data first": channelLast,
			"offer next": "its later offers number the formats anew, and its receivers keep the old numbers",
			"be restarted": "it answers a restart with its old credentials",
			stop: "a transceiver that was stopped is offered as before",
			restart: noRestart,
		},
	},
	{
		name: "werift",
		start: () => startProcess("node", "werift.mjs"),
		lacks: {
			"data first": channelLast,
			direct: "it ends a section in place of a pause",
			"be directed": "it ends a section in place of a pause",
			stop: "a transceiver that was stopped is offered as before",
			restart: "each of its offers has another session id, as that of another connection has",
		},
	},
	{
		name: "node-datachannel",
		start: () => startProcess("node", "node-datachannel.mjs"),
		lacks: {
			"data first": channelLast,
			direct: "a track keeps its direction",
			"be restarted": 'its libjuice refuses it: "ICE restart is not supported"',
			restart: noRestart,
		},
	},
	{
		name: "wrtc",
		start: () => startProcess("node", "wrtc.mjs"),
		lacks: { video: "it has no H.264" },
	},
];

export { closePages as closePeers };
