// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_port.h"

#include <stdio.h>
#include <stdlib.h>

#define BRIGHT 160        // luma of a mark
#define LOUD 2000         // of 32,768
#define PAUSE 300000u     // microseconds without it before the next one
#define EPOCH 2208988800u // 1970 in seconds since 1900

typedef struct {
	rtc_segment segment; // first, for connect()
	rtc_sink sink;
	xsSlot object;
	uint64_t last; // rtc_now() of the newest sample, or picture, that is marked
} marks_record;

static marks_record *recordOf(rtc_sink *sink)
{
	return (marks_record *)((char *)sink - offsetof(marks_record, sink));
}

// What rtc_now() counts, as the wall clock's time.
static uint64_t wallClock(uint64_t time)
{
	uint64_t ntp = rtc_ntp_now(), now = rtc_now();
	uint64_t wall = ((ntp >> 32) - EPOCH) * 1000000 + ((ntp & UINT32_MAX) * 1000000 >> 32);
	return wall - (now - time);
}

static void come(marks_record *it, const char *what, uint64_t time)
{
	if (time - it->last > PAUSE) {
		printf("%s %llu\n", what, (unsigned long long)wallClock(time));
		fflush(stdout);
	}
	it->last = time;
}

static void see(marks_record *it, const rtc_frame *frame)
{
	uint32_t sum = 0;
	for (int i = 0; i < 64; i++)
		sum += frame->planes[0][(frame->height / 2 + i / 8u) * (size_t)frame->strides[0] + frame->width / 2 + i % 8u];
	if (sum / 64 > BRIGHT)
		come(it, "seen", frame->time);
}

static void hear(marks_record *it, const rtc_frame *frame)
{
	const int16_t *pcm = (const int16_t *)frame->data;
	for (uint32_t i = 0; i < frame->samples; i++)
		if (abs(pcm[i * frame->channels]) > LOUD)
			come(it, "heard", frame->time + (uint64_t)i * 1000000 / frame->sampleRate);
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	if (frame->format == RTC_FORMAT_I420)
		see(recordOf(sink), frame);
	else if (frame->format == RTC_FORMAT_PCM)
		hear(recordOf(sink), frame);
}

static void destroySink(rtc_sink *sink)
{
	free(recordOf(sink));
}

static const xsHostHooks hooks = {xs_test_marks_destructor, NULL, NULL};

void xs_test_marks_destructor(void *data)
{
	marks_record *record = data;
	if (!record)
		return;
	rtc_sink_disconnect(&record->sink);
	rtc_sink_release(&record->sink);
}

void xs_test_marks(xsMachine *the)
{
	marks_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	rtc_sink_init(&record->sink, destroySink, onFrame);
	record->segment.sink = &record->sink;
	xsmcSetHostData(xsThis, record);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_test_marks_close(xsMachine *the)
{
	marks_record *record = xsmcGetHostData(xsThis);
	if (!record)
		return;
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_test_marks_destructor(record);
}
