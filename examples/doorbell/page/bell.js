// SPDX-License-Identifier: Apache-2.0
// What the bell tells: a connection of its own, with one channel, that is there as long as the page is. It is made again when it ends.
import { post } from "./call.js";

const [state, ring, who, rang, seen, door] = [...["bell", "ring", "who", "rang", "seen", "door"]].map((id) =>
	document.getElementById(id),
);
const title = document.title;
const pause = 3000; // ms before it is tried again

let channel;
let picture; // that is coming: its size, and its pieces
let sound;

function show(name, text) {
	state.dataset.state = name;
	state.textContent = text;
	door.disabled = name !== "open" || door.dataset.open === "true";
}

/** Two tones. A browser is silent until its user has done something in the page. */
function chime() {
	sound ??= new AudioContext();
	[659, 523].forEach((frequency, index) => {
		const begin = sound.currentTime + index * 0.6;
		const [tone, gain] = [new OscillatorNode(sound, { frequency }), new GainNode(sound)];
		gain.gain.setValueAtTime(0.25, begin);
		gain.gain.exponentialRampToValueAtTime(0.001, begin + 0.9);
		tone.connect(gain).connect(sound.destination);
		tone.start(begin);
		tone.stop(begin + 0.9);
	});
}

function forget() {
	URL.revokeObjectURL(who.src);
	who.hidden = true;
	who.removeAttribute("src");
}

function hear({ at, isOld = false }) {
	forget();
	const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
	rang.textContent = isOld ? `Somebody rang at ${time}.` : `Somebody is at the door, since ${time}.`;
	ring.dataset.old = isOld;
	ring.hidden = false;
	if (isOld) return;
	document.title = `Ring! – ${title}`;
	chime();
}

function take(bytes) {
	if (!picture) return;
	picture.pieces.push(bytes);
	picture.size -= bytes.byteLength;
	if (picture.size > 0) return;
	forget();
	who.src = URL.createObjectURL(new Blob(picture.pieces, { type: "image/jpeg" }));
	who.hidden = false;
	picture = undefined;
}

function listen({ data }) {
	if (typeof data !== "string") return take(data);
	const message = JSON.parse(data);
	if (message.picture) picture = { size: message.picture, pieces: [] };
	else if (message.ring) {
		picture = undefined;
		hear(message);
	} else {
		door.dataset.open = message.isOpen;
		door.textContent = message.isOpen ? "The door is open" : "Open the door";
		show("open", state.textContent);
	}
}

async function connect() {
	const pc = new RTCPeerConnection();
	let isOver = false;
	const again = (text) => {
		if (isOver) return;
		isOver = true;
		pc.close();
		show("failed", text);
		setTimeout(connect, pause);
	};
	channel = pc.createDataChannel("bell");
	channel.binaryType = "arraybuffer";
	channel.onopen = () => {
		door.dataset.open = false;
		door.textContent = "Open the door";
		show("open", "Listening for the bell");
	};
	channel.onmessage = listen;
	channel.onclose = () => again("The bell has gone. Trying again…");
	pc.onconnectionstatechange = () => pc.connectionState === "failed" && channel.onclose();
	try {
		await post(pc);
	} catch (error) {
		if (error.isFinal) {
			isOver = true;
			return show("failed", error.message);
		}
		again(`${error.message} Trying again…`);
	}
}

door.onclick = () => {
	if (channel.readyState === "open") channel.send("open");
};
seen.onclick = () => {
	ring.hidden = true;
	document.title = title;
};
connect();
