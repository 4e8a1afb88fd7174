// SPDX-License-Identifier: Apache-2.0
// One end of a connection of another implementation; forked by others.mjs, which passes messages on.
//
//   peer.mjs LIBRARY offerer      makes an offer when told
//   peer.mjs LIBRARY answerer     says how many milliseconds it took from taking the offer to "connected"
// @ts-check

/**
 * A peer connection with a section of video, as much as is timed of it.
 * @typedef {object} End
 * @property {(type: "offer" | "answer") => Promise<string>} describe makes a description and takes it; an offer with all candidates
 * @property {(type: "offer" | "answer", sdp: string) => unknown} take
 * @property {(candidate: any) => unknown} add
 */
/**
 * @typedef {object} Listener
 * @property {(candidate: any) => void} onCandidate
 * @property {() => void} onConnected
 */

const [library, role] = process.argv.slice(2);

const ends = /** @type {Record<string, (listener: Listener) => Promise<End>>} */ ({
	async wrtc({ onCandidate, onConnected }) {
		const { RTCPeerConnection } = (await import("@roamhq/wrtc")).default;
		const pc = new RTCPeerConnection();
		pc.addTransceiver("video", { direction: role === "offerer" ? "recvonly" : "sendonly" });
		pc.onicecandidate = ({ candidate }) => candidate && onCandidate(candidate.toJSON());
		pc.onconnectionstatechange = () => pc.connectionState === "connected" && onConnected();
		return {
			async describe(type) {
				await pc.setLocalDescription(type === "offer" ? await pc.createOffer() : await pc.createAnswer());
				while (type === "offer" && pc.iceGatheringState !== "complete") await sleep(5);
				return pc.localDescription?.sdp ?? "";
			},
			take: (type, sdp) => pc.setRemoteDescription({ type, sdp }),
			add: (candidate) => pc.addIceCandidate(candidate),
		};
	},
	async "node-datachannel"({ onCandidate, onConnected }) {
		const { default: nodeDataChannel } = await import("node-datachannel");
		const pc = new nodeDataChannel.PeerConnection("peer", { iceServers: [], disableAutoNegotiation: true });
		const video = new nodeDataChannel.Video("0", role === "offerer" ? "RecvOnly" : "SendOnly");
		video.addH264Codec(96);
		const track = pc.addTrack(video);
		pc.onLocalCandidate((candidate, mid) => onCandidate({ candidate, mid }));
		pc.onStateChange((state) => state === "connected" && track && onConnected());
		return {
			async describe(type) {
				pc.setLocalDescription(type);
				while (type === "offer" && pc.gatheringState() !== "complete") await sleep(5);
				return pc.localDescription()?.sdp ?? "";
			},
			take: (type, sdp) => pc.setRemoteDescription(sdp, type),
			add: ({ candidate, mid }) => pc.addRemoteCandidate(candidate, mid),
		};
	},
});

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

process.once("disconnect", () => process.exit(0)); // its parent is done with it
let start = 0;
/** @type {any[] | undefined} candidates that come before their description */
let early = [];
const make = ends[library ?? ""];
if (!make) throw new Error(`there is no ${library}`);
const end = await make({
	onCandidate: (candidate) => role === "answerer" && process.send?.({ candidate }),
	onConnected: () => role === "answerer" && process.send?.({ connected: performance.now() - start }),
});

/** @param {"offer" | "answer"} type @param {string} sdp */
async function take(type, sdp) {
	await end.take(type, sdp);
	for (const candidate of early?.splice(0) ?? []) end.add(candidate);
	early = undefined;
}

process.on("message", async (/** @type {any} */ { go, offer, answer, candidate }) => {
	if (go) process.send?.({ offer: await end.describe("offer") });
	if (offer) {
		start = performance.now();
		await take("offer", offer);
		process.send?.({ answer: await end.describe("answer") });
	}
	if (answer) await take("answer", answer);
	if (candidate && early) early.push(candidate);
	else if (candidate) end.add(candidate);
});
await sleep(100); // certificates are made meanwhile
process.send?.({ ready: true });
