// SPDX-License-Identifier: Apache-2.0
import type { AWSResponse } from "webrtc/aws/client";
import type { Pairs } from "webrtc/aws/sigv4";
import type { ServiceURL } from "webrtc/aws/url";
import type WebRTCError from "webrtc/error";
import type { IceServer, SignalingMessage, SignalingProgress, SignalingRole, SignalingState } from "webrtc/signaling";
import type { SocketClosing } from "webrtc/websocket";
import type { LinkTimeouts } from "webrtc/websocket/link";
import type { CallName, CreateChannelOptions, Endpoints } from "webrtc/signaling/kvs/requests";

/** What has been learned of a channel, and need not be asked again. */
export interface Knowledge {
	arn?: string | undefined;
	endpoints?: Endpoints | undefined;
	/** Its media goes to a stream. That it does not is not kept: it may be enabled at any time. */
	storage?: true | undefined;
}

/** Milliseconds. Pings also keep the service's idle limit of 10 minutes away; it ends a connection after an hour. */
export interface Timeouts extends LinkTimeouts {
	/** To get credentials, before any of the next two. */
	credentials: number;
	/** Of a REST call, with the TLS connection that it may need. */
	request: number;
	/** Of a WebSocket, from name to upgrade. */
	connect: number;
	/** That a replaced connection is still read. */
	drain: number;
	/** Up from then on, a connection or a storage session counts as a success. */
	stable: number;
	/** First and last bound of the back-off. */
	backoff: number;
	maximumBackoff: number;
	/** That a message may wait to be sent. */
	message: number;
	/** From a join of the storage session to its offer. */
	storageOffer: number;
	/** Length of a storage session. */
	storageSession: number;
}

export const defaultTimeouts: Readonly<Timeouts> = Object.freeze({
	credentials: 15_000,
	request: 10_000,
	connect: 10_000,
	ping: 10_000,
	pong: 10_000,
	silence: 60_000,
	age: 55 * 60_000,
	drain: 2_000,
	stable: 30_000,
	backoff: 250,
	maximumBackoff: 15_000,
	message: 60_000,
	storageOffer: 6_000,
	storageSession: 60 * 60_000,
});

export interface MachineOptions {
	role: SignalingRole;
	channelName?: string | undefined;
	/** Needs no DescribeSignalingChannel. */
	channelARN?: string | undefined;
	/** A viewer's. */
	clientId?: string | undefined;
	/** How to create a channel that is not there; undefined: not at all. */
	create?: CreateChannelOptions | undefined;
	/** The control plane. */
	control: ServiceURL;
	stunServer?: string | undefined;
	useMediaStorage: boolean;
	/** What was known before: from a cache. */
	knowledge?: Knowledge | undefined;
	/** Whether to keep it from one connection to the next. */
	remember: boolean;
	timeouts: Readonly<Timeouts>;
	/** 0 to 1, uniform. */
	random(): number;
}

/** What the driver does for the machine. */
export type Action =
	/** Post a call; its end comes to `handleResponse`. */
	| { type: "request"; id: number; call: CallName; url: ServiceURL; body: string }
	/** Nobody waits for it any more. */
	| { type: "cancel"; id: number }
	/** Open a WebSocket with a signed query. */
	| { type: "open"; link: number; url: ServiceURL; query: Pairs }
	/** Send a text; `handleWritten` follows. */
	| { type: "write"; link: number; text: string }
	| { type: "ping"; link: number; payload: number }
	/** Close a WebSocket; no `handleClose` follows. */
	| { type: "drop"; link: number }
	| { type: "invalidateCredentials" }
	/** The knowledge has changed: store it, or remove it. */
	| { type: "remember"; knowledge: Knowledge | undefined }
	/* For the owner of the client. */
	| { type: "state"; state: SignalingState }
	| { type: "progress"; step: SignalingProgress }
	| { type: "message"; message: SignalingMessage }
	| { type: "iceServers"; servers: IceServer[] }
	| { type: "error"; error: WebRTCError };

/** How a call has ended. */
export type Outcome = { response: AWSResponse } | { error: WebRTCError };

/** How a WebSocket has ended, or failed to open. */
export interface Closing extends SocketClosing {
	/** It never came to a connection: there are no credentials. */
	credentials?: WebRTCError;
}

export interface Statistics {
	/** WebSockets that opened. */
	connections: number;
	messagesReceived: number;
	messagesSent: number;
	/** Sent once more, for it is not known whether the first reached the service. */
	messagesRepeated: number;
	/** Dropped, for they came or waited too long, or were too many. */
	messagesDropped: number;
	/** Received, and malformed. */
	badMessages: number;
}
