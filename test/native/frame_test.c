// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_frame.h"
#include "rtc_frame_reader.h"
#include "rtc_level_meter.h"
#include "rtc_rgb565.h"

typedef struct {
	rtc_sink sink; // first: destroyed through it
	atomic_uint frames, bytes;
	rtc_frame *kept;
} consumer;

static atomic_int living; // consumers and producers

static void consumer_frame(rtc_sink *sink, rtc_frame *frame)
{
	consumer *it = (consumer *)sink;
	atomic_fetch_add(&it->frames, 1);
	atomic_fetch_add(&it->bytes, frame->size);
}

static void consumer_destroy(rtc_sink *sink)
{
	consumer *it = (consumer *)sink;
	rtc_frame_release(it->kept);
	free(it);
	atomic_fetch_sub(&living, 1);
}

static consumer *consumer_new(void)
{
	consumer *it = calloc(1, sizeof *it);
	rtc_sink_init(&it->sink, consumer_destroy, consumer_frame);
	atomic_fetch_add(&living, 1);
	return it;
}

typedef struct {
	rtc_source source;
	atomic_int active, keyFrames;
	atomic_uint bitrate;
} producer;

static void producer_destroy(rtc_source *source)
{
	free(source);
	atomic_fetch_sub(&living, 1);
}

static void producer_active(rtc_source *source, int active)
{
	((producer *)source)->active += active ? 1 : -1;
}

static void producer_key_frame(rtc_source *source)
{
	atomic_fetch_add(&((producer *)source)->keyFrames, 1);
}

static void producer_bitrate(rtc_source *source, uint32_t bitrate)
{
	((producer *)source)->bitrate = bitrate;
}

static producer *producer_new(void)
{
	producer *it = calloc(1, sizeof *it);
	rtc_source_init(&it->source, producer_destroy);
	it->source.active = producer_active;
	it->source.requestKeyFrame = producer_key_frame;
	it->source.setBitrate = producer_bitrate;
	atomic_fetch_add(&living, 1);
	return it;
}

static void a_pool_is_bounded_and_reuses(void **state)
{
	(void)state;
	rtc_frame *frames[3];
	rtc_frame_pool *pool = rtc_frame_pool_new(3, 1001);
	for (int i = 0; i < 3; i++) {
		frames[i] = rtc_frame_pool_get(pool);
		assert_non_null(frames[i]);
		assert_int_equal(frames[i]->capacity, 1001);
		assert_int_equal((uintptr_t)frames[i]->data % 64, 0);
		memset(frames[i]->data, 0xa5, frames[i]->capacity);
		frames[i]->size = 5;
		frames[i]->key = 1;
		frames[i]->planes[0] = frames[i]->data;
	}
	assert_null(rtc_frame_pool_get(pool));
	rtc_frame *second = rtc_frame_retain(frames[1]);
	rtc_frame_release(frames[1]);
	assert_null(rtc_frame_pool_get(pool));
	rtc_frame_release(second);
	rtc_frame *again = rtc_frame_pool_get(pool);
	assert_ptr_equal(again, second);
	assert_int_equal(again->size, 0);
	assert_int_equal(again->key, 0);
	assert_null(again->planes[0]);
	rtc_frame_release(frames[0]);
	rtc_frame_pool_close(pool); // two frames are out still
	rtc_frame_release(again);
	rtc_frame_release(frames[2]);
	rtc_frame_release(NULL);
	rtc_frame_pool_close(NULL);
}

