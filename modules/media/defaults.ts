// SPDX-License-Identifier: Apache-2.0
// What serves the media interfaces where nothing else is given.
import config from "mc/config";
import type {
	AudioCapture,
	AudioOptions,
	AudioPlayer,
	PlayOptions,
	ShowOptions,
	VideoCapture,
	VideoOptions,
	VideoPlayer,
} from "webrtc/media";
import NativeAudioCapture from "webrtc/media/audio";
import NativeAudioPlayer from "webrtc/media/player";
import NativeVideoPlayer from "webrtc/media/screen";
import NativeVideoCapture from "webrtc/media/video";
import { configureRetransmission } from "webrtc/native/rtp";

export interface MediaOptions {
	/** false: no video. */
	video?: VideoOptions | false | undefined;
	/** false: no audio. */
	audio?: AudioOptions | false | undefined;
	/** What plays the sound that peers send; false, the default: it is not asked for. */
	play?: PlayOptions | false | undefined;
	/** What is kept of the pictures that were sent, once for all peers. false: nothing, so that lost packets stay lost. */
	retransmission?: RetransmissionOptions | false | undefined;
	/** What shows the pictures that peers send; false, the default: they are not asked for. */
	show?: ShowOptions | false | undefined;
}

/** Of the whole device, for connections that are made from now on. */
export interface RetransmissionOptions {
	/** 16 384 … 16 777 216, rounded down to a power of two; 0: none. Default 262 144. */
	bytes?: number | undefined;
	/** For which a packet can be sent again, 0 … 10 000. Default 1 000. */
	milliseconds?: number | undefined;
}

/** What a WebRTCApp sends and plays. */
export interface Media {
	videoCapture?: VideoCapture;
	audioCapture?: AudioCapture;
	audioPlayer?: AudioPlayer;
	videoPlayer?: VideoPlayer;
}

const cacheBytes = 262_144;
const cacheMilliseconds = 1_000;

/**
 * The captures and players of this platform, ready to be spread into a WebRTCApp's options. Options win over mc/config's `media`.
 * @throws RangeError that names the option
 */
export function defaultMedia(options: MediaOptions = {}): Media {
	const defaults = (config as { media?: MediaOptions }).media ?? {};
	const video = wanted(options.video, defaults.video);
	const audio = wanted(options.audio, defaults.audio);
	const retransmission = options.retransmission ?? defaults.retransmission;
	if (retransmission !== undefined) {
		const { bytes = cacheBytes, milliseconds = cacheMilliseconds } = retransmission || { bytes: 0 };
		configureRetransmission(bytes, milliseconds);
	}
	const media: Media = {};
	if (video) media.videoCapture = new NativeVideoCapture(video);
	const player = options.play
		? new NativeAudioPlayer({ ...(defaults.play || undefined), ...given(options.play) })
		: undefined;
	if (player) media.audioPlayer = player;
	if (audio) media.audioCapture = new NativeAudioCapture(audio, player);
	if (options.show) media.videoPlayer = new NativeVideoPlayer(options.show);
	return media;
}

/** A board that has no microphone says false: then there is sound only from where the application says. */
function wanted<T extends { source?: unknown }>(options: T | false | undefined, defaults: T | false | undefined) {
	if (options === false || (defaults === false && options?.source === undefined)) return false;
	return { ...(defaults || undefined), ...given<Partial<T>>(options ?? {}) };
}

/** Without the options that are undefined, which would hide a default. */
function given<T extends object>(options: T): Partial<T> {
	return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
