// SPDX-License-Identifier: Apache-2.0
#include "media_tools.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void on_frame(rtc_sink *it, rtc_frame *frame)
{
	test_sink *sink = (test_sink *)it;
	if (sink->got)
		sink->got(sink, frame);
	pthread_mutex_lock(&sink->lock);
	sink->count++;
	pthread_cond_broadcast(&sink->wake);
	pthread_mutex_unlock(&sink->lock);
}

static void on_destroy(rtc_sink *it)
{
	test_sink *sink = (test_sink *)it;
	pthread_cond_destroy(&sink->wake);
	pthread_mutex_destroy(&sink->lock);
}

void test_sink_init(test_sink *sink, void (*got)(test_sink *sink, rtc_frame *frame), void *context)
{
	rtc_sink_init(&sink->sink, on_destroy, on_frame);
	sink->got = got;
	sink->context = context;
	sink->count = 0;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_cond_init(&sink->wake, NULL);
}

uint32_t test_sink_count(test_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	uint32_t count = sink->count;
	pthread_mutex_unlock(&sink->lock);
	return count;
}

int test_sink_wait(test_sink *sink, uint32_t count, uint32_t milliseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	int error = 0;
	pthread_mutex_lock(&sink->lock);
	while (sink->count < count && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&sink->wake, &sink->lock, &until);
	int there = sink->count >= count;
	pthread_mutex_unlock(&sink->lock);
	return there;
}

void test_decoder_open(test_decoder *decoder, enum AVCodecID id)
{
	const AVCodec *codec = avcodec_find_decoder(id);
	decoder->context = avcodec_alloc_context3(codec);
	decoder->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
	decoder->context->thread_count = 1;
	decoder->packet = av_packet_alloc();
	decoder->frame = av_frame_alloc();
	if (avcodec_open2(decoder->context, codec, NULL))
		abort();
}

int test_decoder_decode(test_decoder *decoder, const rtc_frame *unit)
{
	if (av_new_packet(decoder->packet, (int)unit->size))
		return 0;
	for (uint32_t i = 0; i < unit->size; i++)
		decoder->packet->data[i] = unit->data[i];
	int result = avcodec_send_packet(decoder->context, decoder->packet);
	av_packet_unref(decoder->packet);
	return result == 0 && avcodec_receive_frame(decoder->context, decoder->frame) == 0;
}

void test_decoder_close(test_decoder *decoder)
{
	av_frame_free(&decoder->frame);
	av_packet_free(&decoder->packet);
	avcodec_free_context(&decoder->context);
}

static uint64_t read_row(const uint8_t *luma, int stride, int width, int row)
{
	double cell = width / 40.0;
	uint64_t bits = 0;
	for (int column = 0; column < 40; column++) {
		int x = (int)((column + 0.5) * cell), y = (int)((row + 0.5) * cell);
		bits = bits << 1 | (luma[y * stride + x] >= 126);
	}
	return bits;
}

int test_read_code(const uint8_t *luma, int stride, int width, uint32_t *counter, uint32_t *milliseconds)
{
	uint64_t first = read_row(luma, stride, width, 0), second = read_row(luma, stride, width, 1);
	*counter = (uint32_t)first;
	*milliseconds = (uint32_t)(second >> 8);
	// The check is the remainder of the 64 bits, times x^8, by x^8 + x^2 + x + 1.
	unsigned remainder = 0;
	for (int i = 0; i < 72; i++) {
		unsigned bit = i < 32 ? *counter >> (31 - i) & 1 : i < 64 ? *milliseconds >> (63 - i) & 1 : 0;
		remainder = remainder << 1 | bit;
		if (remainder & 0x100)
			remainder ^= 0x107;
	}
	return first >> 32 == 0xB2 && remainder == (second & 0xFF);
}
