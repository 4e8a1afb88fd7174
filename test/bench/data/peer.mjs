// SPDX-License-Identifier: Apache-2.0
// One side of the bench of data channels, over the library that the first argument names: it does what device/main.ts does.
// @ts-check

/**
 * @typedef {object} Channel
 * @property {string} label
 * @property {(message: Buffer) => void} send
 * @property {() => number} waiting bytes
 */
/**
 * @typedef {object} Connection
 * @property {(label: string) => void} make
 * @property {() => Promise<string>} offer
 * @property {(sdp: string) => Promise<string>} answer
 * @property {(sdp: string) => Promise<void>} accept
 */
/** @typedef {{ open(channel: Channel): void, low(label: string): void, message(label: string, data: ArrayBufferLike | Buffer): void }} Listener */

const high = 262_144;
const low = 65_536;

/** By W3C's interface. @param {any} RTCPeerConnection @param {Listener} listener @returns {Connection} */
function standard(RTCPeerConnection, listener) {
	const pc = new RTCPeerConnection();
	const adopt = (/** @type {any} */ it) => {
		const channel = {
			label: it.label,
			send: (/** @type {Buffer} */ message) => it.send(message),
			waiting: () => it.bufferedAmount,
		};
		it.binaryType = "arraybuffer";
		it.bufferedAmountLowThreshold = low;
		it.onbufferedamountlow = () => listener.low(it.label);
		it.onmessage = (/** @type {any} */ { data }) => listener.message(it.label, data);
		if (it.readyState === "open") listener.open(channel);
		else it.onopen = () => listener.open(channel);
	};
	pc.ondatachannel = (/** @type {any} */ { channel }) => adopt(channel);
	const gathered = async () => {
		while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 5));
		return pc.localDescription.sdp;
	};
	return {
		make: (label) => adopt(pc.createDataChannel(label)),
		async offer() {
			await pc.setLocalDescription(await pc.createOffer());
			return gathered();
		},
		async answer(sdp) {
			await pc.setRemoteDescription({ type: "offer", sdp });
			await pc.setLocalDescription(await pc.createAnswer());
			return gathered();
		},
		accept: (sdp) => pc.setRemoteDescription({ type: "answer", sdp }),
	};
}

/** libdatachannel's own interface, which is the faster one. @param {any} library @param {Listener} listener @returns {Connection} */
function libdatachannel(library, listener) {
	const pc = new library.PeerConnection("bench", { iceServers: [] });
	/** @type {any[]} what is collected as garbage hears nothing more */
	const kept = [];
	const adopt = (/** @type {any} */ it) => {
		const label = it.getLabel();
		const channel = {
			label,
			send: (/** @type {Buffer} */ message) => it.sendMessageBinary(message),
			waiting: () => it.bufferedAmount(),
		};
		kept.push(it);
		it.setBufferedAmountLowThreshold(low);
		it.onBufferedAmountLow(() => listener.low(label));
		it.onMessage((/** @type {any} */ data) => listener.message(label, data));
		if (it.isOpen()) listener.open(channel);
		else it.onOpen(() => listener.open(channel));
	};
	pc.onDataChannel(adopt);
	const gathered = new Promise((resolve) => {
		pc.onGatheringStateChange((/** @type {string} */ state) => {
			if (state === "complete") resolve(undefined);
		});
	});
	const local = async () => {
		await gathered;
		return pc.localDescription().sdp;
	};
	return {
		make: (label) => adopt(pc.createDataChannel(label)),
		offer() {
			pc.setLocalDescription();
			return local();
		},
		answer(sdp) {
			pc.setRemoteDescription(sdp, "offer");
			return local();
		},
		accept: async (sdp) => pc.setRemoteDescription(sdp, "answer"),
	};
}

/** @type {Record<string, (listener: Listener) => Promise<Connection>>} */
const libraries = {
	"node-datachannel": async (listener) => libdatachannel((await import("node-datachannel")).default, listener),
	"@roamhq/wrtc": async (listener) => standard((await import("@roamhq/wrtc")).default.RTCPeerConnection, listener),
	werift: async (listener) => standard((await import("werift")).RTCPeerConnection, listener),
};

const now = () => performance.now() * 1000;
const tell = (/** @type {string} */ name, /** @type {unknown} */ value) => process.send?.({ name, value });
/** @type {Map<string, Channel>} */
const channels = new Map();
const counts = { messages: 0, bytes: 0, first: 0, last: 0 };
/** @type {{ label: string, left: number, message: Buffer } | undefined} */
let flooding;
/** @type {{ left: number, sent: number, times: number[], channel: Channel } | undefined} */
let pings;

function fill() {
	const channel = channels.get("flood");
	if (!flooding || !channel) return;
	for (; flooding.left && channel.waiting() < high; flooding.left--) channel.send(flooding.message);
	if (!flooding.left) stop();
}

/** @type {NodeJS.Timeout | undefined} */
let filling;

function stop() {
	clearInterval(filling);
	flooding = undefined;
}

function ping() {
	if (!pings) return;
	pings.sent = now();
	pings.channel.send(Buffer.alloc(64));
}

const library = libraries[process.argv[2] ?? ""];
if (!library) throw new Error(`unknown library: ${process.argv[2]}`);
const connection = await library({
	open(channel) {
		channels.set(channel.label, channel);
		tell("open", channel.label);
	},
	low: fill,
	message(label, data) {
		if (label === "flood") {
			counts.last = now();
			counts.first ||= counts.last;
			counts.messages++;
			counts.bytes += data.byteLength;
		} else if (!pings) channels.get(label)?.send(Buffer.from(/** @type {ArrayBuffer} */ (data)));
		else {
			pings.times.push(now() - pings.sent);
			if (--pings.left) return ping();
			tell("pinged", pings.times);
			pings = undefined;
		}
	},
});

process.on("message", async (/** @type {any} */ { verb, label, count, size, sdp }) => {
	if (verb === "make") connection.make(label);
	else if (verb === "offer") tell("offer", await connection.offer());
	else if (verb === "answer") tell("answer", await connection.answer(sdp));
	else if (verb === "accept") await connection.accept(sdp);
	else if (verb === "flood") {
		flooding = { label, left: count, message: Buffer.alloc(size) };
		filling = setInterval(fill, 2); // some do not tell of each time that the threshold is crossed
		fill();
	} else if (verb === "stop") stop();
	else if (verb === "count") tell("count", counts);
	else if (verb === "reset") tell("reset", (counts.messages = counts.bytes = counts.first = 0));
	else if (verb === "ping") {
		const channel = channels.get(label);
		if (!channel) throw new Error(`there is no channel "${label}"`);
		pings = { left: count, sent: 0, times: [], channel };
		ping();
	}
});
tell("ready", true);
