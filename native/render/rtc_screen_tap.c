// SPDX-License-Identifier: Apache-2.0
#include "rtc_screen_tap.h"

#include <string.h>
#include "rtc_port.h"

#define PICTURES 3 // that sinks may hold at once

static uint32_t columns(const rtc_frame *picture, int plane)
{
	return plane ? (picture->width + 1u) / 2 : picture->width;
}

static uint32_t rows(const rtc_frame *picture, int plane)
{
	return plane ? (picture->height + 1u) / 2 : picture->height;
}

static void copy(const rtc_frame *from, rtc_frame *to)
{
	uint8_t *data = to->data;
	for (int plane = 0; plane < 3; plane++) {
		uint32_t width = columns(from, plane), height = rows(from, plane);
		to->planes[plane] = data;
		to->strides[plane] = width;
		for (uint32_t y = 0; y < height; y++, data += width)
			memcpy(data, from->planes[plane] + (size_t)y * from->strides[plane], width);
	}
	to->format = RTC_FORMAT_I420;
	to->width = from->width;
	to->height = from->height;
	to->timestamp = from->timestamp;
	to->size = (uint32_t)(data - to->data);
}

// A place for a copy; pictures may have become larger.
static rtc_frame *placeFor(rtc_screen_tap *tap, const rtc_frame *picture)
{
	uint32_t size = 0;
	for (int plane = 0; plane < 3; plane++)
		size += columns(picture, plane) * rows(picture, plane);
	if (!tap->pool || tap->size < size) {
		rtc_frame_pool_close(tap->pool);
		tap->pool = rtc_frame_pool_new(PICTURES, size);
		tap->size = size;
	}
	return tap->pool ? rtc_frame_pool_get(tap->pool) : NULL;
}

void rtc_screen_tap_give(rtc_screen_tap *tap, rtc_source *source, const rtc_frame *picture)
{
	pthread_mutex_lock(&source->lock);
	int isSeen = source->count > 0;
	pthread_mutex_unlock(&source->lock);
	rtc_frame *frame = isSeen ? placeFor(tap, picture) : NULL;
	if (!frame)
		return;
	copy(picture, frame);
	frame->time = rtc_now();
	rtc_source_deliver(source, frame);
	rtc_frame_release(frame);
}

void rtc_screen_tap_close(rtc_screen_tap *tap)
{
	rtc_frame_pool_close(tap->pool);
	tap->pool = NULL;
}