static void a_sink_has_one_source_and_a_source_many_sinks(void **state)
{
	(void)state;
	producer *a = producer_new(), *b = producer_new();
	consumer *sinks[RTC_SOURCE_SINKS + 1];
	for (int i = 0; i <= RTC_SOURCE_SINKS; i++)
		sinks[i] = consumer_new();
	for (int i = 0; i < RTC_SOURCE_SINKS; i++)
		assert_int_equal(rtc_source_connect(&a->source, &sinks[i]->sink), 0);
	assert_int_equal(a->active, 1);
	assert_int_equal(rtc_source_connect(&a->source, &sinks[RTC_SOURCE_SINKS]->sink), ENOSPC);
	assert_int_equal(rtc_source_connect(&b->source, &sinks[0]->sink), EEXIST);
	assert_int_equal(rtc_source_disconnect(&b->source, &sinks[0]->sink), ENOENT);
	assert_int_equal(b->active, 0);

	rtc_frame_pool *pool = rtc_frame_pool_new(1, 10);
	rtc_frame *frame = rtc_frame_pool_get(pool);
	frame->size = 7;
	assert_int_equal(rtc_source_disconnect(&a->source, &sinks[3]->sink), 0);
	assert_int_equal(rtc_source_disconnect(&a->source, &sinks[3]->sink), ENOENT);
	rtc_source_deliver(&a->source, frame);
	for (int i = 0; i <= RTC_SOURCE_SINKS; i++)
		assert_int_equal(sinks[i]->bytes, i == 3 || i == RTC_SOURCE_SINKS ? 0 : 7);
	rtc_frame_release(frame);
	rtc_frame_pool_close(pool);

	rtc_sink_request_key_frame(&sinks[0]->sink);
	rtc_sink_request_key_frame(&sinks[3]->sink); // goes nowhere
	rtc_sink_set_bitrate(&sinks[1]->sink, 123456);
	assert_int_equal(a->keyFrames, 1);
	assert_int_equal(a->bitrate, 123456);

	rtc_sink_disconnect(&sinks[0]->sink);
	rtc_sink_disconnect(&sinks[0]->sink);
	assert_int_equal(a->active, 1);
	rtc_source_disconnect_all(&a->source);
	assert_int_equal(a->active, 0);
	rtc_source_release(&a->source);
	rtc_source_release(&b->source);
	for (int i = 0; i <= RTC_SOURCE_SINKS; i++)
		rtc_sink_release(&sinks[i]->sink);
	assert_int_equal(living, 0);
}

// A connection keeps both ends until it is undone.
static void references_go_in_both_directions(void **state)
{
	(void)state;
	producer *source = producer_new();
	consumer *sink = consumer_new();
	assert_int_equal(rtc_source_connect(&source->source, &sink->sink), 0);
	rtc_source_release(&source->source);
	rtc_sink_release(&sink->sink);
	assert_int_equal(living, 2);
	rtc_sink_request_key_frame(&sink->sink);
	assert_int_equal(source->keyFrames, 1);
	rtc_source_disconnect_all(&source->source);
	assert_int_equal(living, 0);
}

typedef struct {
	producer *producer;
	rtc_frame_pool *pool;
	rtc_format format;
	atomic_int stop;
	atomic_uint delivered;
} stream;

static void *stream_run(void *argument)
{
	stream *it = argument;
	while (!it->stop) {
		rtc_frame *frame = rtc_frame_pool_get(it->pool);
		if (!frame)
			continue;
		frame->size = 3;
		frame->format = it->format;
		rtc_source_deliver(&it->producer->source, frame);
		rtc_frame_release(frame);
		atomic_fetch_add(&it->delivered, 1);
	}
	return NULL;
}

static void *feedback_run(void *argument)
{
	consumer *it = argument;
	for (int i = 0; i < 20000; i++) {
		rtc_sink_request_key_frame(&it->sink);
		rtc_sink_set_bitrate(&it->sink, 1000 + (uint32_t)i);
	}
	return NULL;
}

// Sinks come and go, and speak upstream, while frames flow from two threads.
static void connections_change_while_frames_flow(void **state)
{
	(void)state;
	stream it = {.producer = producer_new(), .pool = rtc_frame_pool_new(4, 64)};
	consumer *steady = consumer_new();
	pthread_t threads[3];
	assert_int_equal(rtc_source_connect(&it.producer->source, &steady->sink), 0);
	pthread_create(&threads[0], NULL, stream_run, &it);
	pthread_create(&threads[1], NULL, stream_run, &it);
	pthread_create(&threads[2], NULL, feedback_run, steady);
	unsigned seen = 0;
	for (int i = 0; i < 2000; i++) {
		consumer *passing = consumer_new();
		assert_int_equal(rtc_source_connect(&it.producer->source, &passing->sink), 0);
		if (i % 100 == 0)
			usleep(1000);
		rtc_sink_disconnect(&passing->sink);
		seen += passing->frames;
		rtc_sink_release(&passing->sink);
	}
	pthread_join(threads[2], NULL);
	it.stop = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_int_equal(steady->frames, it.delivered);
	assert_int_equal(it.producer->keyFrames, 20000);
	assert_true(seen > 0);
	rtc_source_disconnect_all(&it.producer->source);
	rtc_source_release(&it.producer->source);
	rtc_sink_release(&steady->sink);
	rtc_frame_pool_close(it.pool);
	assert_int_equal(living, 0);
}

