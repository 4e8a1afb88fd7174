// SPDX-License-Identifier: Apache-2.0
// The page: its buttons, and how loud both sides are.
import { Call, Level, obstacle } from "./call.js";

const [state, note, picture, callButton, talkButton, keepButton, listenButton, own, theirs] = [
	...["state", "note", "picture", "call", "talk", "keep", "listen", "own", "theirs"],
].map((id) => document.getElementById(id));

let call;
let context;
let levels = {};
let isHeld = false;
let isKept = false;

function show(name, text) {
	state.dataset.state = name;
	state.textContent = text;
}

function tell(text) {
	note.textContent = text;
	note.hidden = !text;
}

/** What the buttons say, and whether the microphone is heard. */
function update() {
	const isOpen = call !== undefined;
	const hasMicrophone = isOpen && levels.own !== undefined;
	callButton.textContent = isOpen ? "Hang up" : "Call";
	callButton.dataset.ends = isOpen;
	talkButton.disabled = keepButton.disabled = !hasMicrophone;
	listenButton.disabled = !isOpen;
	const isTalking = hasMicrophone && (isHeld || isKept);
	call?.talk(isTalking);
	talkButton.dataset.talks = isTalking;
	talkButton.textContent = isTalking ? "You are heard" : "Hold to talk";
	keepButton.setAttribute("aria-pressed", isKept);
	keepButton.textContent = isKept ? "Microphone on" : "Microphone off";
	listenButton.setAttribute("aria-pressed", !picture.muted);
	listenButton.textContent = picture.muted ? "Sound off" : "Sound on";
}

function end(name, text) {
	call?.close();
	context?.close();
	call = context = undefined;
	levels = {};
	isHeld = isKept = false;
	picture.srcObject = null;
	own.value = theirs.value = 0;
	show(name, text);
	update();
}

const texts = {
	connected: ["open", "Connected"],
	connecting: ["connecting", "Connecting…"],
	disconnected: ["connecting", "The connection is interrupted…"],
};

function follow(connectionState) {
	if (connectionState === "failed") return end("failed", "The connection has failed.");
	const [name, text] = texts[connectionState] ?? [];
	if (name) show(name, text);
	if (connectionState === "connected" && call.stream.getAudioTracks().length)
		levels.theirs = new Level(context, call.stream);
}

async function begin() {
	show("connecting", "Connecting…");
	tell(obstacle);
	context = new AudioContext(); // by a click, or it would be silent
	const begun = (call = new Call(follow));
	update();
	try {
		picture.srcObject = call.stream;
		const microphone = await call.open();
		if (call !== begun) return;
		if (microphone) levels.own = new Level(context, microphone);
		else if (!obstacle) tell("There is no microphone, or it may not be used: you can listen.");
		update();
	} catch (error) {
		if (call === begun) end("failed", error.message);
	}
}

callButton.onclick = () => (call ? end("idle", "Not connected") : void begin());
const hold = (isDown) => () => {
	isHeld = isDown;
	update();
};
talkButton.onpointerdown = hold(true);
for (const event of ["pointerup", "pointercancel", "pointerleave", "blur"])
	talkButton.addEventListener(event, hold(false));
talkButton.onkeydown = ({ key }) => (key === " " || key === "Enter") && hold(true)();
talkButton.onkeyup = hold(false);
talkButton.oncontextmenu = (event) => event.preventDefault(); // a long touch is to talk
keepButton.onclick = () => {
	isKept = !isKept;
	update();
};
listenButton.onclick = () => {
	picture.muted = !picture.muted;
	update();
};
addEventListener("pagehide", () => call && end("idle", "Not connected"));

/** How loud this side is for the other. */
const said = () => (talkButton.dataset.talks === "true" ? levels.own?.value : 0);

/** The call, and how loud both sides are, 0 … 1; undefined: that is not known. */
export const present = () => ({ call, said: call && said(), heard: levels.theirs?.value });

/** A meter of 60 dB, that falls slowly. */
function measure(meter, level) {
	const loudness = Math.max(0, 1 + Math.log10(level || 1e-6) / 3);
	meter.value = Math.max(Math.min(loudness, 1), meter.value - 0.04);
}

setInterval(() => {
	measure(own, said());
	measure(theirs, levels.theirs?.value);
}, 50);
update();
