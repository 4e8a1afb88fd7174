// SPDX-License-Identifier: Apache-2.0
// W3C webrtc-stats: what a peer has to tell.
import { recordOf } from "webrtc/codec";
import type { VideoCapture } from "webrtc/media";
import type { RtpSessionStatistics } from "webrtc/native/rtp";
import type Channels from "webrtc/peer/channels";
import addIceStats, { transportId, type AddStats } from "webrtc/peer/icestats";
import type { SenderActivity } from "webrtc/peer/sender";
import type RTCRtpTransceiver from "webrtc/peer/transceiver";
import type PeerTransport from "webrtc/peer/transport";

/** One entry (W3C webrtc section 8.4). */
export interface RTCStats {
	readonly id: string;
	readonly type: string;
	/** Milliseconds since 1970. */
	readonly timestamp: number;
	readonly [name: string]: unknown;
}

/** Entries by their id (W3C webrtc section 8.3). */
export type RTCStatsReport = ReadonlyMap<string, RTCStats>;

/** Collects them now; counters start with the connection. */
export default function collectStats(
	transport: PeerTransport | undefined,
	transceivers: readonly RTCRtpTransceiver[],
	channels: Channels | undefined,
	rtp: RtpSessionStatistics | undefined,
): RTCStatsReport {
	const report = new Map<string, RTCStats>();
	const timestamp = Date.now();
	const add = (id: string, type: string, values: object) => {
		report.set(id, { id, type, timestamp, ...values });
	};
	const { opened: dataChannelsOpened = 0, closed: dataChannelsClosed = 0 } = channels ?? {};
	add("P", "peer-connection", { dataChannelsOpened, dataChannelsClosed });
	if (!transport) return report;
	addIceStats(add, transport, rtp);
	for (const transceiver of transceivers) {
		addSender(add, transceiver, rtp?.availableBitrate || Infinity);
		addReceiver(add, transceiver);
	}
	if (channels) addChannels(add, channels);
	return report;
}

function addChannels(add: AddStats, { list, native }: Channels): void {
	for (const [index, { id, label, protocol, readyState: state, counted }] of list.entries())
		add(`D${id ?? `-${index}`}`, "data-channel", {
			label,
			protocol,
			dataChannelIdentifier: id ?? undefined,
			state,
			...counted,
		});
	const statistics = native?.statistics();
	if (!statistics) return;
	const { congestionWindow, receiverWindow, mtu, roundTripTime, unacknowledged } = statistics;
	const isUp = statistics.streams > 0;
	add("SCTP", "sctp-transport", {
		transportId,
		smoothedRoundTripTime: isUp ? roundTripTime / 1000 : undefined,
		congestionWindow: isUp ? congestionWindow : undefined,
		receiverWindow: isUp ? receiverWindow : undefined,
		mtu: isUp ? mtu : undefined,
		unackData: isUp ? unacknowledged : undefined,
	});
}

/** W3C webrtc-stats section 6.5.1. A share of the estimate is for headers and sound. */
const bandwidthShare = 0.8;

/** What of W3C's outbound-rtp is the encoder's: it is one for all peers. `available`: bit/s of this peer's way. */
function encoderStats({ encoder, track }: SenderActivity, available: number): object {
	if (track.kind !== "video") return { targetBitrate: encoder.targetBitrate };
	const { targetBitrate, width, height, framerate, framesEncoded, keyFramesEncoded, encodeTime } = encoder;
	const { bitrate, framerate: full } = track as VideoCapture;
	const isLess =
		targetBitrate !== undefined && (targetBitrate < bitrate || available * bandwidthShare < targetBitrate);
	const isBandwidth = isLess || (framerate !== undefined && framerate < full);
	return {
		targetBitrate,
		framesEncoded,
		keyFramesEncoded,
		totalEncodeTime: encodeTime,
		frameWidth: width || undefined,
		frameHeight: height || undefined,
		framesPerSecond: framerate,
		qualityLimitationReason: isBandwidth ? "bandwidth" : "none",
	};
}

