// SPDX-License-Identifier: Apache-2.0
// One peer of a room, as AppRTC's own page behaves: the first makes the offer by HTTP, the second answers by WebSocket.
// ?send  shows this computer's camera and microphone to the other
// @ts-check

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const video = /** @type {HTMLVideoElement} */ (element("video"));
const room = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const sends = new URLSearchParams(location.search).has("send");

/** @param {string} state @param {string} text */
function show(state, text) {
	element("state").dataset.state = state;
	element("state").textContent = text;
}

class Call {
	/** @type {RTCPeerConnection | undefined} */
	#pc;
	/** Candidates that came before their description: HTTP does not keep the order. @type {RTCIceCandidateInit[]} */
	#early = [];
	#params;
	#servers;
	#media;
	#isInitiator;
	/** @type {WebSocket} */
	#socket;

	/** @param {Record<string, any>} params @param {RTCIceServer[]} servers @param {MediaStream | undefined} media */
	constructor(params, servers, media) {
		this.#params = params;
		this.#servers = servers;
		this.#media = media;
		this.#isInitiator = params.is_initiator === "true";
		this.#socket = new WebSocket(params.wss_url);
		this.#socket.onopen = () => this.#start();
		this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
		this.#socket.onclose = () =>
			element("state").dataset.state !== "connected" && show("failed", "The service has gone.");
	}

	#start() {
		const { room_id: roomid, client_id: clientid, messages } = this.#params;
		this.#socket.send(JSON.stringify({ cmd: "register", roomid, clientid }));
		if (this.#isInitiator) void this.#offer();
		else show("connecting", "Waiting for the other…");
		for (const text of messages) void this.#take(JSON.parse(text));
	}

	#connection() {
		if (this.#pc) return this.#pc;
		const pc = new RTCPeerConnection({ iceServers: this.#servers });
		const stream = new MediaStream();
		pc.ontrack = ({ track }) => {
			stream.addTrack(track);
			video.srcObject = stream;
		};
		pc.onicecandidate = ({ candidate }) => {
			if (!candidate?.candidate) return;
			const { sdpMLineIndex: label, sdpMid: id, candidate: text } = candidate;
			this.#send({ type: "candidate", label, id, candidate: text });
		};
		pc.onconnectionstatechange = () => {
			if (pc === this.#pc) show(pc.connectionState, pc.connectionState);
		};
		if (this.#isInitiator)
			for (const kind of ["audio", "video"]) {
				const track = this.#media?.getTracks().find((each) => each.kind === kind);
				pc.addTransceiver(track ?? kind, { direction: track ? "sendrecv" : "recvonly" });
			}
		return (this.#pc = pc);
	}

	async #offer() {
		const pc = this.#connection();
		await pc.setLocalDescription();
		this.#send({ type: "offer", sdp: pc.localDescription?.sdp });
		show("connecting", "Waiting for the other…");
	}

	/** @param {{ msg?: string, error?: string }} envelope */
	#receive({ msg, error }) {
		if (error) show("failed", error);
		else if (msg) void this.#take(JSON.parse(msg));
	}

	/** @param {any} message */
	async #take(message) {
		if (message.type === "offer") {
			if (this.#pc?.signalingState !== "stable" || this.#isAnother(message.sdp)) this.#drop();
			this.#isInitiator = false;
			const pc = this.#connection();
			await pc.setRemoteDescription(message);
			for (const track of this.#media?.getTracks() ?? [])
				pc.addTrack(track, /** @type {MediaStream} */ (this.#media));
			await pc.setLocalDescription();
			this.#send({ type: "answer", sdp: pc.localDescription?.sdp });
			this.#addEarly(pc);
		} else if (message.type === "answer" && this.#pc) {
			await this.#pc.setRemoteDescription(message);
			this.#addEarly(this.#pc);
		} else if (message.type === "candidate") {
			const { label, id, candidate, sdpMid = id, sdpMLineIndex = label } = message;
			this.#early.push({ candidate, sdpMid, sdpMLineIndex });
			if (this.#pc?.remoteDescription) this.#addEarly(this.#pc);
		} else if (message.type === "customized") {
			element("said").textContent = String(message.data);
		} else if (message.type === "bye") {
			this.#drop();
			this.#isInitiator = true;
			void this.#offer();
		}
	}

	/** Whether an offer begins another session: it has another origin. @param {string} sdp */
	#isAnother(sdp) {
		const origin = (/** @type {string | undefined} */ text) => /^o=\S+ \S+/m.exec(text ?? "")?.[0];
		return origin(sdp) !== origin(this.#pc?.remoteDescription?.sdp);
	}

	/** @param {RTCPeerConnection} pc */
	#addEarly(pc) {
		for (const candidate of this.#early.splice(0)) pc.addIceCandidate(candidate).catch(() => {});
	}

	#drop() {
		this.#pc?.close();
		this.#pc = undefined;
		this.#early = [];
		video.srcObject = null;
	}

	/** @param {object} message */
	#send(message) {
		const text = JSON.stringify(message);
		const { room_id, client_id } = this.#params;
		if (this.#isInitiator) void fetch(`/message/${room_id}/${client_id}`, { method: "POST", body: text });
		else this.#socket.send(JSON.stringify({ cmd: "send", msg: text }));
	}

	/** @param {string} data */
	say(data) {
		this.#socket.send(JSON.stringify({ cmd: "send", msg: JSON.stringify({ type: "customized", data }) }));
	}

	async hangUp() {
		const { room_id, client_id } = this.#params;
		await fetch(`/leave/${room_id}/${client_id}`, { method: "POST" });
		this.#socket.send(JSON.stringify({ cmd: "send", msg: '{"type":"bye"}' }));
		this.#socket.onclose = null;
		this.#socket.close();
		this.#drop();
		await fetch(`/${room_id}/${client_id}`, { method: "DELETE" });
		show("idle", "Hung up");
	}
}

async function main() {
	element("room").textContent = room;
	const post = (/** @type {string} */ url) => fetch(url, { method: "POST" }).then((response) => response.json());
	const media = sends ? await navigator.mediaDevices.getUserMedia({ audio: true, video: true }) : undefined;
	const { result, params } = await post(`/join/${room}`);
	if (result !== "SUCCESS") return show("failed", result === "FULL" ? "The room is full." : result);
	const { iceServers } = await post(params.ice_server_url);
	const call = new Call(params, iceServers, media);
	element("hangup").onclick = () => void call.hangUp();
	element("sound").onclick = () => {
		video.muted = !video.muted;
		element("sound").textContent = video.muted ? "Unmute" : "Mute";
	};
	/** @type {HTMLFormElement} */ (element("form")).onsubmit = (event) => {
		event.preventDefault();
		call.say(/** @type {HTMLInputElement} */ (element("text")).value);
	};
}

main().catch((error) => show("failed", error.message));
