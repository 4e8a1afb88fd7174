// SPDX-License-Identifier: Apache-2.0
// Opus (RFC 6716) by libopus, as RFC 7587 sends it: 20 ms a packet, with what those who listen ask for. What comes may
// have any length.
#include "rtc_audio_codec.h"
#include "rtc_payload.h"

#include <stdlib.h>
#if defined(ESP_PLATFORM)
#include <opus.h>
#else
#include <opus/opus.h>
#endif

#define EXPECTED_LOSS 10 // percent: without an expectation the encoder adds no FEC
#define SILENCE 2        // bytes: opus_encode's word for a packet that need not be sent
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
	return size < 0 ? -1 : size <= SILENCE ? 0 : size;
}

static int set_bitrate(rtc_audio_codec *codec, uint32_t bitsPerSecond)
{
	OpusEncoder *encoder = ((opus_codec *)codec)->encoder;
	return opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)bitsPerSecond)) == OPUS_OK ? 0 : -1;
}

// The narrowest band that has all that is played.
static opus_int32 bandOf(uint32_t playbackRate)
{
	if (!playbackRate || playbackRate > 24000)
		return OPUS_BANDWIDTH_FULLBAND;
	if (playbackRate > 16000)
		return OPUS_BANDWIDTH_SUPERWIDEBAND;
	if (playbackRate > 12000)
		return OPUS_BANDWIDTH_WIDEBAND;
	return playbackRate > 8000 ? OPUS_BANDWIDTH_MEDIUMBAND : OPUS_BANDWIDTH_NARROWBAND;
}

static int set_limits(rtc_audio_codec *codec, const rtc_audio_limits *limits)
{
	OpusEncoder *encoder = ((opus_codec *)codec)->encoder;
	int failed = opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(limits->fec ? 1 : 0)) ||
				 opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(limits->fec ? EXPECTED_LOSS : 0)) ||
				 opus_encoder_ctl(encoder, OPUS_SET_DTX(limits->dtx ? 1 : 0)) ||
				 opus_encoder_ctl(encoder, OPUS_SET_FORCE_CHANNELS(limits->mono ? 1 : OPUS_AUTO)) ||
				 opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(bandOf(limits->playbackRate)));
	return failed ? -1 : 0;
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
	self->codec.setLimits = set_limits;
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

typedef struct {
	rtc_audio_decoder decoder;
	OpusDecoder *opus;
} opus_decoder;

static int decode(rtc_audio_decoder *decoder, const uint8_t *data, size_t size, int16_t *pcm, uint32_t capacity)
{
	int samples = opus_decode(((opus_decoder *)decoder)->opus, data, (opus_int32)size, pcm, (int)capacity, 0);
	return samples > 0 ? samples : -1;
}

// The packet after a lost one may tell of it at a low rate (RFC 6716 section 2.1.7).
static int conceal(rtc_audio_decoder *decoder, const uint8_t *next, size_t size, int16_t *pcm, uint32_t samples)
{
	OpusDecoder *opus = ((opus_decoder *)decoder)->opus;
	int made = next ? opus_decode(opus, next, (opus_int32)size, pcm, (int)samples, 1) : -1;
	if (made < 0)
		made = opus_decode(opus, NULL, 0, pcm, (int)samples, 0);
	return made == (int)samples ? made : -1;
}

static void destroy_decoder(rtc_audio_decoder *decoder)
{
	opus_decoder *self = (opus_decoder *)decoder;
	if (self->opus)
		opus_decoder_destroy(self->opus);
	free(self);
}

static rtc_audio_decoder *make_decoder(uint32_t sampleRate, uint8_t channels)
{
	if (!takes(sampleRate, channels))
		return NULL;
	opus_decoder *self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	int error = OPUS_OK;
	self->decoder = (rtc_audio_decoder){.decode = decode, .conceal = conceal, .destroy = destroy_decoder};
	self->opus = opus_decoder_create((opus_int32)sampleRate, channels, &error);
	if (self->opus)
		return &self->decoder;
	free(self);
	return NULL;
}

static const rtc_audio_class class = {
	.make = make,
	.takes = takes,
	.refusal = "Opus takes 8, 12, 16, 24 or 48 kHz, mono or stereo",
	.sampleRate = 48000,
	.makeDecoder = make_decoder,
};

// The RTP clock is 48 kHz whatever it is fed (RFC 7587 section 4.1).
const rtc_codec rtc_codec_opus = {.name = "opus", .clockRate = 48000, .payload = &rtc_payload_whole, .audio = &class};
