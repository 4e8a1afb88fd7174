// SPDX-License-Identifier: Apache-2.0
// A Kinesis Video Streams of the test's own, in virtual time: its calls, its WebSockets, and what can go wrong with them.
import { verifyHeaders, verifyQuery, type Account, type Verdict } from "./verify";
import { makeHTTPClient, makeWebSocketClient, type FakeWebSocket } from "./network";
import { currentTime, schedule } from "../fakes/moddable/clock";

export interface Channel {
	name: string;
	arn: string;
	status: string;
	body: Record<string, unknown>;
}

export interface Reply {
	status: number;
	headers?: Record<string, string>;
	body?: string;
}

export interface Request {
	call: string;
	host: string;
	body: Record<string, unknown>;
}

const region = "eu-west-1";
const suffix = `${region}.amazonaws.com`;
const hour = 3_600_000;

export default class Service {
	/** Milliseconds since 1970 at virtual time zero. */
	epoch = Date.parse("2026-03-01T00:00:00Z");
	accounts = new Map<string, Account>();
	channels = new Map<string, Channel>();
	storage: { Status: string; StreamARN?: string } | undefined;
	/** All calls, in order. */
	requests: Request[] = [];
	/** WebSockets that the service believes to be open. */
	sockets: FakeWebSocket[] = [];
	/** HTTP and WebSocket clients that have not been closed, by whichever side. */
	clients = new Set<object>();
	/** Connections made, with TLS, to each host. */
	connections: string[] = [];
	/** What clients have sent: recipient, action, payload. */
	received: {
		from: FakeWebSocket;
		action: string;
		recipient: string | undefined;
		payload: Record<string, unknown>;
		correlationId: string;
	}[] = [];
	iceTtl = 300;
	limitAge = hour;
	pongs = true;
	/** What to do with a call in place of answering it: a reply, or "drop" for none at all. */
	script: ((request: Request) => Reply | "drop" | "reset" | undefined) | undefined;
	/** Names cannot be resolved. */
	dnsDown = false;
	/** Milliseconds one way. */
	delay = 10;
	endpointGeneration = 1;
	#issued = 0;

	get now(): number {
		return this.epoch + currentTime();
	}

	/** New credentials. */
	issue(lifetime = Infinity) {
		const accessKeyId = `ASIA${String(++this.#issued).padStart(12, "0")}`;
		const account = {
			secret: `secret/${this.#issued}+x`,
			token: `token/${this.#issued}==`,
			expires: this.now + lifetime,
		};
		this.accounts.set(accessKeyId, account);
		const expiration = lifetime === Infinity ? undefined : account.expires;
		return { accessKeyId, secretAccessKey: account.secret, sessionToken: account.token, expiration };
	}

	addChannel(name: string): Channel {
		const arn = `arn:aws:kinesisvideo:${region}:123456789012:channel/${name}/${1_600_000_000_000 + this.channels.size}`;
		const channel = { name, arn, status: "ACTIVE", body: {} };
		this.channels.set(name, channel);
		return channel;
	}

	deleteChannel(name: string): void {
		const arn = this.channels.get(name)?.arn;
		this.channels.delete(name);
		for (const socket of [...this.sockets]) if (socket.arn === arn) socket.closeFromService(1000);
	}

	get dictionaries() {
		const shared = { dns: { io: class {} }, socket: { io: class {} } };
		return { https: { ...shared, io: makeHTTPClient(this) }, wss: { ...shared, io: makeWebSocketClient(this) } };
	}

	/** The one master of a channel. */
	master(name: string): FakeWebSocket | undefined {
		const arn = this.channels.get(name)?.arn;
		return this.sockets.filter((socket) => socket.arn === arn && socket.role === "MASTER").at(-1);
	}

	calls(): string[] {
		return this.requests.map(({ call }) => call);
	}

	/* What the fake clients ask */

	handleRequest(
		host: string,
		method: string,
		path: string,
		headers: Map<string, string>,
		body: Buffer,
	): Reply | "drop" | "reset" {
		const call = path.slice(1);
		const request = { call, host, body: parse(body) };
		this.requests.push(request);
		const scripted = this.script?.(request);
		if (scripted)
			return typeof scripted === "string"
				? scripted
				: { ...scripted, headers: { date: this.date, ...scripted.headers } };
		const refusal = verifyHeaders(this.accounts, method, path, headers, body, this.now);
		const reply = refusal ? this.refusal(refusal) : this.#answer(request);
		return { ...reply, headers: { date: this.date, ...reply.headers } };
	}

	get date(): string {
		return new Date(this.now).toUTCString();
	}

	refusal({ status, type, message }: Verdict): Reply {
		return {
			status,
			headers: { "x-amzn-errortype": `${type}:http://internal/` },
			body: JSON.stringify({ message }),
		};
	}

