// SPDX-License-Identifier: Apache-2.0
// The page: one session at a time, made again when it is lost, and its statistics.
import { Plot } from "./plot.js";
import { ask, isOpen, Locked } from "./secret.js";
import { Busy, WHEPSession } from "./whep.js";

const $ = (id) => document.getElementById(id);
const video = $("video");
const plots = {
	bitrate: new Plot($("plot-bitrate"), 500_000),
	framerate: new Plot($("plot-framerate"), 30),
	roundtrip: new Plot($("plot-roundtrip"), 0.02),
	loss: new Plot($("plot-loss"), 0.05),
};

const patience = 3; // seconds

let session;
let retry;
let attempts = 0;
let last;
let blank = 0; // seconds of this session without a first picture

function show(state, text, notice = "") {
	$("state").dataset.state = state;
	$("state").textContent = text;
	$("notice").textContent = notice;
	$("notice").hidden = !notice;
}

async function connect() {
	clearTimeout(retry);
	session?.close();
	last = undefined;
	blank = 0;
	show("connecting", "Connecting…");
	const current = new WHEPSession("whep", (stream) => (video.srcObject = stream), onState);
	session = current;
	function onState(state) {
		if (current !== session) return;
		if (state === "connected") {
			attempts = 0;
			show("connected", "Connected");
		} else if (state === "disconnected") show("connecting", "Connection lost…");
		else if (state === "failed" || state === "closed") again("The connection was lost.");
	}
	try {
		await current.open();
	} catch (error) {
		if (current !== session) return;
		if (error instanceof Locked) lock(error);
		else if (error instanceof Busy)
			again(`${error.message} Trying again soon.`, error.retryAfter, "All places taken");
		else again(error instanceof TypeError ? "The camera cannot be reached." : error.message);
	}
}

/** Waits for a secret. @param {Locked} locked */
function lock(locked) {
	session?.close();
	const wait = locked.retryAfter ? ` Wait for ${locked.retryAfter} seconds.` : "";
	show("failed", "Locked", locked.message + wait);
	ask($("secret"), locked, connect);
}

/** @param {number} [seconds] default: longer from time to time, at most 10 s */
function again(notice, seconds = Math.min(10, 2 ** attempts++), text = "Not connected") {
	show("failed", text, notice);
	session?.close();
	clearTimeout(retry);
	retry = setTimeout(connect, seconds * 1000);
}

async function sample() {
	const { pc } = session ?? {};
	if (pc?.connectionState !== "connected") return report({});
	const stats = await pc.getStats();
	if (pc !== session?.pc) return;
	const now = { time: 0, bytes: 0, lost: 0, received: 0, frames: undefined, roundtrip: undefined };
	let details = "";
	for (const stat of stats.values()) {
		if (stat.type === "inbound-rtp") {
			now.time = Math.max(now.time, stat.timestamp);
			now.bytes += stat.bytesReceived;
			now.lost += stat.packetsLost;
			now.received += stat.packetsReceived;
			if (stat.kind === "video") {
				now.frames = stat.framesDecoded ?? 0;
				const codec = stats.get(stat.codecId)?.mimeType.split("/")[1] ?? "";
				if (stat.frameWidth) details = `${stat.frameWidth} × ${stat.frameHeight} ${codec}`;
			}
		} else if (stat.type === "candidate-pair" && (stat.nominated || stat.selected)) {
			now.roundtrip = stat.currentRoundTripTime ?? now.roundtrip;
		}
	}
	$("details").textContent = details;
	tellOfPicture(now);
	const before = last;
	last = now;
	if (before && now.time > before.time) report(compare(before, now));
}

/** What the plots show of the time between two samples. */
function compare(before, now) {
	const seconds = (now.time - before.time) / 1000;
	const lost = Math.max(0, now.lost - before.lost);
	const expected = lost + now.received - before.received;
	return {
		bitrate: ((now.bytes - before.bytes) * 8) / seconds,
		framerate: now.frames === undefined ? undefined : (now.frames - (before.frames ?? 0)) / seconds,
		roundtrip: now.roundtrip,
		loss: expected > 0 ? lost / expected : 0,
	};
}

/** A camera that sends no picture is told from one whose picture is black. */
function tellOfPicture({ frames, received }) {
	if (frames) {
		if (blank >= patience) show("connected", "Connected");
		blank = 0;
	} else if (++blank >= patience) {
		const what = received ? "Sound only: the camera sends no picture." : "The camera sends nothing yet.";
		show("connected", "Connected", what);
	}
}

function report(values) {
	for (const [name, plot] of Object.entries(plots)) plot.add(values[name]);
	const { bitrate, framerate, roundtrip, loss } = values;
	$("bitrate").textContent = bitrate === undefined ? "–" : `${(bitrate / 1e6).toFixed(2)} Mbit/s`;
	$("framerate").textContent = framerate === undefined ? "–" : `${framerate.toFixed(0)} fps`;
	$("roundtrip").textContent = roundtrip === undefined ? "–" : `${(roundtrip * 1000).toFixed(1)} ms`;
	$("loss").textContent = loss === undefined ? "–" : `${(loss * 100).toFixed(1)} %`;
}

$("sound").onclick = () => {
	video.muted = !video.muted;
	$("sound").textContent = video.muted ? "Unmute" : "Mute";
	$("sound").setAttribute("aria-pressed", String(!video.muted));
	video.play().catch(() => {});
};
$("full").onclick = () => {
	if (document.fullscreenElement) document.exitFullscreen();
	else if (video.requestFullscreen) video.requestFullscreen();
	else video.webkitEnterFullscreen?.();
};
addEventListener("pagehide", () => {
	const leaving = session;
	session = undefined;
	leaving?.close();
});
addEventListener("pageshow", (event) => {
	if (event.persisted) connect();
});
isOpen().then((open) => ($("open").hidden = !open));
setInterval(sample, 1000);
connect();
