// SPDX-License-Identifier: Apache-2.0
// Opus (RFC 6716) by libopus, as RFC 7587 sends it: 20 ms a packet, in-band FEC, no DTX.
#include "rtc_audio_codec.h"
#include "rtc_payload.h"

#include <stdlib.h>
#if defined(ESP_PLATFORM)
#include <opus.h>
#else
#include <opus/opus.h>
#endif

#define EXPECTED_LOSS 10 // percent: without an expectation the encoder adds no FEC
#if defined(ESP_PLATFORM)
#define COMPLEXITY 1 // what an ESP32-S3 encodes beside video
#else
#define COMPLEXITY 5
#endif

typedef struct {
	rtc_audio_codec codec;
	OpusEncoder *encoder;
} opus_codec;

static int encode(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity)
{
	int size = opus_encode(((opus_codec *)codec)->encoder, pcm, (int)samples, out, (opus_int32)capacity);
	return size < 0 ? -1 : size;
}

static int set_bitrate(rtc_audio_codec *codec, uint32_t bitsPerSecond)
{
	OpusEncoder *encoder = ((opus_codec *)codec)->encoder;
	return opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)bitsPerSecond)) == OPUS_OK ? 0 : -1;
}

static void destroy(rtc_audio_codec *codec)
{
	opus_codec *self = (opus_codec *)codec;
	if (self->encoder)
		opus_encoder_destroy(self->encoder);
	free(self);
}

static int configure(opus_codec *self, uint32_t bitrate)
{
	return set_bitrate(&self->codec, bitrate) || opus_encoder_ctl(self->encoder, OPUS_SET_COMPLEXITY(COMPLEXITY)) ||
		   opus_encoder_ctl(self->encoder, OPUS_SET_INBAND_FEC(1)) ||
		   opus_encoder_ctl(self->encoder, OPUS_SET_PACKET_LOSS_PERC(EXPECTED_LOSS));
}

static rtc_audio_codec *make(uint32_t sampleRate, uint8_t channels, uint32_t bitrate)
{
	opus_codec *self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	self->codec.encode = encode;
	self->codec.setBitrate = set_bitrate;
	self->codec.destroy = destroy;
	int error = OPUS_OK;
	// Speech from one microphone, music from a pair.
	int application = channels == 1 ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO;
	self->encoder = opus_encoder_create((opus_int32)sampleRate, channels, application, &error);
	if (self->encoder && !configure(self, bitrate))
		return &self->codec;
	destroy(&self->codec);
	return NULL;
}

static int takes(uint32_t sampleRate, uint32_t channels)
{
	return (sampleRate == 8000 || sampleRate == 12000 || sampleRate == 16000 || sampleRate == 24000 ||
			sampleRate == 48000) &&
		   (channels == 1 || channels == 2);
}

static const rtc_audio_class encoder = {
	.make = make,
	.takes = takes,
	.refusal = "Opus takes 8, 12, 16, 24 or 48 kHz, mono or stereo",
	.sampleRate = 48000,
};

// The RTP clock is 48 kHz whatever it is fed (RFC 7587 section 4.1).
const rtc_codec rtc_codec_opus = {.name = "opus", .clockRate = 48000, .payload = &rtc_payload_whole, .audio = &encoder};
