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

// NULL for a sample rate or number of channels that the codec does not have, or without memory.
rtc_audio_codec *rtc_opus_new(uint32_t sampleRate, uint8_t channels, uint32_t bitrate);
rtc_audio_codec *rtc_g711_new(rtc_format format, uint32_t sampleRate, uint8_t channels);

// Whether G.711 can be made of sound at this rate: 8 kHz, or a multiple that is brought down to it.
int rtc_g711_takes(uint32_t sampleRate);
// ITU-T G.711 of one sample of 16 bits.
uint8_t rtc_g711_ulaw(int16_t sample);
uint8_t rtc_g711_alaw(int16_t sample);

#endif
