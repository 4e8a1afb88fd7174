// SPDX-License-Identifier: Apache-2.0
// The page: one session at a time, made again when it is lost, and its statistics.
import { CameraClock } from "./clock.js";
import { Liveness } from "./liveness.js";
import { Plot } from "./plot.js";
import { ask, isOpen, Locked } from "./secret.js";
import { show } from "./state.js";
import { Busy, WHEPSession } from "./whep.js";

const $ = (id) => document.getElementById(id);
const video = $("video");

const format = {
	bitrate: (value, digits = 2) => `${(value / 1e6).toFixed(digits)} Mbit/s`,
	framerate: (value) => `${value.toFixed(0)} fps`,
	target: (value) => format.bitrate(value),
	available: (value) => format.bitrate(value, 1),
	roundtrip: (value, digits = 1) => `${(value * 1000).toFixed(digits)} ms`,
	loss: (value, digits = 1) => `${(value * 100).toFixed(digits)} %`,
	delay: (value) => `${(value * 1000).toFixed(0)} ms`,
	repeated: (value) => `${value.toFixed(0)}/s`,
};
const scaleOfRate = (value) => format.bitrate(value, value < 1e6 ? 1 : 0);
const plots = {
	bitrate: new Plot($("plot-bitrate"), 500_000, scaleOfRate),
	target: new Plot($("plot-target"), 500_000, scaleOfRate),
	available: new Plot($("plot-available"), 500_000, scaleOfRate),
	framerate: new Plot($("plot-framerate"), 30, format.framerate),
	roundtrip: new Plot($("plot-roundtrip"), 0.02, (value) => format.roundtrip(value, 0)),
	loss: new Plot($("plot-loss"), 0.05, (value) => format.loss(value, 0)),
	repeated: new Plot($("plot-repeated"), 10, format.repeated),
	delay: new Plot($("plot-delay"), 0.1, format.delay),
};
const clock = new CameraClock();

const patience = 3; // seconds without a first picture
const connectTimeout = 15_000; // ms
const renewals = 5; // attempts to restart ICE in a pause
const staleTimeout = 10_000; // ms after which a session without a picture is made anew

let session;
let liveness;
let retry;
let waiting = false; // for another attempt
let attempts = 0;
let last;
let blank = 0; // seconds of this session without a first picture

async function connect() {
	end();
	last = undefined;
	blank = 0;
	show("connecting", "Connecting…");
	const current = new WHEPSession("whep", (stream) => (video.srcObject = stream), onState);
	session = current;
	watch(current);
	function onState(state) {
		if (current !== session) return;
		if (state === "connected") live();
		else if (state === "disconnected") show("stale", "Connection lost…", "Nothing comes from the camera. Waiting.");
		else if (state === "failed") again(lost(), "Connection lost");
		else if (state === "closed") again("The session was closed.", "Closed");
	}
	try {
		await current.open();
	} catch (error) {
		if (current !== session) return;
		if (error instanceof Locked) lock(error);
		else if (error instanceof Busy) again(error.message, "All places taken", error.retryAfter);
		else again(reason(error));
	}
}

/** Waits for a secret. @param {Locked} locked */
function lock(locked) {
	end();
	const wait = locked.retryAfter ? ` Wait for ${locked.retryAfter} seconds.` : "";
	show("failed", "Locked", locked.message + wait);
	ask($("secret"), locked, connect);
}

/** Ends the session, and all that was to follow. */
function end() {
	waiting = false;
	clearTimeout(retry);
	liveness?.close();
	const ended = session;
	session = undefined;
	ended?.close();
}

function live() {
	clearTimeout(retry); // the bound on connecting
	attempts = 0;
	show("connected", "Connected");
	setTimeout(explain, 1000); // the camera's side is a moment later
}

/** @param {WHEPSession} current */
function watch(current) {
	liveness = new Liveness(current.pc, video, {
		onClosed: () => current === session && again("The camera has ended the session.", "Closed"),
		onPause: () => renew(current),
		onStale: (since, sound) => current === session && onStale(since, sound),
		onLive: () => current === session && current.pc.connectionState === "connected" && live(),
	});
	retry = setTimeout(() => again("No connection could be made in time."), connectTimeout);
}

/** The network may have changed under a session: its requests may fail for a moment, too. @param {WHEPSession} current */
async function renew(current) {
	for (let attempt = 0; attempt < renewals && current === session; attempt++) {
		try {
			// A connection that is kept from before leads nowhere, and does not tell.
			return await current.restart(500 * 2 ** attempt);
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

function onStale(since, sound) {
	const at = since + staleTimeout;
	if (performance.now() > at) return again(lost());
	const what = sound
		? "The picture has stopped; the sound goes on."
		: "Nothing has come from the camera for a while.";
	show("stale", "Not live", what, "A new connection is made", at);
}

const lost = () => (navigator.onLine ? "The connection to the camera was lost." : "This device is offline.");

/** Why a session could not begin. @param {Error} error */
function reason(error) {
	if (error.name === "TimeoutError") return "The camera does not answer.";
	if (error instanceof TypeError) return navigator.onLine ? "The camera cannot be reached." : lost();
	return error.message;
}

/** @param {string} notice @param {string} [text] @param {number} [seconds] default: longer from time to time, at most 10 s */
function again(notice, text = "Not connected", seconds = Math.min(10, 2 ** attempts++)) {
	explain();
	end();
	show("failed", text, notice, "Trying again", performance.now() + seconds * 1000);
	waiting = true;
	retry = setTimeout(connect, seconds * 1000);
}

/** What the camera says of the session, now or as it ended. */
async function explain() {
	const why = await session?.why();
	if (why === undefined) return;
	$("report").textContent = why;
	$("why").hidden = false;
}

async function sample() {
	const { pc } = session ?? {};
	if (pc?.connectionState !== "connected") {
		$("details").textContent = "";
		return report({});
	}
	const [stats, estimate = {}] = await Promise.all([pc.getStats(), session.estimate()]);
	if (pc !== session?.pc) return;
	const now = { time: 0, bytes: 0, lost: 0, received: 0, frames: undefined, roundtrip: undefined, ...estimate };
	now.delay = clock.delay(pc.getReceivers().find(({ track }) => track.kind === "video"));
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
	if (details && estimate.reason === "bandwidth") details += ", as the network allows";
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
		target: now.target,
		available: now.available,
		repeated:
			before.repeated >= 0
				? Math.max(0, (now.repeated ?? before.repeated) - before.repeated) / seconds
				: undefined,
		roundtrip: now.roundtrip,
		loss: expected > 0 ? lost / expected : 0,
		delay: now.delay,
	};
}

/** A camera that sends no picture is told from one whose picture is black. */
function tellOfPicture({ frames, received }) {
	if (frames) {
		if (blank >= patience) show("connected", "Connected");
		blank = 0;
	} else if (++blank >= patience) {
		const what = received ? "Sound only: the camera sends no picture." : "The camera sends nothing yet.";
		show(received ? "connected" : "stale", received ? "Connected" : "Not live", what);
	}
}

function report(values) {
	for (const [name, plot] of Object.entries(plots)) plot.add(values[name]);
	for (const name of Object.keys(plots))
		$(name).textContent = values[name] === undefined ? "–" : format[name](values[name]);
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
$("why").ontoggle = explain;
addEventListener("pagehide", end);
addEventListener("online", () => {
	if (waiting) connect();
});
addEventListener("pageshow", (event) => {
	if (event.persisted) connect();
});
isOpen().then((open) => ($("open").hidden = !open));
setInterval(sample, 1000);
connect();