static void told(void *context)
{
	atomic_fetch_add((atomic_int *)context, 1);
}

static void give(producer *it, rtc_frame_pool *pool, rtc_format format)
{
	rtc_frame *frame = rtc_frame_pool_get(pool);
	assert_non_null(frame);
	frame->format = format;
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
}

// Of two frames a reader keeps one, and gives back the other, whoever reads.
static void a_reader_has_the_newest_picture(void **state)
{
	(void)state;
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(2, 64);
	rtc_frame_reader *reader = rtc_frame_reader_new(told, &news);
	assert_null(rtc_frame_reader_read(reader));
	assert_int_equal(rtc_source_connect(&it->source, rtc_frame_reader_sink(reader)), 0);
	give(it, pool, RTC_FORMAT_I420); // not for JavaScript
	assert_null(rtc_frame_reader_read(reader));
	uint32_t before = 0;
	for (int i = 0; i < 20; i++)
		give(it, pool, RTC_FORMAT_JPEG);
	assert_int_equal(news, 1);
	rtc_frame *frame = rtc_frame_reader_read(reader);
	assert_non_null(frame);
	before = frame->serial;
	give(it, pool, RTC_FORMAT_JPEG);
	assert_int_equal(news, 2);
	rtc_frame *next = rtc_frame_reader_read(reader);
	assert_true(next->serial > before);
	rtc_frame_release(frame);
	rtc_frame_release(next);
	assert_null(rtc_frame_reader_read(reader));
	rtc_frame_reader_statistics statistics;
	rtc_frame_reader_get_statistics(reader, &statistics);
	assert_int_equal(statistics.frames, 21);
	assert_int_equal(statistics.framesDropped, 19);
	give(it, pool, RTC_FORMAT_JPEG); // it is closed with a picture unread
	rtc_frame_reader_close(reader);
	assert_int_equal(it->source.count, 0);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
	assert_int_equal(living, 0);
}

// Raw pictures are tapped as they are captured, some a second.
static void a_tap_has_raw_pictures_at_its_interval(void **state)
{
	(void)state;
	static const uint8_t expected[] = {1, 1, 1, 1, 1, 1, 2, 2, 3, 3};
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(2, 64);
	rtc_frame_reader *reader = rtc_frame_reader_new(told, &news);
	rtc_frame_reader_choose(reader, RTC_FORMAT_I420, 100000);
	assert_int_equal(rtc_source_connect(&it->source, rtc_frame_reader_sink(reader)), 0);
	give(it, pool, RTC_FORMAT_JPEG);
	assert_null(rtc_frame_reader_read(reader));
	unsigned seen = 0;
	uint8_t bytes[64];
	for (uint64_t time = 1000000; time < 2000000; time += 10000) {
		rtc_frame *frame = rtc_frame_pool_get(pool);
		frame->format = RTC_FORMAT_I420;
		frame->time = time;
		frame->width = 3;
		frame->height = 2;
		for (int i = 0; i < 3; i++) { // with room between the rows
			frame->planes[i] = frame->data + 16 * i;
			frame->strides[i] = 8;
			memset(frame->planes[i], i + 1, 16);
		}
		rtc_source_deliver(&it->source, frame);
		rtc_frame_release(frame);
		rtc_frame *read = rtc_frame_reader_read(reader);
		if (!read)
			continue;
		assert_int_equal(rtc_frame_reader_size(reader, read), sizeof expected);
		rtc_frame_reader_write(reader, read, bytes);
		assert_memory_equal(bytes, expected, sizeof expected);
		rtc_frame_release(read);
		seen++;
	}
	rtc_frame_reader_statistics statistics;
	rtc_frame_reader_get_statistics(reader, &statistics);
	assert_true(seen == 10 && statistics.frames == 10 && statistics.framesSpared == 90 && statistics.width == 3);
	rtc_frame *frame = rtc_frame_pool_get(pool); // the source's clock has begun anew
	frame->format = RTC_FORMAT_I420;
	frame->time = 5;
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
	frame = rtc_frame_reader_read(reader);
	assert_non_null(frame);
	rtc_frame_release(frame);
	rtc_frame_reader_close(reader);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
	assert_int_equal(living, 0);
}

