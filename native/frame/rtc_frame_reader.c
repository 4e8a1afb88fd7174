// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_reader.h"

#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"

struct rtc_frame_reader {
	rtc_sink sink; // first
	pthread_mutex_t lock;
	// Guarded by `lock`:
	void (*onFrame)(void *context); // NULL: closed
	void *context;
	rtc_frame *newest;
	rtc_frame_reader_statistics statistics;
	// Of who reads:
	uint8_t *taken;
	uint32_t size;
};

static void sink_destroy(rtc_sink *sink)
{
	rtc_frame_reader *reader = (rtc_frame_reader *)sink;
	rtc_frame_release(reader->newest);
	rtc_free(reader->taken);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_frame_reader *reader = (rtc_frame_reader *)sink;
	if (frame->format != RTC_FORMAT_JPEG)
		return;
	pthread_mutex_lock(&reader->lock);
	rtc_frame *former = reader->newest;
	if (reader->onFrame) {
		reader->newest = rtc_frame_retain(frame);
		reader->statistics.frames++;
		reader->statistics.framesDropped += former != NULL;
		if (!former)
			(*reader->onFrame)(reader->context);
	} else
		former = NULL;
	pthread_mutex_unlock(&reader->lock);
	rtc_frame_release(former);
}

rtc_frame_reader *rtc_frame_reader_new(void (*onFrame)(void *context), void *context)
{
	rtc_frame_reader *reader = calloc(1, sizeof *reader);
	if (!reader)
		return NULL;
	rtc_sink_init(&reader->sink, sink_destroy, sink_frame);
	pthread_mutex_init(&reader->lock, NULL);
	reader->onFrame = onFrame;
	reader->context = context;
	return reader;
}

rtc_sink *rtc_frame_reader_sink(rtc_frame_reader *reader)
{
	return &reader->sink;
}

rtc_frame *rtc_frame_reader_read(rtc_frame_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	rtc_frame *frame = reader->newest;
	reader->newest = NULL;
	pthread_mutex_unlock(&reader->lock);
	return frame;
}

uint32_t rtc_frame_reader_take(rtc_frame_reader *reader)
{
	rtc_frame *frame = rtc_frame_reader_read(reader);
	if (!frame)
		return 0;
	rtc_free(reader->taken);
	reader->taken = rtc_calloc(1, frame->size ? frame->size : 1);
	reader->size = reader->taken ? frame->size : 0;
	if (reader->taken)
		memcpy(reader->taken, frame->data, frame->size);
	else
		rtc_frame_reader_dropped(reader);
	rtc_frame_release(frame);
	return reader->size;
}

uint32_t rtc_frame_reader_copy(rtc_frame_reader *reader, uint32_t from, uint8_t *to, uint32_t most)
{
	if (from >= reader->size)
		return 0;
	uint32_t left = reader->size - from, size = most < left ? most : left;
	memcpy(to, reader->taken + from, size);
	return size;
}

void rtc_frame_reader_dropped(rtc_frame_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->statistics.framesDropped++;
	pthread_mutex_unlock(&reader->lock);
}

void rtc_frame_reader_get_statistics(rtc_frame_reader *reader, rtc_frame_reader_statistics *statistics)
{
	pthread_mutex_lock(&reader->lock);
	*statistics = reader->statistics;
	pthread_mutex_unlock(&reader->lock);
}

void rtc_frame_reader_close(rtc_frame_reader *reader)
{
	rtc_sink_disconnect(&reader->sink);
	pthread_mutex_lock(&reader->lock);
	reader->onFrame = NULL; // a frame may be under way still
	pthread_mutex_unlock(&reader->lock);
	rtc_sink_release(&reader->sink);
}
