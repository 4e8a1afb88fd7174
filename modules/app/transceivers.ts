// SPDX-License-Identifier: Apache-2.0
// What a session sends and asks for, as transceivers of its connection.
import type { AudioCapture, AudioPlayer, VideoCapture, VideoPlayer } from "webrtc/media";
import type RTCPeerConnection from "webrtc/peer";
import type { MediaKind } from "webrtc/peer/negotiable";
import RTCRtpSender from "webrtc/peer/sender";
import type RTCRtpTransceiver from "webrtc/peer/transceiver";

export interface SessionMedia {
	captures: readonly (VideoCapture | AudioCapture)[];
	/** Whether this side asks for the peer's media, as a viewer does; else only for what it has a player for. */
	receives: boolean;
	/** What plays the peer's media. */
	players: readonly (VideoPlayer | AudioPlayer)[];
	/** Which kinds of media. */
	media: "audio" | "video" | "audio-video";
	/** Names of codecs, in order of preference; undefined: all. */
	codecs?: readonly string[] | undefined;
}

export function addTransceivers(connection: RTCPeerConnection, options: SessionMedia): void {
	const { captures, media } = options;
	addCaptures(connection, options, captures);
	for (const kind of ["video", "audio"] as const) {
		if (!media.includes(kind) || !receives(options, kind) || captures.some((capture) => capture.kind === kind))
			continue;
		play(connection.addTransceiver(kind, { direction: "recvonly" }), options);
	}
}

/** Whether the peer's media of a kind is asked for. */
function receives({ receives, players }: SessionMedia, kind: MediaKind): boolean {
	return receives || players.some((player) => player.kind === kind);
}

/** A section that the peer has ended took its transceiver with it; the peer may add such a section again. */
export function restoreCaptures(connection: RTCPeerConnection, options: SessionMedia): void {
	const { captures } = options;
	const senders = connection.getSenders();
	if (senders.length >= captures.length) return;
	const lost = captures.filter((capture) => !senders.some(({ track }) => track === capture));
	addCaptures(connection, options, lost);
}

function addCaptures(
	connection: RTCPeerConnection,
	options: SessionMedia,
	captures: readonly (VideoCapture | AudioCapture)[],
): void {
	for (const capture of captures) {
		const direction = receives(options, capture.kind) ? "sendrecv" : "sendonly";
		play(connection.addTransceiver(capture, { direction }), options);
	}
}

function play(transceiver: RTCRtpTransceiver, options: SessionMedia): void {
	const player = options.players.find(({ kind }) => kind === transceiver.kind);
	if (player) transceiver.receiver.play(player);
	prefer(transceiver, options);
}

/** One that has none of the codecs that are wanted keeps its own: the other kind's are named. */
function prefer(transceiver: RTCRtpTransceiver, { codecs }: SessionMedia): void {
	if (!codecs) return;
	const { kind } = transceiver;
	const able = RTCRtpSender.getCapabilities(kind)?.codecs ?? [];
	const wanted = codecs.flatMap((name) => {
		const mimeType = `${kind}/${name}`.toLowerCase();
		return able.filter((codec) => codec.mimeType.toLowerCase() === mimeType);
	});
	if (wanted.length) transceiver.setCodecPreferences(wanted);
}
