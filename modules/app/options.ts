// SPDX-License-Identifier: Apache-2.0
import type { DataOptions } from "webrtc/app/data";
import type { WebRTCAppEvent } from "webrtc/app/events";
import type { AppLimits } from "webrtc/app/limits";
import { isLogLevel, type LogLevel } from "webrtc/app/log";
import type { RemoteSessions } from "webrtc/app/sessions";
import { recordOf } from "webrtc/codec";
import type { AudioCapture, AudioPlayer, VideoCapture, VideoPlayer } from "webrtc/media";
import type Certificate from "webrtc/native/dtls/certificate";
import type { CandidateFilter } from "webrtc/peer/configuration";
import type { IceServer, SignalingClient, SignalingMessage, SignalingRole } from "webrtc/signaling";

/** What an application is made of. What is left out has its default. */
export interface WebRTCAppOptions {
	signaling: SignalingClient;
	/** Default "master": viewers make offers to this device. */
	role?: SignalingRole | undefined;
	videoCapture?: VideoCapture | undefined;
	audioCapture?: AudioCapture | undefined;
	videoPlayer?: VideoPlayer | undefined;
	audioPlayer?: AudioPlayer | undefined;
	/** Which kinds of media sessions have. Default: both, as far as there are captures. */
	media?: "audio" | "video" | "audio-video" | undefined;
	/**
	 * Whether the peer's media is asked for. Default: as a viewer yes, as a master what there is a player for. Without a
	 * player, it is counted.
	 */
	receive?: boolean | undefined;
	/** Names of codecs in order of preference, such as ["PCMU", "opus"]; others are not negotiated. Default: all. */
	codecs?: readonly string[] | undefined;
	/** Besides those that the signaling brings. */
	iceServers?: IceServer[] | undefined;
	/** Whether candidates may follow descriptions, where the signaling can carry them. Default true. */
	trickle?: boolean | undefined;
	/** Whether TURN servers are used. Default true. */
	turn?: boolean | undefined;
	/** "relay": media goes by TURN servers alone, and nobody learns this host's addresses. Default "all". */
	iceTransportPolicy?: "all" | "relay" | undefined;
	/** Which of this host's addresses are used, by the interface's name: a VPN's may be of no use. Default: all. */
	interfaceFilter?: ((name: string, address: string) => boolean) | undefined;
	/** Which candidates are used, of both sides: see CandidateFilter. Default: all. */
	candidateFilter?: CandidateFilter | undefined;
	/** "names": peers learn names of this network in place of the device's addresses: see RTCConfiguration. */
	hostCandidates?: "addresses" | "names" | undefined;
	/** Peers at once, 1 to 16; one more is turned down, and told so. Default 5. */
	maximumSessions?: number | undefined;
	/** What strangers may make this device hold. Default: what suits a board with 8192 slots and 128 KB of chunks. */
	limits?: Partial<AppLimits> | undefined;
	/** Data channels, and who hears of them. Without it there are none, and those of an offer are refused. */
	data?: DataOptions | undefined;
	/** UDP port for all media; 0, the default, takes any. */
	port?: number | undefined;
	/**
	 * A TCP port to which peers may connect where their network lets no UDP through, 8 at once (RFC 6544); 0: the number of
	 * the UDP port where it is free, else any. Default: there is none.
	 */
	tcpPort?: number | undefined;
	/**
	 * Whether the device connects by TCP to peers that wait for it (RFC 6544), as some servers do; 4 at once, and not while
	 * UDP works. Default: false, for each takes a socket and 19 KB, and browsers never wait.
	 */
	tcpActive?: boolean | undefined;
	/** Default: the device's own, made once and stored. */
	certificate?: Certificate | undefined;
	/** Whose peer connections serve the peers. Default: the app's own. See NoSessions for signaling alone. */
	sessions?: RemoteSessions | undefined;
	/** What is written to the log, by trace(). Default "silent": events tell all. */
	logLevel?: LogLevel | undefined;
	/** Hears of everything; see also addListener(). What it throws is reported and changes nothing. */
	onEvent?(event: WebRTCAppEvent): void;
	/**
	 * Sees each message of the signaling before it takes effect, as a bridge does. It may return another in its place,
	 * or undefined to keep it back.
	 */
	intercept?(message: SignalingMessage, direction: "incoming" | "outgoing"): SignalingMessage | undefined;
}

/** @throws TypeError or RangeError that names the option */
export function checkOptions(options: WebRTCAppOptions): void {
	const { signaling, role = "master", maximumSessions = 5, port = 0, media = "audio-video", codecs = [] } = options;
	if (!signaling || typeof signaling.connect !== "function") throw new TypeError("signaling: a SignalingClient");
	if (role !== "master" && role !== "viewer") throw new TypeError('role: "master" or "viewer"');
	if (!Number.isInteger(maximumSessions) || maximumSessions < 1 || maximumSessions > 16)
		throw new RangeError("maximumSessions: 1 to 16");
	if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError("port: 0 to 65535");
	const { tcpPort = 0 } = options;
	if (!Number.isInteger(tcpPort) || tcpPort < 0 || tcpPort > 65535) throw new RangeError("tcpPort: 0 to 65535");
	if (!["audio", "video", "audio-video"].includes(media))
		throw new TypeError('media: "audio", "video", "audio-video"');
	if (!Array.isArray(codecs)) throw new TypeError("codecs: an array of names");
	for (const name of codecs as unknown[])
		if (typeof name !== "string" || !recordOf(name)) throw new TypeError(`codecs: there is no "${String(name)}"`);
	for (const name of ["trickle", "turn", "receive"] as const)
		if (options[name] !== undefined && typeof options[name] !== "boolean")
			throw new TypeError(`${name}: true or false`);
	const { iceTransportPolicy = "all" } = options;
	if (iceTransportPolicy !== "all" && iceTransportPolicy !== "relay")
		throw new TypeError('iceTransportPolicy: "all" or "relay"');
	for (const name of ["interfaceFilter", "candidateFilter"] as const)
		if (options[name] !== undefined && typeof options[name] !== "function")
			throw new TypeError(`${name}: a function`);
	if (options.logLevel !== undefined && !isLogLevel(options.logLevel))
		throw new TypeError('logLevel: "silent", "error", "info", "debug"');
}
