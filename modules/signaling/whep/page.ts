// SPDX-License-Identifier: Apache-2.0
// A page that shows the device: for those who do not write one. Picture, sound, what is wrong, and when it is tried again.
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import { textResponse } from "webrtc/http/status";

// No candidates are sent: the device learns the browser's from its checks (RFC 8445 section 7.3.1.3).
const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Camera</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0; height: 100dvh; display: grid; grid-template-rows: minmax(0, 1fr) auto; background: #000; color: #fff;
	font: 16px system-ui, sans-serif; color-scheme: dark }
video { width: 100%; height: 100%; object-fit: contain }
footer { display: flex; gap: 12px; align-items: center; padding: 8px 12px }
#says { flex: 1 }
button, input { font: inherit; min-height: 40px }
</style>
<body>
<video id="video" autoplay muted playsinline></video>
<footer><span id="says" role="status"></span>
<form id="form" hidden><input id="secret" type="password" aria-label="Password" required> <button>Watch</button></form>
<button id="sound">Sound</button></footer>
<script type="module">
const { video, says, form, secret, sound } = Object.fromEntries([...document.querySelectorAll("[id]")].map((e) => [e.id, e]));
let authorization = location.hash ? "Bearer " + location.hash.slice(1) : "";
let pc, place, timer, frames = 0, last = 0, tries = 0;
const headers = (more) => (authorization ? { ...more, authorization } : more);
const end = () => {
	clearInterval(timer);
	pc?.close();
	if (place) fetch(place, { method: "DELETE", headers: headers({}), keepalive: true }).catch(() => {});
	pc = place = undefined;
};
const again = (why, seconds = Math.min(10, 2 ** tries++)) => {
	end();
	const tell = () => (says.textContent = why + " Trying again in " + seconds + " s.");
	tell();
	timer = setInterval(() => (--seconds > 0 ? tell() : connect()), 1000);
};
async function connect() {
	end();
	says.textContent = "Connecting…";
	const mine = (pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" }));
	const stream = new MediaStream();
	pc.ontrack = ({ track }) => (stream.addTrack(track), (video.srcObject = stream));
	pc.addTransceiver("video", { direction: "recvonly" });
	pc.addTransceiver("audio", { direction: "recvonly" });
	last = performance.now();
	timer = setInterval(() => look(mine), 500);
	try {
		await pc.setLocalDescription();
		const post = { method: "POST", credentials: "omit", headers: headers({ "content-type": "application/sdp" }) };
		const response = await fetch("whep", { ...post, body: pc.localDescription.sdp, signal: AbortSignal.timeout(10000) });
		const text = await response.text();
		if (mine !== pc) return;
		const wait = Number(response.headers.get("retry-after")) || undefined;
		if (response.status === 401 || response.status === 429) {
			end(); // the same secret would be refused again
			says.textContent = text.trim() + (wait ? " Try another in " + wait + " s." : "");
			return (form.hidden = false);
		}
		if (response.status !== 201) return again(text, wait);
		place = new URL(response.headers.get("location"), response.url);
		await pc.setRemoteDescription({ type: "answer", sdp: text });
	} catch (error) {
		if (mine === pc) again(error.name === "TypeError" ? "The camera cannot be reached." : error.message);
	}
}
async function look(mine) {
	const ended = mine.getReceivers().some(({ transport }) => /closed|failed/.test(transport?.state));
	if (ended || mine.connectionState === "failed") return again("The connection has ended.");
	let count = 0, heard = 0;
	for (const stat of (await mine.getStats()).values())
		if (stat.type === "inbound-rtp") (count += stat.framesDecoded ?? 0), (heard += stat.packetsReceived ?? 0);
	if (mine !== pc) return;
	const now = performance.now();
	if (count !== frames) (last = now), (tries = 0);
	frames = count;
	const still = now - last;
	if (still > 12000 && !(heard && !count)) return again("The connection was lost.");
	if (still > 2000 && count) says.textContent = "Not live: nothing has come for " + Math.round(still / 1000) + " s.";
	else if (count) says.textContent = "Live";
	else if (still > 3000) says.textContent = heard ? "Sound only: no picture comes." : "Connecting…";
}
form.onsubmit = (event) => {
	event.preventDefault();
	form.hidden = true;
	authorization = "Basic " + btoa(String.fromCharCode(...new TextEncoder().encode(":" + secret.value)));
	connect();
};
sound.onclick = () => {
	video.muted = !video.muted;
	sound.textContent = video.muted ? "Sound" : "Mute";
	video.play().catch(() => {});
};
addEventListener("pagehide", end);
addEventListener("pageshow", (event) => event.persisted && connect());
connect();
</script>
`;

const headers = Object.freeze({
	"content-type": "text/html; charset=utf-8",
	"cache-control": "no-cache",
	"content-security-policy": "frame-ancestors 'self'",
});

/**
 * Answers GET for "/" with a page that shows the device's stream, by the endpoint "/whep" of the same port. For
 * WHEPSignaling's `onRequest`. It asks for the device's password, or takes its token from behind "#" of the address.
 */
export default function page({ method, path }: HTTPRequest, respond: (response: HTTPResponse) => void): void {
	if (path !== "/") respond(textResponse(404, "Not found."));
	else if (method === "GET" || method === "HEAD") respond({ status: 200, headers: { ...headers }, body: html });
	else respond(textResponse(405, "GET or HEAD.", { allow: "GET, HEAD" }));
}
