// SPDX-License-Identifier: Apache-2.0
#include "rtc_level_meter.h"

#include <math.h>
#include <stdlib.h>

struct rtc_level_meter {
	rtc_sink sink;     // first
	uint32_t interval; // microseconds
	pthread_mutex_t lock;
	// Guarded by `lock`:
	void (*heard)(void *context); // NULL: closed
	void *context;
	uint64_t energy; // sum of squares: 2^30 for each value, so that hours have room
	uint64_t values;
	uint32_t measured; // microseconds
	float level;
};

static void sink_destroy(rtc_sink *sink)
{
	rtc_level_meter *meter = (rtc_level_meter *)sink;
	pthread_mutex_destroy(&meter->lock);
	free(meter);
}

static uint64_t energyOf(const int16_t *pcm, uint32_t values)
{
	uint64_t energy = 0;
	for (uint32_t i = 0; i < values; i++)
		energy += (uint32_t)(pcm[i] * pcm[i]);
	return energy;
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_level_meter *meter = (rtc_level_meter *)sink;
	uint32_t values = frame->samples * frame->channels;
	if (frame->format != RTC_FORMAT_PCM || !values || !frame->sampleRate || values > frame->size / sizeof(int16_t))
		return;
	uint64_t energy = energyOf((const int16_t *)frame->data, values);
	pthread_mutex_lock(&meter->lock);
	meter->energy += energy;
	meter->values += values;
	meter->measured += (uint32_t)((uint64_t)frame->samples * 1000000 / frame->sampleRate);
	if (meter->measured >= meter->interval) {
		meter->level = sqrtf((float)meter->energy / (float)meter->values) / 32768;
		meter->energy = meter->values = 0;
		meter->measured = 0;
		if (meter->heard)
			(*meter->heard)(meter->context);
	}
	pthread_mutex_unlock(&meter->lock);
}

rtc_level_meter *rtc_level_meter_new(uint32_t interval, void (*heard)(void *context), void *context)
{
	rtc_level_meter *meter = calloc(1, sizeof *meter);
	if (!meter)
		return NULL;
	rtc_sink_init(&meter->sink, sink_destroy, sink_frame);
	pthread_mutex_init(&meter->lock, NULL);
	meter->interval = interval * 1000;
	meter->heard = heard;
	meter->context = context;
	return meter;
}

rtc_sink *rtc_level_meter_sink(rtc_level_meter *meter)
{
	return &meter->sink;
}

float rtc_level_meter_get(rtc_level_meter *meter)
{
	pthread_mutex_lock(&meter->lock);
	float level = meter->level;
	pthread_mutex_unlock(&meter->lock);
	return level;
}

void rtc_level_meter_close(rtc_level_meter *meter)
{
	rtc_sink_disconnect(&meter->sink);
	pthread_mutex_lock(&meter->lock);
	meter->heard = NULL;
	pthread_mutex_unlock(&meter->lock);
	rtc_sink_release(&meter->sink);
}
