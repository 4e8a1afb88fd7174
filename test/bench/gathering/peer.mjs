// SPDX-License-Identifier: Apache-2.0
// Another implementation gathers: `node peer.mjs LIBRARY STUN TURN USERNAME CREDENTIAL`. Prints when each candidate is found.
// @ts-check

const [, , library = "", stun = "", turn = "", username = "", credential = ""] = process.argv;
const print = (/** @type {string} */ what, /** @type {number} */ start) =>
	console.log(`${what} ${Math.round(performance.now() - start)}`);
const typeOf = (/** @type {string} */ candidate) => / typ (\w+)/.exec(candidate)?.[1] ?? "";

if (library === "@roamhq/wrtc") {
	const { default: wrtc } = await import("@roamhq/wrtc");
	const pc = new wrtc.RTCPeerConnection({ iceServers: [{ urls: stun }, { urls: turn, username, credential }] });
	pc.createDataChannel("data");
	const offer = await pc.createOffer();
	const start = performance.now();
	pc.onicecandidate = ({ candidate }) => print(candidate ? typeOf(candidate.candidate) : "complete", start);
	await pc.setLocalDescription(offer);
} else {
	const { default: lib } = await import("node-datachannel");
	const [, hostname = "", port = ""] = turn.split(":");
	const relay = {
		hostname,
		port: Number(port),
		username,
		password: credential,
		relayType: /** @type {const} */ ("TurnUdp"),
	};
	const pc = new lib.PeerConnection("peer", { iceServers: [stun, relay] });
	const start = performance.now();
	pc.onLocalCandidate((candidate) => print(typeOf(candidate), start));
	pc.onGatheringStateChange((state) => {
		if (state === "complete") print("complete", start);
	});
	pc.createDataChannel("data");
}
