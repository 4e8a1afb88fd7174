// SPDX-License-Identifier: Apache-2.0
// Sessions that live elsewhere: on a second chip, in another process, in a peer connection of another make.
import type { WebRTCAppEvent } from "webrtc/app/events";
import type { IceServer, SignalingMessage } from "webrtc/signaling";

/** What an application is to whom its sessions are given. */
export interface RemoteSessionsOwner {
	/** Sends a message by the application's signaling. @throws as the signaling's `send` */
	send(message: SignalingMessage): void;
	/** Tells the application's listeners. */
	onEvent(event: WebRTCAppEvent): void;
}

/**
 * Takes the place of the application's own peer connections: a bridge, for example. The application then opens no network and
 * no media; it keeps the signaling, and passes on what comes.
 */
export interface RemoteSessions {
	/** Called once, before all others. */
	open(owner: RemoteSessionsOwner): void;
	/** A message has come: an offer, a candidate, a request for an offer, an end. */
	receive(message: SignalingMessage): void;
	/** The ICE servers for sessions to come and those that run. */
	setIceServers(servers: readonly IceServer[]): void;
	/** The application wants an offer made to a peer. */
	offer(peerId: string): void;
	/** The application wants a session ended. */
	end(peerId: string): void;
	/** The peers that have a session. */
	readonly peers: readonly string[];
	/** Ends all sessions, and gives everything back. */
	close(): void;
}

/** Signaling alone: what comes is seen by `intercept`, and goes nowhere else. */
export class NoSessions implements RemoteSessions {
	readonly peers: readonly string[] = [];
	open(): void {}
	receive(): void {}
	setIceServers(): void {}
	offer(): void {}
	end(): void {}
	close(): void {}
}
