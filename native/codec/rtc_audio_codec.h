// SPDX-License-Identifier: Apache-2.0
// What the audio encoder and the player ask of a codec: rtc_opus.c, rtc_g711.c, rtc_g711_decoder.c.
#ifndef RTC_AUDIO_CODEC_H
#define RTC_AUDIO_CODEC_H

#include "rtc_frame.h"

// What all who listen can take, of a codec that has a choice.
typedef struct {
	uint8_t fec;           // somebody can make up what is lost of what comes after it
	uint8_t dtx;           // nobody needs packets of silence
	uint8_t mono;          // somebody prefers it
	uint32_t playbackRate; // Hz of which the half is the highest tone that anybody plays; 0: any
	uint32_t bitrate;      // bit/s at most; 0: any
} rtc_audio_limits;

typedef struct rtc_audio_codec rtc_audio_codec;
struct rtc_audio_codec {
	// Encodes 20 ms, `samples` per channel. Returns the bytes written at `out`, 0 when they need not be sent, or -1.
	int (*encode)(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity);
	// Returns 0, or -1. A codec of fixed rate ignores it.
	int (*setBitrate)(rtc_audio_codec *codec, uint32_t bitsPerSecond);
	// All but the bitrate. Returns 0, or -1; NULL for a codec that has no choice.
	int (*setLimits)(rtc_audio_codec *codec, const rtc_audio_limits *limits);
	void (*destroy)(rtc_audio_codec *codec);
};

// What gives PCM of one stream back, at the rate and with the channels that it was made for.
typedef struct rtc_audio_decoder rtc_audio_decoder;
struct rtc_audio_decoder {
	// Decodes a packet. Returns the samples per channel at `pcm`, at most `capacity`, or -1 for what is no packet.
	int (*decode)(rtc_audio_decoder *decoder, const uint8_t *data, size_t size, int16_t *pcm, uint32_t capacity);
	// Stands in for a packet of `samples` per channel, a multiple of 2.5 ms, that is missing; `next` is the one after
	// it, NULL when that is not there either. Writes all of them, or returns -1.
	int (*conceal)(rtc_audio_decoder *decoder, const uint8_t *next, size_t size, int16_t *pcm, uint32_t samples);
	void (*destroy)(rtc_audio_decoder *decoder);
};

// How a codec's record says that it encodes and decodes sound.
typedef struct rtc_audio_class {
	// NULL for what it does not take, or without memory.
	rtc_audio_codec *(*make)(uint32_t sampleRate, uint8_t channels, uint32_t bitrate);
	int (*takes)(uint32_t sampleRate, uint32_t channels);
	const char *refusal; // what it takes, for a person
	uint32_t sampleRate; // what it is fed where nothing else is known
	uint32_t bitrate;    // bit/s of a codec of fixed rate, else 0
	// NULL for a rate or channels that it does not give, or without memory.
	rtc_audio_decoder *(*makeDecoder)(uint32_t sampleRate, uint8_t channels);
} rtc_audio_class;

#define RTC_AUDIO_DECODED 5760 // samples per channel of the longest packet, 120 ms of 48 kHz (RFC 6716 section 2.1.4)

extern const rtc_codec rtc_codec_opus, rtc_codec_pcmu, rtc_codec_pcma;

// ITU-T G.711 of one sample of 16 bits.
uint8_t rtc_g711_ulaw(int16_t sample);
uint8_t rtc_g711_alaw(int16_t sample);
int16_t rtc_g711_from_ulaw(uint8_t code);
int16_t rtc_g711_from_alaw(uint8_t code);

// The filter on either side of 8 kHz: a low pass of RTC_G711_TAPS × factor coefficients, whose sum is RTC_G711_ONE.
#define RTC_G711_RATE 8000
#define RTC_G711_FACTOR 6 // at most
#define RTC_G711_TAPS 32
#define RTC_G711_ONE 16384
void rtc_g711_design(int16_t *coefficients, uint32_t factor);
rtc_audio_decoder *rtc_g711_make_decoder(int16_t (*law)(uint8_t code), uint32_t sampleRate, uint8_t channels);

#endif
