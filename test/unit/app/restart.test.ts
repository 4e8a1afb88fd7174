// SPDX-License-Identifier: Apache-2.0
// A viewer of the WHEP server renews ICE by a PATCH (RFC 9725 section 4.3.3): application, peer and endpoint together.
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import WHEPSignaling from "webrtc/signaling/whep";
import { advance, pendingTimers, resetClock } from "../fakes/moddable/clock";
import { openNatives } from "../fakes/native/transport";
import { kinds, makeNetwork, type Client } from "../http/sockets";

let network: ReturnType<typeof makeNetwork>;
let app: WebRTCApp;
let viewer: RTCPeerConnection;
let events: WebRTCAppEvent[];

async function send(method: string, path: string, type: string, body: string): Promise<Client> {
	const fields = `host: 127.0.0.1:8080\r\ncontent-type: application/${type}\r\ncontent-length: ${body.length}\r\n`;
	const client = network.connect().send(`${method} ${path} HTTP/1.1\r\n${fields}\r\n${body}`);
	await advance(10);
	return client;
}

const lineOf = (sdp: string, name: string) => new RegExp(`a=${name}:(.*)\r\n`).exec(sdp)![1]!;
const linesOf = (sdp: string, ...names: string[]) => names.map((name) => `a=${name}:${lineOf(sdp, name)}\r\n`).join("");

/** Opens a session, and returns its path. */
async function watch(): Promise<string> {
	viewer.addTransceiver("video", { direction: "recvonly" });
	await viewer.setLocalDescription();
	const response = await send("POST", "/whep", "sdp", viewer.localDescription!.sdp);
	await viewer.setRemoteDescription({ type: "answer", sdp: response.body });
	await advance(100);
	return `/${response.header("location")}`;
}

beforeEach(async () => {
	resetClock();
	events = [];
	network = makeNetwork(kinds[0]!);
	const signaling = new WHEPSignaling({ port: 8080, listener: network.Listener as never });
	app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: (event) => events.push(event) });
	viewer = new RTCPeerConnection();
	await app.run();
});

afterEach(async () => {
	app.terminate();
	viewer.close();
	await advance(1);
	expect(openNatives()).toBe(0);
	expect(pendingTimers()).toBe(0);
});

test("new credentials get new ones, and the stream goes on over them", async () => {
	const path = await watch();
	const before = viewer.remoteDescription!.sdp;
	viewer.restartIce();
	await viewer.setLocalDescription();
	const ours = viewer.localDescription!.sdp;
	const fragment = `${linesOf(ours, "ice-ufrag", "ice-pwd")}m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n`;
	const response = await send("PATCH", path, "trickle-ice-sdpfrag", fragment + linesOf(ours, "candidate"));
	expect(response.status).toBe(200);
	expect(response.body).toContain("a=end-of-candidates\r\n");
	const [ufrag, pwd] = [lineOf(response.body, "ice-ufrag"), lineOf(response.body, "ice-pwd")];
	expect(ufrag).not.toBe(lineOf(before, "ice-ufrag"));
	const answer = before
		.replaceAll(/a=ice-ufrag:.*/g, `a=ice-ufrag:${ufrag}`)
		.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${pwd}`)
		.replaceAll(/a=candidate:.*/g, `a=candidate:${lineOf(response.body, "candidate")}`);
	await viewer.setRemoteDescription({ type: "answer", sdp: answer });
	await advance(60_000);
	expect([viewer.connectionState, app.peers.length]).toEqual(["connected", 1]);
	const [peer] = app.peers;
	const transport = (await app.connection(peer!)!.getStats()).get("T0")!;
	expect(transport.iceLocalUsernameFragment).toBe(ufrag);
	expect(events.filter(({ error }) => error)).toEqual([]);
});

test("credentials that are none are refused, and the stream goes on", async () => {
	const path = await watch();
	const short = `a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n`;
	expect((await send("PATCH", path, "trickle-ice-sdpfrag", short)).status).toBe(400);
	await advance(10_000);
	expect(viewer.connectionState).toBe("connected");
});

test("a session that is no more has nothing to restart", async () => {
	const path = await watch();
	app.disconnect(app.peers[0]!);
	const fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
	expect((await send("PATCH", path, "trickle-ice-sdpfrag", fragment)).status).toBe(404);
});
