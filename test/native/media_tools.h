// SPDX-License-Identifier: Apache-2.0
// For the tests of capture and codec: sinks that keep what comes, a decoder, and a reader of the test card's
// code.
#ifndef MEDIA_TOOLS_H
#define MEDIA_TOOLS_H

#include <libavcodec/avcodec.h>
#include "rtc_frame.h"

// A sink that calls `got` on the source's thread, and counts.
typedef struct test_sink test_sink;
struct test_sink {
	rtc_sink sink; // first
	void (*got)(test_sink *sink, rtc_frame *frame);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint32_t count;
};
void test_sink_init(test_sink *sink, void (*got)(test_sink *sink, rtc_frame *frame), void *context);
uint32_t test_sink_count(test_sink *sink);
// Waits until it got so many. Returns 0 after `milliseconds` without.
int test_sink_wait(test_sink *sink, uint32_t count, uint32_t milliseconds);

typedef struct {
	AVCodecContext *context;
	AVPacket *packet;
	AVFrame *frame;
} test_decoder;
void test_decoder_open(test_decoder *decoder, enum AVCodecID codec);
// Decodes an access unit, without delay; the picture is decoder->frame. Returns whether there is one.
int test_decoder_decode(test_decoder *decoder, const rtc_frame *unit);
void test_decoder_close(test_decoder *decoder);

// Reads the coded frame counter of a picture as README.md of native/capture tells. Returns 0 when it is damaged.
int test_read_code(const uint8_t *luma, int stride, int width, uint32_t *counter, uint32_t *milliseconds);

#endif
