// SPDX-License-Identifier: Apache-2.0
// A sink that keeps the newest picture of a format, JPEG or I420, for whoever reads it: a tap. A picture that another
// one takes the place of is counted, and goes back to its pool: a slow reader holds one at most. It is not copied.
#ifndef RTC_FRAME_READER_H
#define RTC_FRAME_READER_H

#include "rtc_frame.h"

typedef struct rtc_frame_reader rtc_frame_reader;
typedef struct {
	uint64_t frames;        // that came
	uint64_t framesDropped; // that nobody has read
	uint64_t framesSpared;  // that came too soon after one before
	uint16_t width, height; // of the newest that was read
} rtc_frame_reader_statistics;

// At least `interval` microseconds are between the captures of those that are kept. To be called before it is
// connected; default: JPEG, all.
void rtc_frame_reader_choose(rtc_frame_reader *reader, rtc_format format, uint32_t interval);
// To be called with the one before: raw pictures are written as RGB565 (rtc_rgb565.h).
void rtc_frame_reader_convert(rtc_frame_reader *reader);
// `onFrame`: on the source's thread, when there is one and was none before. NULL without memory.
rtc_frame_reader *rtc_frame_reader_new(void (*onFrame)(void *context), void *context);
rtc_sink *rtc_frame_reader_sink(rtc_frame_reader *reader);
// The newest picture, which is the caller's to release. NULL: there is none that has not been read.
rtc_frame *rtc_frame_reader_read(rtc_frame_reader *reader);
// Bytes of a picture that was read, and the picture: a file, of I420 its three planes without anything between, or what
// it is converted to.
uint32_t rtc_frame_reader_size(const rtc_frame_reader *reader, const rtc_frame *frame);
void rtc_frame_reader_write(const rtc_frame_reader *reader, const rtc_frame *frame, uint8_t *to);
// For who gives it on in parts: the newest picture as a copy of its size, which stays until the next one is taken, or
// the reader is closed, and holds no place of a pool meanwhile. Returns its bytes; 0: there is none, or no memory for
// it.
uint32_t rtc_frame_reader_take(rtc_frame_reader *reader);
// Copies of the one that was taken what lies from `from` on, `most` bytes at most. Returns how many.
uint32_t rtc_frame_reader_copy(rtc_frame_reader *reader, uint32_t from, uint8_t *to, uint32_t most);
void rtc_frame_reader_dropped(rtc_frame_reader *reader); // the caller could not use the one that was read
void rtc_frame_reader_get_statistics(rtc_frame_reader *reader, rtc_frame_reader_statistics *statistics);
// Disconnects it. onFrame is not running, nor will be called, when it returns.
void rtc_frame_reader_close(rtc_frame_reader *reader);

#endif