function addSender(add: AddStats, transceiver: RTCRtpTransceiver, available: number): void {
	const { activity, ssrc } = transceiver.sender;
	const codec = activity?.media.codec;
	if (!activity || !codec) return;
	const { statistics } = activity;
	const { kind, mid } = transceiver;
	const codecId = `C${mid}-${codec.payloadType}`;
	add(codecId, "codec", {
		transportId,
		payloadType: codec.payloadType,
		mimeType: `${kind}/${codec.name}`,
		clockRate: codec.clockRate,
	});
	const id = `O${ssrc}`;
	add(id, "outbound-rtp", {
		ssrc,
		kind,
		mid,
		transportId,
		codecId,
		remoteId: statistics.reportsReceived ? `RI${ssrc}` : undefined,
		packetsSent: statistics.packetsSent,
		bytesSent: statistics.bytesSent,
		headerBytesSent: statistics.headerBytesSent,
		framesSent: kind === "video" ? statistics.framesSent : undefined,
		keyFramesSent: kind === "video" ? statistics.keyFramesSent : undefined,
		framesDropped: statistics.framesDropped,
		...encoderStats(activity, available),
		pliCount: statistics.pliCount,
		firCount: statistics.firCount,
		nackCount: statistics.nackCount,
		retransmittedPacketsSent: statistics.retransmittedPacketsSent,
		retransmittedBytesSent: statistics.retransmittedBytesSent,
	});
	if (!statistics.reportsReceived) return;
	add(`RI${ssrc}`, "remote-inbound-rtp", {
		ssrc,
		kind,
		transportId,
		codecId,
		localId: id,
		packetsLost: statistics.packetsLost,
		fractionLost: statistics.fractionLost,
		jitter: statistics.jitter,
		roundTripTime: statistics.roundTripTimeMeasurements ? statistics.roundTripTime : undefined,
		totalRoundTripTime: statistics.totalRoundTripTime,
		roundTripTimeMeasurements: statistics.roundTripTimeMeasurements,
	});
}

function addReceiver(add: AddStats, { receiving, kind, mid }: RTCRtpTransceiver): void {
	const { media, statistics, played } = receiving ?? {};
	if (!media || !statistics?.ssrc) return;
	const { ssrc, payloadType, silence } = statistics;
	const format = media.formats.find((one) => one.payloadType === payloadType);
	const codecId = `CI${mid}-${payloadType}`;
	const codec = format && recordOf(format.codec)?.capability;
	if (codec) {
		const { name, clockRate, channels } = codec;
		add(codecId, "codec", { transportId, payloadType, mimeType: `${kind}/${name}`, clockRate, channels });
	}
	const id = `I${ssrc}`;
	add(id, "inbound-rtp", {
		ssrc,
		kind,
		mid,
		transportId,
		codecId,
		remoteId: statistics.reportsReceived ? `RO${ssrc}` : undefined,
		packetsReceived: statistics.packetsReceived,
		bytesReceived: statistics.bytesReceived,
		headerBytesReceived: statistics.headerBytesReceived,
		packetsLost: statistics.packetsLost,
		packetsDiscarded: statistics.packetsDiscarded,
		jitter: statistics.jitter,
		retransmittedPacketsReceived: statistics.retransmittedPacketsReceived,
		retransmittedBytesReceived: statistics.retransmittedBytesReceived,
		...statistics.pictures,
		lastPacketReceivedTimestamp: Date.now() - silence,
		...played,
	});
	if (!statistics.reportsReceived) return;
	add(`RO${ssrc}`, "remote-outbound-rtp", {
		ssrc,
		kind,
		transportId,
		codecId,
		localId: id,
		packetsSent: statistics.remotePackets,
		bytesSent: statistics.remoteBytes,
		reportsSent: statistics.reportsReceived,
		remoteTimestamp: statistics.remoteTime,
	});
}
