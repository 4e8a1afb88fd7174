// SPDX-License-Identifier: Apache-2.0
// A source of encoded frames that somebody writes: a program that has them from elsewhere. Bytes are copied, into
// frames of a pool.
#ifndef RTC_FRAME_WRITER_H
#define RTC_FRAME_WRITER_H

#include "rtc_frame.h"

typedef struct {
	const rtc_codec *codec;
	uint32_t frames;  // that its sinks may hold at once
	uint32_t largest; // bytes of one
	// A sink needs a key frame, or its first sink came: any thread. Not again before one was written.
	void (*onKeyFrameWanted)(void *context);
	void *context;
} rtc_frame_writer_options;

typedef struct {
	uint64_t frames, keyFrames; // that were given to sinks
	uint64_t framesDropped;     // too many are in use, or one before it was dropped, and it is no key frame
	uint64_t bytes;
	uint32_t targetBitrate; // bit/s that its sinks wish for, 0: they do not say
} rtc_frame_writer_statistics;

typedef struct rtc_frame_writer rtc_frame_writer;

rtc_frame_writer *rtc_frame_writer_new(const rtc_frame_writer_options *options); // NULL without memory
rtc_source *rtc_frame_writer_source(rtc_frame_writer *writer);
// Gives a frame to all sinks. `time`: rtc_now() of its first sample; 0: now. 0; ENOTCONN: there is no sink; EAGAIN: a
// key frame is needed first; ENOBUFS, ENOMEM: it was dropped, and a key frame is needed; EMSGSIZE: it is too large, and
// one is needed.
int rtc_frame_writer_write(rtc_frame_writer *writer, const uint8_t *data, uint32_t size, int key, uint64_t time);
void rtc_frame_writer_get_statistics(rtc_frame_writer *writer, rtc_frame_writer_statistics *statistics);
// Disconnects it. onKeyFrameWanted is not running, nor will be called, when it returns.
void rtc_frame_writer_close(rtc_frame_writer *writer);

#endif