// A picture that was taken stays, whatever comes, and holds no place of the pool.
static void a_picture_that_was_taken_leaves_in_parts(void **state)
{
	(void)state;
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(2, 64);
	rtc_frame_reader *reader = rtc_frame_reader_new(told, &news);
	uint8_t part[64];
	assert_int_equal(rtc_source_connect(&it->source, rtc_frame_reader_sink(reader)), 0);
	assert_int_equal(rtc_frame_reader_take(reader), 0);
	assert_int_equal(rtc_frame_reader_copy(reader, 0, part, sizeof part), 0);
	rtc_frame *frame = rtc_frame_pool_get(pool);
	frame->format = RTC_FORMAT_JPEG;
	frame->size = 50;
	for (uint8_t i = 0; i < 50; i++)
		frame->data[i] = i;
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
	assert_int_equal(rtc_frame_reader_take(reader), 50);
	assert_int_equal(rtc_frame_reader_take(reader), 0);
	rtc_frame *both[] = {rtc_frame_pool_get(pool), rtc_frame_pool_get(pool)};
	assert_true(both[0] && both[1]);
	memset(both[0]->data, 0xff, 64);
	memset(both[1]->data, 0xff, 64);
	assert_int_equal(rtc_frame_reader_copy(reader, 0, part, 20), 20);
	assert_int_equal(part[19], 19);
	assert_int_equal(rtc_frame_reader_copy(reader, 40, part, 20), 10);
	assert_int_equal(part[9], 49);
	assert_int_equal(rtc_frame_reader_copy(reader, 50, part, 20), 0);
	assert_int_equal(rtc_frame_reader_copy(reader, UINT32_MAX, part, 20), 0);
	rtc_frame_release(both[0]);
	rtc_frame_release(both[1]);
	give(it, pool, RTC_FORMAT_JPEG); // one that is empty
	assert_int_equal(rtc_frame_reader_take(reader), 0);
	assert_int_equal(rtc_frame_reader_copy(reader, 0, part, 1), 0);
	rtc_frame_reader_close(reader);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
	assert_int_equal(living, 0);
}

static void *read_run(void *argument)
{
	rtc_frame_reader *reader = argument;
	for (int i = 0; i < 20000; i++)
		rtc_frame_release(rtc_frame_reader_read(reader));
	return NULL;
}

static void a_reader_may_close_while_frames_flow(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		stream it = {.producer = producer_new(), .pool = rtc_frame_pool_new(4, 64), .format = RTC_FORMAT_JPEG};
		atomic_int news = 0;
		pthread_t threads[2];
		rtc_frame_reader *reader = rtc_frame_reader_new(told, &news);
		assert_int_equal(rtc_source_connect(&it.producer->source, rtc_frame_reader_sink(reader)), 0);
		pthread_create(&threads[0], NULL, stream_run, &it);
		pthread_create(&threads[1], NULL, read_run, reader);
		pthread_join(threads[1], NULL);
		rtc_frame_reader_close(reader);
		int told = news;
		usleep(1000);
		assert_int_equal(news, told);
		it.stop = 1;
		pthread_join(threads[0], NULL);
		rtc_source_release(&it.producer->source);
		rtc_frame_pool_close(it.pool);
	}
	assert_int_equal(living, 0);
}

