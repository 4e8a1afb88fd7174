// SPDX-License-Identifier: Apache-2.0
// A sink that keeps encoded frames in order for whoever reads them. What is read begins with a key frame, and does so
// again after frames were dropped because nobody has read: so it can always be decoded.
#ifndef RTC_FRAME_QUEUE_H
#define RTC_FRAME_QUEUE_H

#include "rtc_frame.h"

#define RTC_FRAME_QUEUE_MOST 16

typedef struct {
	uint64_t frames;        // that were kept
	uint64_t framesDropped; // too many waited, or before a key frame
} rtc_frame_queue_statistics;

typedef struct rtc_frame_queue rtc_frame_queue;

// `most` frames wait, up to RTC_FRAME_QUEUE_MOST: those of a receiver are few, and are not given anew meanwhile.
// `onFrame`: on the source's thread, when there is one and was none before. NULL without memory.
rtc_frame_queue *rtc_frame_queue_new(uint8_t most, void (*onFrame)(void *context), void *context);
rtc_sink *rtc_frame_queue_sink(rtc_frame_queue *queue);
// The oldest, which is the caller's to release. NULL: there is none.
rtc_frame *rtc_frame_queue_read(rtc_frame_queue *queue);
// The caller could not use the one that was read: those that refer to it go, and a key frame is asked for.
void rtc_frame_queue_dropped(rtc_frame_queue *queue);
void rtc_frame_queue_get_statistics(rtc_frame_queue *queue, rtc_frame_queue_statistics *statistics);
// Disconnects it. onFrame is not running, nor will be called, when it returns.
void rtc_frame_queue_close(rtc_frame_queue *queue);

#endif
