// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_reader.h"

#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"
#include "rtc_rgb565.h"

struct rtc_frame_reader {
	rtc_sink sink; // first
	rtc_format format;
	uint8_t converts;  // to RGB565
	uint32_t interval; // microseconds
	pthread_mutex_t lock;
	// Guarded by `lock`:
	uint64_t earliest;              // capture time of the next
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

// With the lock held. A source's clock may begin anew.
static int isTooSoon(rtc_frame_reader *reader, uint64_t time)
{
	if (time < reader->earliest && reader->earliest - time <= reader->interval)
		return 1;
	reader->earliest = time + reader->interval;
	return 0;
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_frame_reader *reader = (rtc_frame_reader *)sink;
	if (frame->format != reader->format)
		return;
	pthread_mutex_lock(&reader->lock);
	rtc_frame *former = reader->newest;
	if (isTooSoon(reader, frame->time)) {
		reader->statistics.framesSpared++;
		former = NULL;
	} else if (reader->onFrame) {
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
	reader->format = RTC_FORMAT_JPEG;
	reader->onFrame = onFrame;
	reader->context = context;
	return reader;
}

void rtc_frame_reader_choose(rtc_frame_reader *reader, rtc_format format, uint32_t interval)
{
	reader->format = format;
	reader->interval = interval;
}

void rtc_frame_reader_convert(rtc_frame_reader *reader)
{
	reader->converts = 1;
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
	if (frame) {
		reader->statistics.width = frame->width;
		reader->statistics.height = frame->height;
	}
	pthread_mutex_unlock(&reader->lock);
	return frame;
}

uint32_t rtc_frame_reader_size(const rtc_frame_reader *reader, const rtc_frame *frame)
{
	if (frame->format != RTC_FORMAT_I420)
		return frame->size;
	if (reader->converts)
		return 2u * frame->width * frame->height;
	return (uint32_t)frame->width * frame->height + 2u * ((frame->width + 1u) / 2) * ((frame->height + 1u) / 2);
}

void rtc_frame_reader_write(const rtc_frame_reader *reader, const rtc_frame *frame, uint8_t *to)
{
	if (frame->format != RTC_FORMAT_I420) {
		memcpy(to, frame->data, frame->size);
		return;
	}
	if (reader->converts) {
		rtc_rgb565_write(frame, to);
		return;
	}
	for (int i = 0; i < 3; i++) {
		uint32_t width = i ? (frame->width + 1u) / 2 : frame->width,
				 height = i ? (frame->height + 1u) / 2 : frame->height;
		for (uint32_t y = 0; y < height; y++, to += width)
			memcpy(to, frame->planes[i] + (size_t)y * frame->strides[i], width);
	}
}

uint32_t rtc_frame_reader_take(rtc_frame_reader *reader)
{
	rtc_frame *frame = rtc_frame_reader_read(reader);
	if (!frame)
		return 0;
	rtc_free(reader->taken);
	uint32_t size = rtc_frame_reader_size(reader, frame);
	reader->taken = rtc_calloc(1, size ? size : 1);
	reader->size = reader->taken ? size : 0;
	if (reader->taken)
		rtc_frame_reader_write(reader, frame, reader->taken);
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
