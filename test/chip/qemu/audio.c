// SPDX-License-Identifier: Apache-2.0
// 20 ms of sound through each encoder, as the audio thread has them.
#include <stdio.h>
#include <string.h>
#include "chip.h"
#include "rtc_audio_codec.h"

#define RATE 48000
#define SAMPLES (RATE / 50)
#define FRAMES 20
#define CAPACITY 400

static int16_t pcm[SAMPLES];
static uint8_t out[CAPACITY];
static rtc_audio_codec *codec;

// Two tones under noise, so that there is something to encode.
static void sound(unsigned frame)
{
	static uint32_t noise = 1;
	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned t = frame * SAMPLES + i;
		noise = noise * 1664525 + 1013904223;
		int high = (t / 24 & 1) ? 6000 : -6000, low = (t / 120 & 1) ? 5000 : -5000;
		pcm[i] = (int16_t)(high + low + (int16_t)(noise >> 20));
	}
}

static void encode(void *argument)
{
	int size = codec->encode(codec, pcm, SAMPLES, out, CAPACITY);
	CHECK(size > 10 && size <= CAPACITY);
	*(int *)argument = size;
}

static void opus(void)
{
	chip_heap before = chipHeap;
	size_t deepest = 0;
	uint64_t sum = 0;
	int size = 0;
	codec = rtc_codec_opus.audio->make(RATE, 1, 32000);
	CHECK(codec);
	chip_heap_result("opus", chipHeap, before);
	for (unsigned frame = 0; frame < FRAMES; frame++) {
		sound(frame);
		uint64_t begin = chip_instructions();
		encode(&size);
		sum += chip_instructions() - begin;
	}
	chip_result("opus-20ms", sum / FRAMES);
	for (unsigned frame = 0; frame < FRAMES; frame++) {
		sound(frame);
		size_t depth = chip_stack(encode, &size);
		if (depth > deepest)
			deepest = depth;
	}
	chip_result("stack-opus", deepest);
	codec->destroy(codec);
	CHECK(chip_heap_is(before));
}

static void pcmu(void)
{
	chip_heap before = chipHeap;
	int size = 0;
	codec = rtc_codec_pcmu.audio->make(RATE, 1, 0);
	CHECK(codec);
	chip_heap_result("g711", chipHeap, before);
	sound(0);
	uint64_t begin = chip_instructions();
	encode(&size);
	chip_result("g711-20ms", chip_instructions() - begin);
	CHECK(size == 160);
	chip_result("stack-g711", chip_stack(encode, &size));
	codec->destroy(codec);
	CHECK(chip_heap_is(before));
}

int main(void)
{
	opus();
	pcmu();
	printf("done\n");
	return 0;
}
