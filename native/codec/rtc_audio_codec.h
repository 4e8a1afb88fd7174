// SPDX-License-Identifier: Apache-2.0
// What the audio encoder asks of a codec: rtc_opus.c, rtc_g711.c.
#ifndef RTC_AUDIO_CODEC_H
#define RTC_AUDIO_CODEC_H

#include "rtc_frame.h"

typedef struct rtc_audio_codec rtc_audio_codec;
struct rtc_audio_codec {
	// Encodes 20 ms, `samples` per channel. Returns the bytes written at `out`, or -1.
	int (*encode)(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity);
	// Returns 0, or -1. A codec of fixed rate ignores it.
	int (*setBitrate)(rtc_audio_codec *codec, uint32_t bitsPerSecond);
	void (*destroy)(rtc_audio_codec *codec);
};

// How a codec's record says that it encodes sound.
typedef struct rtc_audio_class {
	// NULL for what it does not take, or without memory.
	rtc_audio_codec *(*make)(uint32_t sampleRate, uint8_t channels, uint32_t bitrate);
	int (*takes)(uint32_t sampleRate, uint32_t channels);
	const char *refusal; // what it takes, for a person
	uint32_t sampleRate; // what it is fed where nothing else is known
	uint32_t bitrate;    // bit/s of a codec of fixed rate, else 0
} rtc_audio_class;

extern const rtc_codec rtc_codec_opus, rtc_codec_pcmu, rtc_codec_pcma;

// ITU-T G.711 of one sample of 16 bits.
uint8_t rtc_g711_ulaw(int16_t sample);
uint8_t rtc_g711_alaw(int16_t sample);

#endif
