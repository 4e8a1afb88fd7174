// SPDX-License-Identifier: Apache-2.0
// ITU-T G.711: logarithmic companding of 8 kHz speech, 8 bits a sample. Both laws write sign, segment and step.
#include "rtc_audio_codec.h"

#include <stdlib.h>

#define SAMPLE_RATE 8000
#define ULAW_BIAS 132   // 33 of the recommendation's 14 bits: it makes segments begin at powers of two
#define ULAW_CLIP 32635 // the largest that the bias does not overflow
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

static int encode_ulaw(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity)
{
	(void)codec;
	if (samples > capacity)
		return -1;
	for (uint32_t i = 0; i < samples; i++)
		out[i] = rtc_g711_ulaw(pcm[i]);
	return (int)samples;
}

static int encode_alaw(rtc_audio_codec *codec, const int16_t *pcm, uint32_t samples, uint8_t *out, uint32_t capacity)
{
	(void)codec;
	if (samples > capacity)
		return -1;
	for (uint32_t i = 0; i < samples; i++)
		out[i] = rtc_g711_alaw(pcm[i]);
	return (int)samples;
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

rtc_audio_codec *rtc_g711_new(rtc_format format, uint32_t sampleRate, uint8_t channels)
{
	if (sampleRate != SAMPLE_RATE || channels != 1)
		return NULL;
	rtc_audio_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->encode = format == RTC_FORMAT_PCMU ? encode_ulaw : encode_alaw;
	codec->setBitrate = set_bitrate;
	codec->destroy = destroy;
	return codec;
}
