// SPDX-License-Identifier: Apache-2.0
// ITU-T G.711: logarithmic companding of 8 kHz speech, 8 bits a sample. Both laws write sign, segment and step.
// Sound at a multiple of 8 kHz is filtered and thinned out, so that G.711 and Opus share one microphone.
#include "rtc_audio_codec.h"
#include "rtc_payload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_RATE RTC_G711_RATE
#define LARGEST_FACTOR RTC_G711_FACTOR
#define LARGEST_INPUT 960  // samples: 20 ms at 48 kHz
#define CUTOFF 3600.0      // Hz, where the filter halves; 400 Hz on each side are its slope
#define TAPS RTC_G711_TAPS // of the filter, for each sample that is left out and the one that stays
#define ONE RTC_G711_ONE   // the sum of the magnitudes of its coefficients stays below twice as much
#define ULAW_BIAS 132      // 33 of the recommendation's 14 bits: it makes segments begin at powers of two
#define ULAW_CLIP 32635    // the largest that the bias does not overflow
#define ALAW_EVEN_BITS 0x55

// The number of the highest set bit above bit 7, 0 … 7.
static int segment_of(int magnitude)
{
	int segment = 0;
	for (int rest = magnitude >> 8; rest; rest >>= 1)
		segment++;
	return segment;
}

uint8_t rtc_g711_ulaw(int16_t sample)
{
	int sign = sample < 0 ? 0x80 : 0;
	int magnitude = sample < 0 ? -sample : sample;
	if (magnitude > ULAW_CLIP)
		magnitude = ULAW_CLIP;
	magnitude += ULAW_BIAS;
	int segment = segment_of(magnitude);
	int step = (magnitude >> (segment + 3)) & 0x0F;
	return (uint8_t) ~(sign | segment << 4 | step);
}

uint8_t rtc_g711_alaw(int16_t sample)
{
	int sign = sample < 0 ? 0 : 0x80;
	int magnitude = sample < 0 ? ~sample : sample; // -1 is as near to zero as 0 is
	int segment = segment_of(magnitude);
	int step = (magnitude >> (segment ? segment + 3 : 4)) & 0x0F;
	return (uint8_t)((sign | segment << 4 | step) ^ ALAW_EVEN_BITS);
}

typedef struct {
	rtc_audio_codec codec; // first
	uint8_t (*law)(int16_t sample);
	uint32_t factor;
	int16_t coefficients[TAPS * LARGEST_FACTOR];
	int16_t line[TAPS * LARGEST_FACTOR + LARGEST_INPUT]; // the newest samples of the packet before, and this one
} g711;

// A sinc in a Hamming window.
void rtc_g711_design(int16_t *coefficients, uint32_t factor)
{
	int taps = (int)factor * TAPS;
	double cutoff = CUTOFF / (SAMPLE_RATE * factor), sum = 0, values[TAPS * LARGEST_FACTOR];
	for (int i = 0; i < taps; i++) {
		double x = i - (taps - 1) / 2.0; // never 0, for there is an even number of taps
		values[i] = sin(2 * M_PI * cutoff * x) / x * (0.54 - 0.46 * cos(2 * M_PI * i / (taps - 1)));
		sum += values[i];
	}
	for (int i = 0; i < taps; i++)
		coefficients[i] = (int16_t)lround(values[i] / sum * ONE);
}

static int16_t filter(const g711 *self, const int16_t *pcm)
{
	int32_t sum = ONE / 2;
	for (uint32_t i = 0; i < self->factor * TAPS; i++)
		sum += self->coefficients[i] * pcm[i];
	sum = sum >= 0 ? sum / ONE : -(-sum / ONE);
	return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

static int encode(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity)
{
	g711 *self = (g711 *)codec;
	uint32_t count = samples / self->factor, history = self->factor * TAPS;
	if (count > capacity || samples > LARGEST_INPUT)
		return -1;
	if (self->factor == 1) {
		for (uint32_t i = 0; i < count; i++)
			out[i] = self->law(pcm[i]);
		return (int)count;
	}
	memcpy(self->line + history, pcm, samples * sizeof *pcm);
	for (uint32_t i = 0; i < count; i++)
		out[i] = self->law(filter(self, self->line + (i + 1) * self->factor));
	memmove(self->line, self->line + samples, history * sizeof *pcm);
	return (int)count;
}

static int set_bitrate(rtc_audio_codec *codec, uint32_t bitsPerSecond)
{
	(void)codec;
	(void)bitsPerSecond;
	return 0;
}

static void destroy(rtc_audio_codec *codec)
{
	free(codec);
}

static int takes(uint32_t sampleRate, uint32_t channels)
{
	return channels == 1 && (sampleRate == 8000 || sampleRate == 16000 || sampleRate == 24000 || sampleRate == 48000);
}

static rtc_audio_codec *make(uint8_t (*law)(int16_t sample), uint32_t sampleRate, uint8_t channels)
{
	if (!takes(sampleRate, channels))
		return NULL;
	g711 *self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	self->law = law;
	self->factor = sampleRate / SAMPLE_RATE;
	if (self->factor > 1)
		rtc_g711_design(self->coefficients, self->factor);
	self->codec = (rtc_audio_codec){.encode = encode, .setBitrate = set_bitrate, .destroy = destroy};
	return &self->codec;
}

static rtc_audio_codec *make_ulaw(uint32_t sampleRate, uint8_t channels, uint32_t bitrate)
{
	(void)bitrate;
	return make(rtc_g711_ulaw, sampleRate, channels);
}

static rtc_audio_codec *make_alaw(uint32_t sampleRate, uint8_t channels, uint32_t bitrate)
{
	(void)bitrate;
	return make(rtc_g711_alaw, sampleRate, channels);
}

static rtc_audio_decoder *make_ulaw_decoder(uint32_t sampleRate, uint8_t channels)
{
	return rtc_g711_make_decoder(rtc_g711_from_ulaw, sampleRate, channels);
}

static rtc_audio_decoder *make_alaw_decoder(uint32_t sampleRate, uint8_t channels)
{
	return rtc_g711_make_decoder(rtc_g711_from_alaw, sampleRate, channels);
}

#define REFUSAL "G.711 takes 8, 16, 24 or 48 kHz, mono"
#define BITRATE 64000

static const rtc_audio_class ulaw = {
	.make = make_ulaw,
	.takes = takes,
	.refusal = REFUSAL,
	.sampleRate = SAMPLE_RATE,
	.bitrate = BITRATE,
	.makeDecoder = make_ulaw_decoder,
};
static const rtc_audio_class alaw = {
	.make = make_alaw,
	.takes = takes,
	.refusal = REFUSAL,
	.sampleRate = SAMPLE_RATE,
	.bitrate = BITRATE,
	.makeDecoder = make_alaw_decoder,
};

const rtc_codec rtc_codec_pcmu = {
	.name = "PCMU", .clockRate = SAMPLE_RATE, .payload = &rtc_payload_whole, .audio = &ulaw};
const rtc_codec rtc_codec_pcma = {
	.name = "PCMA", .clockRate = SAMPLE_RATE, .payload = &rtc_payload_whole, .audio = &alaw};
