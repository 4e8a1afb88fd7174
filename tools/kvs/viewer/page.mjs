// SPDX-License-Identifier: Apache-2.0
// The page: its form, its video, what it shows. A query fills the form: ?channel=…&region=…&role=master&connect,
// and sets what has no field: relay (TURN only), data (open a data channel), talk (a viewer speaks), storage (a master's media are stored).
// @ts-check
import { openChannel } from "./channel.mjs";
import { startMaster, startViewer } from "./session.mjs";

const query = new URLSearchParams(location.search);
const fields = ["channel", "region", "accessKeyId", "secretAccessKey", "role"];
const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ ($(id));
const video = /** @type {HTMLVideoElement} */ ($("video"));

/** @type {{ connections: () => RTCPeerConnection[], close: () => void, since: () => number } | undefined} */
let session;
/** @type {import("amazon-kinesis-video-streams-webrtc").SignalingClient | undefined} */
let signaling;

/** @param {string} state @param {string} text */
function show(state, text) {
	$("state").dataset.state = state;
	$("state").textContent = text;
}

const events = {
	onState: show,
	/** @param {MediaStream} stream */
	onStream(stream) {
		if (video.srcObject === stream) return;
		video.srcObject = stream;
		const current = session;
		video.requestVideoFrameCallback?.(() => {
			const since = (session ?? current)?.since() ?? 0;
			if (since) $("first").textContent = `${since.toFixed(0)} ms after the offer`;
		});
	},
	/** @param {string} text */
	onData(text) {
		$("data").textContent = text;
	},
};

async function connect() {
	disconnect();
	show("connecting", "Asking the service…");
	const role = input("role").value === "master" ? "master" : "viewer";
	try {
		const media =
			role === "master" || query.has("talk")
				? await navigator.mediaDevices.getUserMedia({ video: role === "master", audio: true })
				: new MediaStream();
		const [voice] = media.getAudioTracks();
		const { iceServers, joinStorage, ...opened } = await openChannel({
			...{
				endpoint: location.origin,
				role,
				clientId: query.get("clientId") ?? `page-${crypto.randomUUID().slice(0, 8)}`,
			},
			...{ channel: input("channel").value, region: input("region").value },
			...{ accessKeyId: input("accessKeyId").value, secretAccessKey: input("secretAccessKey").value },
		});
		signaling = opened.signaling;
		const configuration = /** @type {RTCConfiguration} */ ({
			iceServers,
			iceTransportPolicy: query.has("relay") ? "relay" : "all",
		});
		signaling.on("error", () =>
			show("failed", "Signaling failed; does the browser trust the service's certificate?"),
		);
		signaling.on("statusResponse", ({ description }) => show("failed", description));
		signaling.on("close", () => ($("signaling").textContent = "closed"));
		signaling.on("open", () => ($("signaling").textContent = "open"));
		const onOpen = async () => void (query.has("storage") && (await joinStorage()));
		session =
			role === "master"
				? startMaster(signaling, configuration, events, { media, onOpen })
				: startViewer(signaling, configuration, events, { data: query.has("data"), voice });
		signaling.open();
	} catch (error) {
		show("failed", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
	}
}

function disconnect() {
	session?.close();
	signaling?.close();
	session = signaling = undefined;
	video.srcObject = null;
	show("idle", "Not connected");
}

/** What goes over the network, and which way. */
async function sample() {
	const [pc] = session?.connections().slice(-1) ?? [];
	if (!pc) return;
	const stats = await pc.getStats();
	const all = [...stats.values()];
	const pair = all.find(
		({ type, nominated, selected, state }) =>
			type === "candidate-pair" && (selected || (nominated && state === "succeeded")),
	);
	const candidate = (/** @type {string} */ id) => stats.get(id)?.candidateType ?? "–";
	$("candidate").textContent = pair
		? `${candidate(pair.localCandidateId)} to ${candidate(pair.remoteCandidateId)}`
		: "–";
	const media = all.find(({ type, kind }) => /^(in|out)bound-rtp$/.test(type) && kind === "video");
	const codec = stats.get(media?.codecId)?.mimeType.split("/")[1] ?? "";
	$("details").textContent = media?.frameWidth
		? `${media.frameWidth} × ${media.frameHeight} ${codec}, ${media.framesDecoded ?? media.framesEncoded} frames`
		: "–";
}

async function fill() {
	const known = await fetch("config.json").then((response) => response.json());
	for (const name of fields) {
		const value = query.get(name) ?? known[name] ?? (name === "channel" ? known.channels?.[0] : undefined);
		if (value) input(name).value = value;
	}
}

$("form").onsubmit = (event) => {
	event.preventDefault();
	void connect();
};
$("disconnect").onclick = disconnect;
$("sound").onclick = () => {
	video.muted = !video.muted;
	$("sound").textContent = video.muted ? "Unmute" : "Mute";
	video.play().catch(() => {});
};
addEventListener("pagehide", disconnect);
setInterval(sample, 500);
await fill();
if (query.has("connect")) await connect();
