// SPDX-License-Identifier: Apache-2.0
// What is read of a queue can always be decoded: it begins with a key frame, and does so after each loss.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_frame_queue.h"

static const rtc_codec pictures = {.name = "H264", .isVideo = 1, .clockRate = 90000};
static const rtc_codec sound = {.name = "opus", .clockRate = 48000};

typedef struct {
	rtc_source source;
	rtc_frame_pool *pool;
	uint32_t number;
} camera;

static unsigned news, requests;

static void onFrame(void *context)
{
	(void)context;
	news++;
}

static void destroySource(rtc_source *source)
{
	(void)source;
}

static void onRequest(rtc_source *source)
{
	(void)source;
	requests++;
}

static rtc_frame_queue *begin(camera *it, uint8_t most)
{
	memset(it, 0, sizeof *it);
	news = requests = 0;
	rtc_source_init(&it->source, destroySource);
	it->source.requestKeyFrame = onRequest;
	it->pool = rtc_frame_pool_new(32, 16);
	rtc_frame_queue *queue = rtc_frame_queue_new(most, onFrame, NULL);
	assert_int_equal(rtc_source_connect(&it->source, rtc_frame_queue_sink(queue)), 0);
	return queue;
}

static void end(camera *it)
{
	rtc_source_disconnect_all(&it->source);
	assert_int_equal(it->source.refs, 1);
	rtc_source_release(&it->source);
	rtc_frame *all[32];
	for (int i = 0; i < 32; i++) // every frame came back
		assert_non_null(all[i] = rtc_frame_pool_get(it->pool));
	for (int i = 0; i < 32; i++)
		rtc_frame_release(all[i]);
	rtc_frame_pool_close(it->pool);
}

static void film(camera *it, const rtc_codec *codec, int key)
{
	rtc_frame *frame = rtc_frame_pool_get(it->pool);
	assert_non_null(frame);
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = codec;
	frame->key = (uint8_t)key;
	frame->size = 1;
	frame->timestamp = it->number++;
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
}

// The number of the next, -1: there is none.
static int next(rtc_frame_queue *queue)
{
	rtc_frame *frame = rtc_frame_queue_read(queue);
	int number = frame ? (int)frame->timestamp : -1;
	rtc_frame_release(frame);
	return number;
}

static void itBeginsWithAKeyFrame(void **unused)
{
	(void)unused;
	camera it;
	rtc_frame_queue *queue = begin(&it, 4);
	film(&it, &pictures, 0);
	assert_true(next(queue) == -1 && !news);
	film(&it, &pictures, 1);
	film(&it, &pictures, 0);
	assert_true(news == 1 && next(queue) == 1 && next(queue) == 2 && next(queue) == -1);
	film(&it, &pictures, 0);
	assert_true(news == 2 && next(queue) == 3);
	rtc_frame_queue_close(queue);
	end(&it);
}

static void whatIsNotReadGoesUpToAKeyFrame(void **unused)
{
	(void)unused;
	camera it;
	rtc_frame_queue_statistics statistics;
	rtc_frame_queue *queue = begin(&it, 4);
	film(&it, &pictures, 1);
	for (int i = 0; i < 3; i++)
		film(&it, &pictures, 0);
	film(&it, &pictures, 0); // too many: all go
	assert_true(requests == 1 && next(queue) == -1);
	film(&it, &pictures, 0);
	assert_true(requests == 1 && next(queue) == -1);
	film(&it, &pictures, 1);
	for (int i = 0; i < 3; i++)
		film(&it, &pictures, 0);
	film(&it, &pictures, 1); // which needs none of them
	assert_true(requests == 1 && next(queue) == 10 && next(queue) == -1);
	rtc_frame_queue_get_statistics(queue, &statistics);
	assert_true(statistics.frames == 9 && statistics.framesDropped == 10);
	film(&it, &pictures, 0);
	rtc_frame *frame = rtc_frame_queue_read(queue);
	film(&it, &pictures, 0);
	rtc_frame_queue_dropped(queue); // it found no room
	rtc_frame_release(frame);
	assert_true(requests == 2 && next(queue) == -1);
	film(&it, &pictures, 1); // it is closed with one unread
	rtc_frame_queue_close(queue);
	end(&it);
}

static void soundHasNoKeyFrames(void **unused)
{
	(void)unused;
	camera it;
	rtc_frame_queue *queue = begin(&it, 2);
	for (int i = 0; i < 3; i++)
		film(&it, &sound, 0);
	assert_true(next(queue) == 2 && next(queue) == -1 && !requests);
	rtc_frame *raw = rtc_frame_pool_get(it.pool);
	raw->format = RTC_FORMAT_PCM;
	rtc_source_deliver(&it.source, raw);
	rtc_frame_release(raw);
	assert_int_equal(next(queue), -1);
	rtc_frame_queue_close(queue);
	end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(itBeginsWithAKeyFrame),
		cmocka_unit_test(whatIsNotReadGoesUpToAKeyFrame),
		cmocka_unit_test(soundHasNoKeyFrames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
