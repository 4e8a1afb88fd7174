// SPDX-License-Identifier: Apache-2.0
// The page: an offer of one channel to the device's WHEP endpoint, with the secret that stands behind "#" of the address, and
// the pictures that come by it.

import { Pictures } from "./pictures.js";

const element = (id) => document.getElementById(id);
const pc = new RTCPeerConnection();
// Unordered, and not sent again once it is old. The camera keeps pictures new by leaving some out; a lost packet of one that is
// under way is worth another attempt, for which a slow network needs the time.
const channel = pc.createDataChannel("pictures", { ordered: false, maxPacketLifeTime: 1000 });
const pictures = new Pictures(element("picture"));

function show(state, text) {
	element("state").dataset.state = state;
	element("state").textContent = text;
}

channel.binaryType = "arraybuffer";
channel.onopen = () => show("open", "Live");
channel.onmessage = ({ data }) => pictures.take(data);
channel.onclose = () => show("failed", "The connection has ended. Reload the page.");

setInterval(() => {
	const { rate, width, height, bytes, bitrate, missing } = pictures.measure();
	element("rate").textContent = rate.toFixed(1);
	element("size").textContent = width ? `${width} × ${height}` : "–";
	element("bytes").textContent = bytes ? `${(bytes / 1000).toFixed(1)} KB` : "–";
	element("bitrate").textContent = `${(bitrate / 1000).toFixed(0)} kbit/s`;
	element("missing").textContent = `${(missing * 100).toFixed(0)} %`;
}, 1000);

async function gathered() {
	if (pc.iceGatheringState === "complete") return;
	await new Promise((resolve) => {
		pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
	});
}

async function connect() {
	await pc.setLocalDescription();
	await gathered();
	const authorization = `Bearer ${location.hash.slice(1)}`;
	const response = await fetch("whep", {
		method: "POST",
		headers: { "content-type": "application/sdp", authorization },
		body: pc.localDescription.sdp,
	});
	const text = await response.text();
	if (response.status === 401) throw new Error("The address lacks its secret: open the one that the device prints.");
	if (response.status !== 201) throw new Error(text.trim() || `The device answered ${response.status}.`);
	await pc.setRemoteDescription({ type: "answer", sdp: text });
	const session = new URL(response.headers.get("location"), response.url);
	addEventListener("pagehide", () => {
		fetch(session, { method: "DELETE", headers: { authorization }, keepalive: true }).catch(() => {});
	});
}

connect().catch((error) => show("failed", error.message));
