// SPDX-License-Identifier: Apache-2.0
// A week of a camera in virtual time: each hour its way to the service is cut, a viewer comes and goes, the credentials
// are renewed; every few minutes the ICE servers are. One viewer stays all the time, and nothing grows.
import WebRTCApp, { type WebRTCAppEvent } from "webrtc/app";
import { CallbackCredentials } from "webrtc/aws/credentials";
import { defaultMedia } from "webrtc/media/defaults";
import RTCPeerConnection from "webrtc/peer";
import KVSSignaling from "webrtc/signaling/kvs";
import { seeded } from "./client";
import type { FakeWebSocket } from "./network";
import Service, { messageOf } from "./service";
import { holdings, type Holdings } from "../heap";
import { advance, currentTime, pendingTimers, resetClock, schedule } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";
import { openNatives, setSilence } from "../fakes/native/transport";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const days = 7;

/** One after the other, an hour apart. */
const cuts: ((socket: FakeWebSocket) => void)[] = [
	(socket) => socket.reset(),
	(socket) => socket.closeFromService(1001),
	(socket) => {
		socket.sendToClient(messageOf("GO_AWAY", undefined));
		schedule(() => socket.closeFromService(1001), minute);
	},
	(socket) => socket.die(),
];

interface Sample extends Holdings {
	/** Of the transport. */
	natives: number;
	/** HTTP and WebSocket clients that are open. */
	clients: number;
	timers: number;
	/** Messages on their way out. */
	queued: number;
}

let service: Service;
let signaling: KVSSignaling;
let app: WebRTCApp;
let events: Map<string, number>;
let errors: Map<string, number>;
let credentialCalls: number;
let longestGap: number;
let lastIce: number;

// Not by jest, which would remember each call.
const { random } = Math;
const { now } = Date;

beforeEach(() => {
	resetClock();
	preference.reset();
	setSilence(false);
	service = new Service();
	service.addChannel("porch");
	Math.random = seeded(1);
	Date.now = () => service.now;
	events = new Map();
	errors = new Map();
	credentialCalls = longestGap = 0;
	lastIce = Infinity;
	const credentials = new CallbackCredentials(() => {
		credentialCalls++;
		return service.issue(hour);
	});
	const options = { channelName: "porch", region: "eu-west-1", cache: "stored", credentials } as const;
	signaling = new KVSSignaling({ ...service.dictionaries, ...options });
	app = new WebRTCApp({ signaling, ...defaultMedia(), onEvent: note });
});

afterEach(() => {
	app.terminate();
	Math.random = random;
	Date.now = now;
});

function note({ type, error }: WebRTCAppEvent): void {
	events.set(type, (events.get(type) ?? 0) + 1);
	if (error) errors.set(error.code, (errors.get(error.code) ?? 0) + 1);
	if (type !== "signalingGetIce") return;
	longestGap = Math.max(longestGap, currentTime() - lastIce);
	lastIce = currentTime();
}

/** A viewer, connected. */
async function watch(peerId: string): Promise<RTCPeerConnection> {
	const viewer = new RTCPeerConnection();
	for (const kind of ["video", "audio"] as const) viewer.addTransceiver(kind, { direction: "recvonly" });
	await viewer.setLocalDescription();
	service.master("porch")!.sendToClient(messageOf("SDP_OFFER", viewer.localDescription, peerId));
	await advance(second);
	const answer = service.received.find(({ action, recipient }) => action === "SDP_ANSWER" && recipient === peerId);
	await viewer.setRemoteDescription(answer!.payload as { type: "answer"; sdp: string });
	await advance(second);
	expect(viewer.connectionState).toBe("connected");
	return viewer;
}

/** One of the week's hours. */
async function live(n: number): Promise<void> {
	const end = currentTime() + hour;
	await advance(20 * minute);
	(await watch(`visitor-${n}`)).close();
	await advance(10 * minute);
	cuts[n % cuts.length]!(service.master("porch")!);
	await advance(end - currentTime());
	expect(signaling.state).toBe("connected");
	expect(app.peers).toEqual(["resident"]);
	// What the test's own side would keep for good.
	service.requests.length = service.connections.length = service.received.length = 0;
	for (const [id, { expires }] of service.accounts) if (expires < service.now) service.accounts.delete(id);
}

async function sample(): Promise<Sample> {
	const queued = signaling.statistics.messagesQueued;
	const counts = { natives: openNatives(), clients: service.clients.size, timers: pendingTimers(), queued };
	return { ...(await holdings()), ...counts };
}

test("a week with hourly cuts: one session stays up, and nothing grows", async () => {
	void app.run();
	await advance(second);
	const resident = await watch("resident");
	const connection = app.connection("resident");
	let changes = 0;
	resident.onconnectionstatechange = () => changes++;
	await sample();
	let first: Sample | undefined;
	for (let n = 0; n < days * 24; n++) {
		await live(n);
		if (n === 23) first = await sample();
	}
	const last = await sample();

	expect(app.connection("resident")).toBe(connection);
	expect([connection!.connectionState, resident.connectionState, changes]).toEqual(["connected", "connected", 0]);
	expect(events.get("peerDisconnected")).toBe(days * 24); // the visitors
	expect(events.get("peerConnectionFailed")).toBeUndefined();
	expect([...errors]).toEqual([["signaling/connection-failed", days * 12]]); // two of the four kinds of cuts say so
	expect(longestGap).toBeLessThan(300 * second);
	expect(credentialCalls).toBeGreaterThanOrEqual(days * 24);
	expect(credentialCalls).toBeLessThan(days * 24 * 1.3);
	const { messagesDropped, badMessages } = signaling.statistics;
	expect({ messagesDropped, badMessages }).toEqual({ messagesDropped: 0, badMessages: 0 });

	const { objects, bytes, natives, clients, timers, queued } = first!;
	process.stdout.write(
		`after a day ${objects} objects, ${bytes} bytes; after ${days} ${last.objects}, ${last.bytes}\n`,
	);
	const cutsBetween = (days - 1) * 24;
	expect(last.objects - objects).toBeLessThan(cutsBetween / 2); // not one for each cut, or viewer, or credentials
	expect(last.bytes - bytes).toBeLessThan(cutsBetween * 200);
	expect([last.natives, last.clients, last.queued]).toEqual([natives, clients, queued]);
	expect(queued).toBe(0);
	// The service keeps a timer for each connection that was replaced, until its hour is over.
	expect(last.timers).toBeLessThanOrEqual(timers + 2);

	resident.close();
	app.terminate();
	await advance(3 * hour);
	expect([openNatives(), service.clients.size, pendingTimers()]).toEqual([0, 0, 0]);
}, 600_000);
