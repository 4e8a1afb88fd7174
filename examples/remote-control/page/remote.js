// SPDX-License-Identifier: Apache-2.0
// The page: an offer of three channels to the device's WHEP endpoint, with the secret that stands behind "#" of the address.

import { joystick } from "./joystick.js";
import { Transfer } from "./transfer.js";

const element = (id) => document.getElementById(id);
const pc = new RTCPeerConnection();
const control = pc.createDataChannel("control");
const stick = pc.createDataChannel("stick", { ordered: false, maxRetransmits: 0 });
const file = pc.createDataChannel("file");
const logLines = 100;

function show(state, text) {
	element("state").dataset.state = state;
	element("state").textContent = text;
	for (const id of ["lamp-button", "horn-button", "upload", "download"]) element(id).disabled = state !== "open";
}

function log(text) {
	const line = document.createElement("li");
	line.textContent = `${new Date().toLocaleTimeString()} ${text}`;
	element("log").append(line);
	while (element("log").childElementCount > logLines) element("log").firstElementChild.remove();
	element("log").scrollTop = element("log").scrollHeight;
}

function showPins({ lamp, horn, left, right }) {
	element("lamp").textContent = lamp;
	element("horn").textContent = horn;
	element("lamp-button").setAttribute("aria-pressed", String(lamp === 1));
	for (const [id, value] of Object.entries({ left, right })) {
		element(id).value = value;
		element(`${id}-value`).textContent = value;
	}
}

function send(channel, message) {
	if (channel.readyState === "open") channel.send(message);
}

const press = (pin, on) => send(control, JSON.stringify({ pin, on }));

control.onopen = () => show("open", "Connected");
control.onmessage = ({ data }) => {
	const { pins, log: line } = JSON.parse(data);
	if (pins) showPins(pins);
	if (line) log(line);
};
control.onclose = () => show("failed", "The connection has ended. Reload the page.");
for (const channel of [stick, file]) channel.onclose = () => log(`The channel "${channel.label}" has been closed.`);

element("lamp-button").onclick = ({ target }) => press("lamp", target.getAttribute("aria-pressed") !== "true");
const horn = element("horn-button");
horn.onpointerdown = () => press("horn", true);
for (const event of ["pointerup", "pointercancel", "pointerleave"])
	horn.addEventListener(event, () => press("horn", false));
joystick(element("pad"), element("stick"), (x, y) => send(stick, new Int8Array([x * 127, y * 127])));

const transfer = new Transfer(file, (direction, done, size, text) => {
	element(direction).value = size ? done / size : 1;
	element(`${direction}-text`).textContent = text;
});
element("upload").onchange = async ({ target }) => {
	const [chosen] = target.files;
	if (chosen) log(await transfer.put(chosen));
};
element("download").onclick = async () => log(await transfer.get(1_000_000));

async function gathered() {
	if (pc.iceGatheringState === "complete") return;
	await new Promise((resolve) => {
		pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
	});
}

async function connect() {
	await pc.setLocalDescription();
	await gathered();
	const response = await fetch("whep", {
		method: "POST",
		headers: { "content-type": "application/sdp", authorization: `Bearer ${location.hash.slice(1)}` },
		body: pc.localDescription.sdp,
	});
	const text = await response.text();
	if (response.status === 401) throw new Error("The address lacks its secret: open the one that the device prints.");
	if (response.status !== 201) throw new Error(text.trim() || `The device answered ${response.status}.`);
	await pc.setRemoteDescription({ type: "answer", sdp: text });
	const session = new URL(response.headers.get("location"), response.url);
	addEventListener("pagehide", () => {
		const headers = { authorization: `Bearer ${location.hash.slice(1)}` };
		fetch(session, { method: "DELETE", headers, keepalive: true }).catch(() => {});
	});
}

connect().catch((error) => show("failed", error.message));