static uint16_t pixelOf(uint8_t y, uint8_t u, uint8_t v)
{
	rtc_frame frame = {.format = RTC_FORMAT_I420, .width = 1, .height = 1};
	uint8_t *const planes[] = {&y, &u, &v};
	uint8_t pixel[2];
	memcpy(frame.planes, planes, sizeof planes);
	rtc_rgb565_write(&frame, pixel);
	return (uint16_t)(pixel[0] | pixel[1] << 8);
}

static void colours_are_those_of_the_picture(void **state)
{
	(void)state;
	assert_int_equal(pixelOf(16, 128, 128), 0x0000);
	assert_int_equal(pixelOf(235, 128, 128), 0xffff);
	assert_int_equal(pixelOf(0, 128, 128), 0x0000); // beyond the range
	assert_int_equal(pixelOf(255, 128, 128), 0xffff);
	assert_int_equal(pixelOf(82, 90, 240), 0xf800);  // red
	assert_int_equal(pixelOf(145, 54, 34), 0x07e0);  // green
	assert_int_equal(pixelOf(41, 240, 110), 0x001f); // blue
	assert_int_equal(pixelOf(126, 128, 128), 0x8410);
}

// Of an odd size, and with rows that are longer than its width.
static void a_display_has_its_pictures(void **state)
{
	(void)state;
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(1, 64);
	rtc_frame_reader *reader = rtc_frame_reader_new(told, &news);
	uint8_t pixels[30 + 1];
	rtc_frame_reader_choose(reader, RTC_FORMAT_I420, 0);
	rtc_frame_reader_convert(reader);
	assert_int_equal(rtc_source_connect(&it->source, rtc_frame_reader_sink(reader)), 0);
	rtc_frame *frame = rtc_frame_pool_get(pool);
	frame->format = RTC_FORMAT_I420;
	frame->width = 5;
	frame->height = 3;
	memset(frame->data, 128, 64);
	memset(frame->data, 16, 24);
	frame->data[8 + 4] = 235; // the last of the second row
	frame->data[2 * 8] = 235; // the first of the third
	frame->planes[0] = frame->data;
	frame->planes[1] = frame->data + 24;
	frame->planes[2] = frame->data + 40;
	frame->strides[0] = 8;
	frame->strides[1] = frame->strides[2] = 4;
	frame->planes[1][4 + 2] = 240; // of the third row's last
	frame->planes[2][4 + 2] = 110;
	frame->data[2 * 8 + 4] = 41;
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
	rtc_frame *read = rtc_frame_reader_read(reader);
	assert_int_equal(rtc_frame_reader_size(reader, read), 30);
	pixels[30] = 0xaa;
	rtc_frame_reader_write(reader, read, pixels);
	for (int i = 0; i < 15; i++)
		assert_int_equal(pixels[2 * i] | pixels[2 * i + 1] << 8, i == 9 || i == 10 ? 0xffff : i == 14 ? 0x001f : 0);
	assert_int_equal(pixels[30], 0xaa);
	rtc_frame_release(read);
	rtc_frame_reader_close(reader);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
}

// So many samples, of which each is `value` or its opposite.
static void sound(producer *it, rtc_frame_pool *pool, int16_t value, uint32_t samples, uint8_t channels)
{
	rtc_frame *frame = rtc_frame_pool_get(pool);
	int16_t *pcm = (int16_t *)frame->data;
	frame->format = RTC_FORMAT_PCM;
	frame->sampleRate = 48000;
	frame->samples = samples;
	frame->channels = channels;
	frame->size = samples * channels * 2;
	for (uint32_t i = 0; i < samples * channels; i++)
		pcm[i] = i & 1 ? value : (int16_t)(value == INT16_MIN ? INT16_MIN : -value);
	rtc_source_deliver(&it->source, frame);
	rtc_frame_release(frame);
}

