// SPDX-License-Identifier: Apache-2.0
// Audio encoder: a sink of PCM, a source of packets of 20 ms with contiguous times.
#ifndef RTC_AUDIO_ENCODER_H
#define RTC_AUDIO_ENCODER_H

#include "rtc_audio_codec.h"
#include "rtc_frame.h"

typedef struct {
	const rtc_codec *codec; // one that encodes sound
	uint32_t bitrate;       // bit/s, where the codec has a choice
	// Called on the encoder's thread: ENOTSUP when the source's sample rate or channels cannot be encoded, once for
	// each format; ENOMEM when it lacks memory, once until it has it. Sound is dropped meanwhile, and it tries again
	// (rtc_retry.h). May be NULL.
	void (*failed)(void *context, int error, const char *message);
	void *context;
} rtc_audio_encoder_options;

typedef struct {
	uint64_t framesEncoded; // packets
	uint64_t framesSpared;  // packets of silence that nobody needs
	uint64_t framesDropped; // frames of PCM that found no room, or had a format that cannot be encoded
	uint64_t bytes;
	uint64_t encodeTime; // microseconds
	uint32_t targetBitrate;
	uint32_t sampleRate; // of the newest frame, 0 before the first
	uint8_t channels;
} rtc_audio_encoder_statistics;

typedef struct rtc_audio_encoder rtc_audio_encoder;
// Returns NULL and sets `*error` to an errno value.
rtc_audio_encoder *rtc_audio_encoder_new(const rtc_audio_encoder_options *options, int *error);
rtc_sink *rtc_audio_encoder_sink(rtc_audio_encoder *encoder);
rtc_source *rtc_audio_encoder_source(rtc_audio_encoder *encoder);
void rtc_audio_encoder_set_bitrate(rtc_audio_encoder *encoder, uint32_t bitsPerSecond); // from any thread
uint32_t rtc_audio_encoder_get_bitrate(rtc_audio_encoder *encoder);
void rtc_audio_encoder_set_limits(rtc_audio_encoder *encoder, const rtc_audio_limits *limits); // from any thread
void rtc_audio_encoder_get_statistics(rtc_audio_encoder *encoder, rtc_audio_encoder_statistics *statistics);
// Disconnects it on both sides, ends its thread, and gives the reference back.
void rtc_audio_encoder_close(rtc_audio_encoder *encoder);

#endif
