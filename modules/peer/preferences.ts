// SPDX-License-Identifier: Apache-2.0
// Codecs as W3C describes them, and which of them are wanted.
import WebRTCError from "webrtc/error";
import { codecsOf, recordOf, type CodecCapability } from "webrtc/codec";
import { extensionsOf } from "webrtc/sdp";

/** W3C RTCRtpCodec. */
export interface RTCRtpCodec {
	/** "video/H264", "audio/opus", "audio/PCMU", "audio/PCMA". */
	mimeType: string;
	/** Hz. */
	clockRate: number;
	channels?: number;
	sdpFmtpLine?: string;
}

/** W3C webrtc section 5.2.5. */
export interface RTCRtpCapabilities {
	codecs: RTCRtpCodec[];
	headerExtensions: { uri: string }[];
}

export function capabilities(kind: string): RTCRtpCapabilities | null {
	if (kind !== "audio" && kind !== "video") return null;
	return { codecs: codecsOf(kind).map(toCodec), headerExtensions: extensionsOf(kind).map((uri) => ({ uri })) };
}

/** As W3C writes it. */
export function toCodec(codec: {
	kind?: string;
	name: string;
	clockRate: number;
	channels?: number;
	parameters: string;
}): RTCRtpCodec {
	const { kind, name, clockRate, channels, parameters } = codec;
	const described: RTCRtpCodec = { mimeType: `${kind}/${name}`, clockRate };
	if (kind === "audio") described.channels = channels ?? 1;
	if (parameters) described.sdpFmtpLine = parameters;
	return described;
}

/**
 * The codecs of `available` that are preferred, in the order of preference.
 * @throws WebRTCError "peer/invalid-modification" for one that is not there, and when none is left
 */
export function prefer(
	available: readonly CodecCapability[],
	preferences: readonly RTCRtpCodec[],
): readonly CodecCapability[] {
	const preferred: CodecCapability[] = [];
	for (const wanted of preferences) {
		const codec = available.find((one) => isSame(one, wanted));
		if (!codec)
			throw new WebRTCError("peer/invalid-modification", `codecs: there is no ${wanted?.mimeType} like this`);
		if (!preferred.includes(codec)) preferred.push(codec);
	}
	return preferred;
}

/** A packetization-mode must be the same; a level is the encoder's affair. */
function isSame(codec: CodecCapability, wanted: RTCRtpCodec): boolean {
	const { mimeType, clockRate, channels, sdpFmtpLine } = wanted;
	if (String(mimeType).toLowerCase() !== `${codec.kind}/${codec.name}`.toLowerCase()) return false;
	if (clockRate !== codec.clockRate || (channels ?? codec.channels ?? 1) !== (codec.channels ?? 1)) return false;
	const mode = recordOf(codec.name)?.packetizationMode;
	return sdpFmtpLine === undefined || !mode || mode(sdpFmtpLine) === mode(codec.parameters);
}
