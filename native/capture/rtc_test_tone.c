// SPDX-License-Identifier: Apache-2.0
// A beep of 1 kHz in the first 100 ms of each second of the wall clock, in step with the test card's lamp; else
// silence. As a microphone it gives 20 ms when they are over, never what is still to come.
#include "rtc_capture.h"
#include "rtc_port.h"

#include <math.h>
#include <stdlib.h>

#define FRAMES 8
#define BEEP 100000u     // microseconds
#define RAMP 5000u       // microseconds of its rise and fall, against clicks
#define FREQUENCY 1000.0 // Hz
#define AMPLITUDE 8192.0 // -12 dBFS
#define LATE 200000      // microseconds
#define PERIOD (1000000u / RTC_AUDIO_FRAMES_PER_SECOND)

typedef struct {
	rtc_capture_device device; // first
	rtc_frame_pool *pool;
	uint32_t sampleRate;
	uint32_t samples; // of a frame
	uint8_t channels;
	uint64_t begin; // rtc_now() of the first frame
	uint64_t count; // frames since
} test_tone;

static int16_t sample_at(uint64_t wallClock)
{
	uint32_t phase = (uint32_t)(wallClock % 1000000);
	if (phase >= BEEP)
		return 0;
	uint32_t edge = phase < BEEP - phase ? phase : BEEP - phase;
	double level = edge < RAMP ? AMPLITUDE * edge / RAMP : AMPLITUDE;
	return (int16_t)lrint(level * sin(2 * M_PI * FREQUENCY * phase / 1e6));
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	(void)capture;
	(void)error;
	test_tone *tone = (test_tone *)device;
	tone->begin = rtc_now();
	tone->count = 0;
	return RTC_CAPTURE_OK;
}

static void synthesize(const test_tone *tone, rtc_frame *frame)
{
	int16_t *out = (int16_t *)frame->data;
	uint64_t wallClock = rtc_capture_wall_clock(frame->time);
	for (uint32_t i = 0; i < tone->samples; i++) {
		int16_t sample = sample_at(wallClock + (uint64_t)i * 1000000 / tone->sampleRate);
		for (uint8_t channel = 0; channel < tone->channels; channel++)
			*out++ = sample;
	}
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	(void)error;
	test_tone *tone = (test_tone *)device;
	uint64_t due = tone->begin + (tone->count + 1) * PERIOD;
	if (!rtc_capture_wait(capture, due))
		return RTC_CAPTURE_OK;
	tone->count++;
	rtc_frame *pcm = rtc_now() - due > LATE ? NULL : rtc_frame_pool_get(tone->pool);
	if (!pcm) {
		rtc_capture_dropped(capture);
		return RTC_CAPTURE_OK;
	}
	pcm->format = RTC_FORMAT_PCM;
	pcm->time = due - PERIOD;
	pcm->sampleRate = tone->sampleRate;
	pcm->samples = tone->samples;
	pcm->channels = tone->channels;
	pcm->size = pcm->capacity;
	synthesize(tone, pcm);
	*frame = pcm;
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	test_tone *tone = (test_tone *)device;
	rtc_frame_pool_close(tone->pool);
	free(tone);
}

rtc_capture_device *rtc_test_tone_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	uint32_t samples = options->sampleRate / RTC_AUDIO_FRAMES_PER_SECOND;
	test_tone *tone = calloc(1, sizeof *tone);
	if (tone)
		tone->pool = rtc_frame_pool_new(FRAMES, samples * options->channels * sizeof(int16_t));
	if (!tone || !tone->pool) {
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		free(tone);
		return NULL;
	}
	tone->device = (rtc_capture_device){.start = start, .next = next, .destroy = destroy};
	tone->sampleRate = options->sampleRate;
	tone->samples = samples;
	tone->channels = options->channels;
	return &tone->device;
}
