// SPDX-License-Identifier: Apache-2.0
// ITU-T G.711 back to samples, at a multiple of 8 kHz. What is missing is made of the last period of the voice, over
// and over and ever softer, as the recommendation's Appendix I has it in more detail.
#include "rtc_audio_codec.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_PACKET (RTC_AUDIO_DECODED / RTC_G711_FACTOR) // samples of 8 kHz: 120 ms
#define ALAW_EVEN_BITS 0x55
#define ULAW_BIAS 132
#define SHORTEST 40 // samples of a period: 200 Hz to 66 Hz, and twice as high by two of them
#define LONGEST 120
#define COMPARED 80 // samples in which a period is looked for
#define HISTORY (LONGEST + COMPARED)
#define SEAM 32         // samples over which what is made goes over into what came
#define FADING (8 * 60) // samples, after which there is silence

int16_t rtc_g711_from_ulaw(uint8_t code)
{
	code = (uint8_t)~code;
	int magnitude = (((code & 0x0f) << 3) + ULAW_BIAS) << (code >> 4 & 7);
	return (int16_t)(code & 0x80 ? ULAW_BIAS - magnitude : magnitude - ULAW_BIAS);
}

int16_t rtc_g711_from_alaw(uint8_t code)
{
	code ^= ALAW_EVEN_BITS;
	int segment = code >> 4 & 7, magnitude = (code & 0x0f) << 4 | 8;
	if (segment)
		magnitude = (magnitude + 0x100) << (segment - 1);
	return (int16_t)(code & 0x80 ? magnitude : -magnitude);
}

typedef struct {
	rtc_audio_decoder decoder; // first
	int16_t (*law)(uint8_t code);
	uint32_t factor;
	uint8_t channels;
	uint32_t period;          // of what is being made; 0: nothing is
	uint32_t concealed;       // samples since the newest packet
	int16_t history[HISTORY]; // the newest samples
	int16_t coefficients[RTC_G711_TAPS * RTC_G711_FACTOR];
	int16_t line[RTC_G711_TAPS + LARGEST_PACKET]; // the newest samples of before, and these
} g711_decoder;

static void remember(g711_decoder *self, const int16_t *samples, uint32_t count)
{
	if (count >= HISTORY) {
		memcpy(self->history, samples + count - HISTORY, sizeof self->history);
		return;
	}
	memmove(self->history, self->history + count, (HISTORY - count) * sizeof *samples);
	memcpy(self->history + HISTORY - count, samples, count * sizeof *samples);
}

// Of a polyphase filter, the outputs that belong to one input.
static void interpolate(const g711_decoder *self, const int16_t *newest, int16_t *pcm)
{
	for (uint32_t phase = 0; phase < self->factor; phase++) {
		int32_t sum = 0;
		for (int tap = 0; tap < RTC_G711_TAPS; tap++)
			sum += self->coefficients[(uint32_t)tap * self->factor + phase] * newest[-tap];
		sum = (int32_t)((int64_t)sum * (int32_t)self->factor / RTC_G711_ONE);
		int16_t sample = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
		for (uint8_t channel = 0; channel < self->channels; channel++)
			*pcm++ = sample;
	}
}

// Gives out `count` samples that stand in the line after its first RTC_G711_TAPS. Returns those per channel.
static int give(g711_decoder *self, uint32_t count, int16_t *pcm)
{
	int16_t *samples = self->line + RTC_G711_TAPS;
	remember(self, samples, count);
	for (uint32_t i = 0; i < count; i++) {
		if (self->factor > 1)
			interpolate(self, samples + i, pcm);
		else
			for (uint8_t channel = 0; channel < self->channels; channel++)
				pcm[channel] = samples[i];
		pcm += self->factor * self->channels;
	}
	memmove(self->line, self->line + count, RTC_G711_TAPS * sizeof *samples);
	return (int)(count * self->factor);
}

// The period after which the newest samples are the most like what was before.
static uint32_t findPeriod(const g711_decoder *self)
{
	const int16_t *newest = self->history + HISTORY - COMPARED;
	uint32_t best = LONGEST;
	int64_t most = 0;
	for (uint32_t period = SHORTEST; period <= LONGEST; period++) {
		int64_t product = 0, energy = 1;
		for (int i = 0; i < COMPARED; i++) {
			int32_t before = newest[i - (int)period];
			product += before * newest[i] / 256;
			energy += before * before / 256;
		}
		int64_t likeness = product > 0 ? (product / 64) * (product / 64) / (energy / 64 + 1) : 0;
		if (likeness > most) {
			most = likeness;
			best = period;
		}
	}
	return best;
}

// What comes next, were nothing to change: the newest period again, softer.
static int16_t invent(g711_decoder *self, uint32_t index)
{
	uint32_t age = self->concealed + index;
	int32_t sample = self->history[HISTORY - self->period + age % self->period];
	return age < FADING ? (int16_t)(sample * (int32_t)(FADING - age) / FADING) : 0;
}

static int conceal(rtc_audio_decoder *decoder, const uint8_t *next, size_t size, int16_t *pcm, uint32_t samples)
{
	g711_decoder *self = (g711_decoder *)decoder;
	(void)next; // it does not tell of what went before
	(void)size;
	uint32_t count = samples / self->factor;
	int16_t before[HISTORY];
	if (count > LARGEST_PACKET)
		return -1;
	if (!self->period)
		self->period = findPeriod(self);
	for (uint32_t i = 0; i < count; i++)
		self->line[RTC_G711_TAPS + i] = invent(self, i);
	// What is made of is kept as it was.
	memcpy(before, self->history, sizeof before);
	int made = give(self, count, pcm);
	memcpy(self->history, before, sizeof before);
	self->concealed += count;
	return made;
}

static int decode(rtc_audio_decoder *decoder, const uint8_t *data, size_t size, int16_t *pcm, uint32_t capacity)
{
	g711_decoder *self = (g711_decoder *)decoder;
	if (!size || size > LARGEST_PACKET || size * self->factor > capacity)
		return -1;
	int16_t *samples = self->line + RTC_G711_TAPS;
	for (size_t i = 0; i < size; i++)
		samples[i] = self->law(data[i]);
	for (uint32_t i = 0; self->period && i < SEAM && i < size; i++)
		samples[i] = (int16_t)((samples[i] * (int32_t)i + invent(self, i) * (int32_t)(SEAM - i)) / SEAM);
	self->period = self->concealed = 0;
	return give(self, (uint32_t)size, pcm);
}

static void destroy(rtc_audio_decoder *decoder)
{
	free(decoder);
}

rtc_audio_decoder *rtc_g711_make_decoder(int16_t (*law)(uint8_t code), uint32_t sampleRate, uint8_t channels)
{
	uint32_t factor = sampleRate / RTC_G711_RATE;
	if (sampleRate % RTC_G711_RATE || !factor || factor > RTC_G711_FACTOR || channels < 1 || channels > 2)
		return NULL;
	g711_decoder *self = calloc(1, sizeof *self);
	if (!self)
		return NULL;
	self->decoder = (rtc_audio_decoder){.decode = decode, .conceal = conceal, .destroy = destroy};
	self->law = law;
	self->factor = factor;
	self->channels = channels;
	if (factor > 1)
		rtc_g711_design(self->coefficients, factor);
	return &self->decoder;
}