	/** The upgrade of a WebSocket. Returns whether it was accepted. */
	accept(socket: FakeWebSocket, host: string, path: string): boolean {
		if (verifyQuery(this.accounts, host, path, this.now)) return false;
		const query = new URL(`https://${host}${path}`).searchParams;
		const arn = query.get("X-Amz-ChannelARN");
		const channel = [...this.channels.values()].find((one) => one.arn === arn);
		if (!channel || !/^[mv]-/.test(host) || host !== this.#host(host.startsWith("m") ? "m" : "v")) return false;
		socket.arn = channel.arn;
		socket.role = host.startsWith("m") ? "MASTER" : "VIEWER";
		socket.clientId = query.get("X-Amz-ClientId") ?? undefined;
		if ((socket.role === "VIEWER") !== (socket.clientId !== undefined)) return false;
		const same = (one: FakeWebSocket) =>
			one.arn === socket.arn && one.role === socket.role && one.clientId === socket.clientId;
		for (const before of this.sockets.filter(same)) before.forgotten = true; // the newest wins
		this.sockets = this.sockets.filter((one) => !same(one));
		this.sockets.push(socket);
		schedule(() => socket.closeFromService(1001), this.limitAge);
		return true;
	}

	receive(from: FakeWebSocket, text: string): void {
		const { action, recipientClientId, messagePayload, correlationId } = JSON.parse(text);
		const payload = JSON.parse(Buffer.from(messagePayload, "base64").toString());
		this.received.push({ from, action, recipient: recipientClientId, payload, correlationId });
	}

	#answer({ call, host, body }: Request): Reply {
		const byARN = [...this.channels.values()].find(({ arn }) => arn === (body.ChannelARN ?? body.channelArn));
		const missing = () =>
			this.refusal({
				status: 404,
				type: "ResourceNotFoundException",
				message: "The requested channel is not found.",
			});
		const ok = (value: object = {}): Reply => ({ status: 200, body: JSON.stringify(value) });
		const control = host === `kinesisvideo.${suffix}`;
		if (control && call === "createSignalingChannel") {
			const channel = this.addChannel(String(body.ChannelName));
			channel.body = body;
			return ok({ ChannelARN: channel.arn });
		}
		if (control && call === "describeSignalingChannel") {
			const channel = byARN ?? this.channels.get(String(body.ChannelName));
			return channel ? ok({ ChannelInfo: infoOf(channel) }) : missing();
		}
		if (!byARN) return missing();
		if (control) return this.#control(call, body, byARN) ?? this.refusal(unknown);
		if (host !== this.#host("r")) return this.refusal(unknown);
		if (call === "v1/get-ice-server-config") return ok(this.#iceServers());
		if (call === "joinStorageSession" || call === "joinStorageSessionAsViewer") return ok();
		return this.refusal(unknown);
	}

	#control(call: string, body: Record<string, unknown>, channel: Channel): Reply | undefined {
		if (call === "getSignalingChannelEndpoint") {
			const { Protocols, Role } = body.SingleMasterChannelEndpointConfiguration as {
				Protocols: string[];
				Role: string;
			};
			const hosts: Record<string, string> = {
				WSS: `wss://${this.#host(Role === "MASTER" ? "m" : "v")}`,
				HTTPS: `https://${this.#host("r")}`,
				WEBRTC: `https://${this.#host("r")}`,
			};
			const list = Protocols.map((Protocol) => ({ Protocol, ResourceEndpoint: hosts[Protocol] }));
			return { status: 200, body: JSON.stringify({ ResourceEndpointList: list }) };
		}
		if (call === "describeMediaStorageConfiguration")
			return {
				status: 200,
				body: JSON.stringify({ MediaStorageConfiguration: this.storage ?? { Status: "DISABLED" } }),
			};
		if (call === "updateMediaStorageConfiguration") {
			this.storage = body.MediaStorageConfiguration as Service["storage"];
			return { status: 200, body: "{}" };
		}
		if (call === "deleteSignalingChannel") {
			this.deleteChannel(channel.name);
			return { status: 200, body: "{}" };
		}
		return undefined;
	}

	#host(kind: string): string {
		return `${kind}-${this.endpointGeneration}.kinesisvideo.${suffix}`;
	}

	#iceServers() {
		const entry = (n: number) => ({
			Username: `${Math.floor(this.now / 1000)}:djE6${n}`,
			Password: `pass${n}/${currentTime()}=`,
			Ttl: this.iceTtl,
			Uris: ["turn:…:443?transport=udp", "turns:…:443?transport=udp", "turns:…:443?transport=tcp"].map((uri) =>
				uri.replace("…", `1-2-3-${n}.t-abc.kinesisvideo.${suffix}`),
			),
		});
		return { IceServerList: [entry(1), entry(2)] };
	}
}

const unknown: Verdict = { status: 400, type: "InvalidArgumentException", message: "unknown" };

function infoOf({ name, arn, status }: Channel) {
	return {
		ChannelARN: arn,
		ChannelName: name,
		ChannelStatus: status,
		ChannelType: "SINGLE_MASTER",
		CreationTime: 1.7e9,
		FullMeshConfiguration: null,
		SingleMasterConfiguration: { MessageTtlSeconds: 60 },
		Version: "abc",
	};
}

function parse(body: Buffer): Record<string, unknown> {
	try {
		return JSON.parse(body.toString());
	} catch {
		return {};
	}
}

/** A message of the service to a client. */
export function messageOf(messageType: string, payload: unknown, senderClientId?: string, more: object = {}): string {
	const messagePayload = payload === undefined ? "" : Buffer.from(JSON.stringify(payload)).toString("base64");
	return JSON.stringify({ senderClientId, messageType, messagePayload, ...more });
}
