// SPDX-License-Identifier: Apache-2.0
// Opus in SDP (RFC 7587).
import { parameter, type CodecRecord } from "webrtc/codec/format";

/** With in-band error correction, frames of 10 ms and more. */
const opus: CodecRecord = Object.freeze({
	capability: Object.freeze({
		kind: "audio",
		name: "opus",
		clockRate: 48000,
		channels: 2,
		parameters: "minptime=10;useinbandfec=1",
		feedback: Object.freeze(["transport-cc"]),
	}),
	payloadType: 111,
});

const most = Object.freeze({ playbackRate: 48_000, bitrate: 510_000 });
const least = Object.freeze({ playbackRate: 8_000, bitrate: 6_000 });

/**
 * What one encode for several peers has to keep to (RFC 7587 section 6.1): error correction that somebody makes use of, no
 * packets of silence where nobody wants them, one channel where somebody prefers it, and no tones that nobody plays.
 * @param parameters what each says, as in `a=fmtp`
 */
export function opusLimits(parameters: readonly string[]): {
	fec: boolean;
	dtx: boolean;
	mono: boolean;
	playbackRate: number;
	bitrate: number;
} {
	const isSaid = (name: string) => (text: string) => parameter(text, name) === "1";
	const numbers = (name: "playbackRate" | "bitrate", written: string) =>
		parameters.map((text) => {
			const value = Number(parameter(text, written) ?? NaN);
			return value >= least[name] && value <= most[name] ? Math.trunc(value) : most[name];
		});
	return {
		fec: parameters.some(isSaid("useinbandfec")),
		dtx: parameters.length > 0 && parameters.every(isSaid("usedtx")),
		mono: !parameters.every(isSaid("stereo")),
		playbackRate: Math.max(least.playbackRate, ...numbers("playbackRate", "maxplaybackrate")),
		bitrate: Math.min(most.bitrate, ...numbers("bitrate", "maxaveragebitrate")),
	};
}

export default opus;