static void a_meter_tells_how_loud_it_is(void **state)
{
	(void)state;
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(1, 960 * 4);
	rtc_level_meter *meter = rtc_level_meter_new(100, told, &news);
	assert_int_equal(rtc_source_connect(&it->source, rtc_level_meter_sink(meter)), 0);
	for (int i = 0; i < 4; i++)
		sound(it, pool, 16384, 960, 1);
	assert_true(news == 0 && rtc_level_meter_get(meter) == 0);
	sound(it, pool, 16384, 960, 1);
	assert_int_equal(news, 1);
	assert_true(rtc_level_meter_get(meter) > 0.4999f && rtc_level_meter_get(meter) < 0.5001f);
	for (int i = 0; i < 10; i++) // two channels have twice as many values, not twice the time
		sound(it, pool, INT16_MIN, 480, 2);
	assert_int_equal(news, 2);
	assert_true(rtc_level_meter_get(meter) == 1);
	for (int i = 0; i < 5; i++) // silence for a fifth of it, in the mean of the squares
		sound(it, pool, i ? 8192 : 0, 960, 1);
	assert_true(news == 3 && rtc_level_meter_get(meter) > 0.2235f && rtc_level_meter_get(meter) < 0.2237f);
	rtc_level_meter_close(meter);
	assert_int_equal(news, 3);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
	assert_int_equal(living, 0);
}

static void a_meter_leaves_out_what_is_no_sound(void **state)
{
	(void)state;
	atomic_int news = 0;
	producer *it = producer_new();
	rtc_frame_pool *pool = rtc_frame_pool_new(1, 64);
	rtc_level_meter *meter = rtc_level_meter_new(50, told, &news);
	assert_int_equal(rtc_source_connect(&it->source, rtc_level_meter_sink(meter)), 0);
	for (int i = 0; i < 6; i++) {
		rtc_frame *frame = rtc_frame_pool_get(pool);
		frame->format = i == 0 ? RTC_FORMAT_I420 : RTC_FORMAT_PCM;
		frame->sampleRate = i == 1 ? 0 : 8000;
		frame->samples = i == 2 ? 0 : i == 3 ? 33 : i == 5 ? UINT32_MAX : 16;
		frame->channels = i == 4 ? 0 : 1;
		frame->size = 64;
		memset(frame->data, 0x7f, 64);
		for (int k = 0; k < 100; k++)
			rtc_source_deliver(&it->source, frame);
		rtc_frame_release(frame);
	}
	assert_true(news == 0 && rtc_level_meter_get(meter) == 0);
	rtc_level_meter_close(meter);
	rtc_source_release(&it->source);
	rtc_frame_pool_close(pool);
}

static void a_meter_may_close_while_sound_flows(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		stream it = {.producer = producer_new(), .pool = rtc_frame_pool_new(4, 64), .format = RTC_FORMAT_PCM};
		atomic_int news = 0;
		pthread_t thread;
		rtc_level_meter *meter = rtc_level_meter_new(50, told, &news);
		assert_int_equal(rtc_source_connect(&it.producer->source, rtc_level_meter_sink(meter)), 0);
		pthread_create(&thread, NULL, stream_run, &it);
		usleep(500);
		rtc_level_meter_close(meter);
		int told = news;
		usleep(500);
		assert_int_equal(news, told);
		it.stop = 1;
		pthread_join(thread, NULL);
		rtc_source_release(&it.producer->source);
		rtc_frame_pool_close(it.pool);
	}
	assert_int_equal(living, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_is_bounded_and_reuses),
		cmocka_unit_test(a_sink_has_one_source_and_a_source_many_sinks),
		cmocka_unit_test(references_go_in_both_directions),
		cmocka_unit_test(connections_change_while_frames_flow),
		cmocka_unit_test(a_reader_has_the_newest_picture),
		cmocka_unit_test(a_picture_that_was_taken_leaves_in_parts),
		cmocka_unit_test(a_tap_has_raw_pictures_at_its_interval),
		cmocka_unit_test(a_reader_may_close_while_frames_flow),
		cmocka_unit_test(colours_are_those_of_the_picture),
		cmocka_unit_test(a_display_has_its_pictures),
		cmocka_unit_test(a_meter_tells_how_loud_it_is),
		cmocka_unit_test(a_meter_leaves_out_what_is_no_sound),
		cmocka_unit_test(a_meter_may_close_while_sound_flows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
