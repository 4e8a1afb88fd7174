// SPDX-License-Identifier: Apache-2.0
// The H.264 encoder: what it makes is decoded again and compared with what went in.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "failing_alloc.h"
#include "media_tools.h"
#include "rtc_capture.h"
#include "rtc_port.h"
#include "rtc_video_codec.h"
#include "rtc_video_encoder.h"

#define PATIENCE 5000 // milliseconds

typedef struct {
	rtc_video_encoder *encoder;
	test_sink output;
	rtc_frame_pool *pool;
	uint16_t width, height;
	uint32_t pushed;
	uint32_t keys, bytes;
	uint64_t keyTimes[64];
	uint8_t lastIsKey;
	rtc_frame *held[16];
	uint32_t holding;
	char failure[96];
	int error;
	uint16_t changedWidth, changedHeight;
	uint32_t changedRate, changes, largest;
	atomic_int failures; // counted on the encoder's thread
} bench;

static void got_unit(test_sink *sink, rtc_frame *unit)
{
	bench *b = sink->context;
	b->bytes += unit->size;
	b->lastIsKey = unit->key;
	if (unit->key && b->keys < 64)
		b->keyTimes[b->keys] = unit->time;
	b->keys += unit->key;
}

static void failed(void *context, int error, const char *message)
{
	bench *b = context;
	b->failures++;
	b->error = error;
	snprintf(b->failure, sizeof b->failure, "%s", message);
}

static void changed(void *context, uint16_t width, uint16_t height, uint32_t framerate)
{
	bench *b = context;
	b->changedWidth = width;
	b->changedHeight = height;
	b->changedRate = framerate;
	b->changes++;
}

static void open_bench_for(bench *b, uint16_t width, uint16_t height, rtc_video_encoder_options options)
{
	memset(b, 0, sizeof *b);
	b->width = width;
	b->height = height;
	b->pool = rtc_frame_pool_new(8, rtc_capture_picture_size(width, height));
	test_sink_init(&b->output, got_unit, b);
	options.codec = &rtc_codec_h264;
	options.framerate = 30;
	options.failed = failed;
	options.changed = changed;
	options.context = b;
	int error;
	b->encoder = rtc_video_encoder_new(&options, &error);
	assert_non_null(b->encoder);
	assert_int_equal(rtc_source_connect(rtc_video_encoder_source(b->encoder), &b->output.sink), 0);
}

static void open_bench(bench *b, uint16_t width, uint16_t height, uint32_t bitrate, uint32_t interval)
{
	open_bench_for(b, width, height,
				   (rtc_video_encoder_options){
					   .bitrate = bitrate, .keyFrameInterval = interval, .preference = RTC_VIDEO_KEEP_BOTH});
}

static void close_bench(bench *b)
{
	rtc_video_encoder_close(b->encoder);
	rtc_frame_pool_close(b->pool);
	rtc_sink_release(&b->output.sink);
}

// A scene of moderate detail that pans, with some noise, as a camera has.
static rtc_frame *scene(bench *b, uint16_t width, uint16_t height)
{
	rtc_frame *frame = rtc_frame_pool_get(b->pool);
	assert_non_null(frame);
	rtc_capture_picture(frame, width, height);
	uint32_t noise = b->pushed * 2654435761u + 1;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			noise = noise * 1664525 + 1013904223;
			int wave = (((x + (int)b->pushed * 3) / 8) ^ (y / 8)) * 7 % 90;
			frame->planes[0][y * (int)frame->strides[0] + x] = (uint8_t)(80 + wave + (noise >> 29));
		}
	memset(frame->planes[1], 118, frame->strides[1] * height / 2);
	memset(frame->planes[2], 138, frame->strides[2] * height / 2);
	frame->time = 1000000 + (uint64_t)b->pushed * 1000000 / 30;
	b->pushed++;
	return frame;
}

static void push_sized(bench *b, uint16_t width, uint16_t height)
{
	rtc_frame *frame = scene(b, width, height);
	rtc_sink *sink = rtc_video_encoder_sink(b->encoder);
	uint32_t before = test_sink_count(&b->output);
	sink->frame(sink, frame);
	rtc_frame_release(frame);
	assert_true(test_sink_wait(&b->output, before + 1, PATIENCE));
}

static void push(bench *b, uint32_t count)
{
	while (count--)
		push_sized(b, b->width, b->height);
}

// ---- the code of the test card survives

typedef struct {
	rtc_video_encoder *encoder;
	test_sink relay, output;
	test_decoder decoder;
	uint32_t next, damaged;
	uint64_t newest;
} code_bench;

// Keeps the capture waiting until the encoder is through, so that no frame is dropped.
static void relay_frame(test_sink *sink, rtc_frame *frame)
{
	code_bench *b = sink->context;
	rtc_sink *input = rtc_video_encoder_sink(b->encoder);
	uint32_t before = test_sink_count(&b->output);
	b->newest = frame->time;
	input->frame(input, frame);
	test_sink_wait(&b->output, before + 1, PATIENCE);
}

static void check_code(test_sink *sink, rtc_frame *unit)
{
	code_bench *b = sink->context;
	uint32_t counter = 0, milliseconds = 0;
	int intact = test_decoder_decode(&b->decoder, unit);
	const AVFrame *picture = b->decoder.frame;
	intact = intact &&
			 test_read_code(picture->data[0], picture->linesize[0], picture->width, &counter, &milliseconds) &&
			 counter == b->next && unit->time == b->newest;
	int32_t stray = (int32_t)(milliseconds - (uint32_t)(rtc_capture_wall_clock(unit->time) / 1000));
	intact = intact && stray >= -1 && stray <= 1; // the two clocks are not read at the same moment
	b->damaged += !intact;
	b->next++;
}

static void finished(void *context, const rtc_capture_error *error)
{
	(void)context;
	(void)error;
}

static void code_survives(uint16_t width, uint16_t height, uint32_t bitrate)
{
	code_bench b = {0};
	test_decoder_open(&b.decoder, AV_CODEC_ID_H264);
	test_sink_init(&b.relay, relay_frame, &b);
	test_sink_init(&b.output, check_code, &b);
	rtc_video_encoder_options options = {
		.codec = &rtc_codec_h264, .framerate = 60, .bitrate = bitrate, .preference = RTC_VIDEO_KEEP_BOTH};
	int error;
	b.encoder = rtc_video_encoder_new(&options, &error);
	rtc_source_connect(rtc_video_encoder_source(b.encoder), &b.output.sink);
	rtc_capture_options card = {.width = width, .height = height, .framerate = 60, .path = ""};
	rtc_capture_error failure;
	rtc_capture *capture = rtc_capture_new(rtc_test_card_open(&card, &failure), finished, NULL);
	rtc_source_connect(rtc_capture_source(capture), &b.relay.sink);
	assert_true(test_sink_wait(&b.output, 60, 4 * PATIENCE));
	rtc_capture_close(capture);
	rtc_video_encoder_close(b.encoder);
	rtc_sink_release(&b.relay.sink);
	rtc_sink_release(&b.output.sink);
	test_decoder_close(&b.decoder);
	assert_true(b.next >= 60);
	assert_int_equal(b.damaged, 0);
}

static void test_code_survives_at_720p(void **state)
{
	(void)state;
	code_survives(1280, 720, 1000000);
}

static void test_code_survives_on_a_device(void **state)
{
	(void)state;
	code_survives(320, 240, 150000);
	code_survives(160, 120, 100000);
}

// ---- key frames

static void check_key_unit(test_sink *sink, rtc_frame *unit)
{
	got_unit(sink, unit);
	if (!unit->key)
		return;
	int types[3] = {0}, found = 0;
	for (uint32_t i = 0; i + 4 < unit->size && found < 3; i++)
		if (unit->data[i] == 0 && unit->data[i + 1] == 0 && unit->data[i + 2] == 1) {
			types[found++] = unit->data[i + 3] & 0x1F;
			if (types[found - 1] == 7) {
				assert_int_equal(unit->data[i + 4], 66);          // baseline
				assert_int_equal(unit->data[i + 5] & 0x40, 0x40); // constrained
				assert_true(unit->data[i + 6] <= 31);             // level 3.1, as 42e01f says
			}
		}
	assert_int_equal(types[0], 7);
	assert_int_equal(types[1], 8);
	assert_int_equal(types[2], 5);
}

static void test_key_frames_bring_parameter_sets(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 1280, 720, 2000000, 0);
	b.output.got = check_key_unit;
	push(&b, 12);
	rtc_video_encoder_request_key_frame(b.encoder);
	push(&b, 12);
	assert_int_equal(b.keys, 2);
	close_bench(&b);
}

static void test_key_frame_comes_with_the_next_frame(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 0);
	push(&b, 2); // a viewer connects just after the camera was opened for it
	assert_int_equal(b.keys, 1);
	for (uint32_t keys = 2; keys < 4; keys++) { // and another with it
		rtc_sink_request_key_frame(&b.output.sink);
		push(&b, 1);
		assert_int_equal(b.keys, keys);
		assert_true(b.lastIsKey);
	}
	close_bench(&b);
}

static void test_key_frames_are_bounded_and_none_is_lost(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 0);
	for (int i = 0; i < 90; i++) { // 3 s in which each frame is asked to be a key frame
		rtc_video_encoder_request_key_frame(b.encoder);
		push(&b, 1);
	}
	assert_in_range(b.keys, 11, 13);
	assert_true(b.keyTimes[2] - b.keyTimes[0] < 100000);
	for (uint32_t i = 3; i < b.keys; i++)
		assert_true(b.keyTimes[i] - b.keyTimes[0] >= (i - 2) * 300000);
	uint32_t before = b.keys;
	push(&b, 10); // the request that was too early is served, once
	assert_int_equal(b.keys, before + 1);
	close_bench(&b);
}

static void test_key_frames_at_an_interval(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 1);
	push(&b, 95);
	assert_int_equal(b.keys, 4);
	close_bench(&b);
}

// ---- bitrate

static double rate_of(bench *b, uint32_t frames)
{
	b->bytes = 0;
	push(b, frames);
	return b->bytes * 8.0 * 30 / frames;
}

static void assert_rate(double rate, double target)
{
	if (rate < target * 0.75 || rate > target * 1.25)
		fail_msg("%.0f bit/s instead of %.0f", rate, target);
}

static void test_bitrate_is_held(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 1280, 720, 2000000, 0);
	assert_rate(rate_of(&b, 150), 2000000);
	rtc_video_encoder_set_bitrate(b.encoder, 500000);
	push(&b, 30); // the rate control settles
	assert_rate(rate_of(&b, 150), 500000);
	rtc_video_encoder_set_bitrate(b.encoder, 1500000);
	rtc_sink_set_bitrate(&b.output.sink, 1000000);
	push(&b, 30);
	assert_rate(rate_of(&b, 90), 1000000);
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b.encoder, &statistics);
	assert_int_equal(statistics.targetBitrate, 1000000);
	assert_int_equal(statistics.framesEncoded, b.pushed);
	assert_int_equal(statistics.framesDropped, 0);
	printf("encoding takes %.2f ms a frame\n", statistics.encodeTime / 1000.0 / statistics.framesEncoded);
	close_bench(&b);
}

static void test_sinks_cannot_exceed_the_limit(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 0);
	rtc_sink_set_bitrate(&b.output.sink, 900000);
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b.encoder, &statistics);
	assert_int_equal(statistics.targetBitrate, 300000);
	close_bench(&b);
}

// ---- sizes

static void test_size_changes(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 640, 480, 500000, 0);
	push_sized(&b, 640, 480);
	push_sized(&b, 320, 240);
	assert_true(b.lastIsKey);
	push_sized(&b, 321, 241); // odd: the last line and column are cut
	assert_false(b.lastIsKey);
	push_sized(&b, 640, 480);
	assert_true(b.lastIsKey);
	assert_int_equal(b.keys, 3);
	close_bench(&b);
}

// ---- fewer and smaller pictures for few bits

// Gives frames without waiting for each: not all of them are encoded. Returns how many were.
static uint32_t push_all(bench *b, uint32_t count)
{
	uint32_t before = test_sink_count(&b->output);
	rtc_sink *sink = rtc_video_encoder_sink(b->encoder);
	rtc_video_encoder_statistics first, was, is;
	rtc_video_encoder_get_statistics(b->encoder, &first);
	is = first;
	while (count--) {
		was = is;
		rtc_frame *frame = scene(b, b->width, b->height);
		sink->frame(sink, frame);
		rtc_frame_release(frame);
		do { // until it has been taken
			usleep(200);
			rtc_video_encoder_get_statistics(b->encoder, &is);
		} while (is.framesEncoded + is.framesSpared == was.framesEncoded + was.framesSpared);
	}
	uint32_t encoded = (uint32_t)(is.framesEncoded - first.framesEncoded); // counted before they are given on
	assert_true(test_sink_wait(&b->output, before + encoded, 10000));
	return test_sink_count(&b->output) - before;
}

static void expect_change(bench *b, uint16_t width, uint16_t height, uint32_t framerate)
{
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b->encoder, &statistics);
	assert_int_equal(b->changedWidth, width);
	assert_int_equal(b->changedHeight, height);
	assert_int_equal(b->changedRate, framerate);
	assert_int_equal(statistics.width, width);
	assert_int_equal(statistics.height, height);
	assert_int_equal(statistics.framerate, framerate);
}

static void test_few_bits_make_fewer_and_smaller_pictures(void **state)
{
	(void)state;
	bench b;
	open_bench_for(&b, 640, 480, (rtc_video_encoder_options){.bitrate = 1000000});
	assert_int_equal(push_all(&b, 30), 30);
	assert_int_equal(b.changes, 0);
	rtc_sink_set_bitrate(&b.output.sink, 180000);
	push_all(&b, 30);
	expect_change(&b, 640, 480, 15);
	assert_int_equal(b.keys, 1); // a rate alone costs none
	assert_in_range(push_all(&b, 30), 14, 16);
	rtc_sink_set_bitrate(&b.output.sink, 80000);
	push_all(&b, 30);
	expect_change(&b, 320, 240, 30);
	assert_int_equal(b.keys, 2);
	rtc_sink_set_bitrate(&b.output.sink, 1000000);
	push_all(&b, 160);
	assert_int_equal(b.changes, 3);
	push_all(&b, 160);
	expect_change(&b, 640, 480, 30);
	close_bench(&b);
}

static uint32_t largest_nal(const rtc_frame *unit)
{
	uint32_t largest = 0, start = 0;
	for (uint32_t i = 3; i <= unit->size; i++) {
		int isCode = i == unit->size || (!unit->data[i - 3] && !unit->data[i - 2] && unit->data[i - 1] == 1);
		if (!isCode)
			continue;
		uint32_t end = i == unit->size ? i : i - 3;
		if (start && end - start > largest)
			largest = end - start;
		start = i;
	}
	return largest;
}

static void check_nals(test_sink *sink, rtc_frame *unit)
{
	bench *b = sink->context;
	b->largest = largest_nal(unit);
	got_unit(sink, unit);
}

static void test_limits_of_sinks_are_kept(void **state)
{
	(void)state;
	bench b;
	open_bench_for(&b, 1280, 720, (rtc_video_encoder_options){.bitrate = 4000000});
	b.output.got = check_nals;
	push_all(&b, 3);
	assert_true(b.largest > 2000);
	rtc_video_encoder_set_limits(b.encoder, &(rtc_video_encoder_limits){.maximumNalSize = 1100});
	for (int i = 0; i < 10; i++) {
		push_all(&b, 1);
		assert_in_range(b.largest, 1, 1100);
	}
	assert_int_equal(b.keys, 2);
	// Level 3: 1,620 macroblocks, 40,500 a second. Level 2.1: 792, 19,800.
	rtc_video_encoder_set_limits(b.encoder, &(rtc_video_encoder_limits){.level = 30});
	push_all(&b, 2);
	expect_change(&b, 640, 360, 30);
	rtc_video_encoder_set_limits(b.encoder, &(rtc_video_encoder_limits){.level = 21});
	push_all(&b, 4);
	assert_true(b.changedWidth * b.changedHeight <= 792 * 256 &&
				b.changedWidth / 16 * b.changedHeight / 16 * b.changedRate <= 19800);
	rtc_video_encoder_set_limits(b.encoder, &(rtc_video_encoder_limits){.level = 0});
	push_all(&b, 2);
	expect_change(&b, 1280, 720, 30);
	close_bench(&b);
}

// ---- layers

typedef struct {
	test_decoder decoder;
	uint8_t most;
	uint32_t seen[RTC_FRAME_LAYERS], decoded;
	uint64_t bytes[RTC_FRAME_LAYERS];
	double error; // of the newest picture that was decoded, a pixel
	rtc_frame *input;
} layer_bench;

static void got_layer(test_sink *sink, rtc_frame *unit)
{
	layer_bench *b = sink->context;
	assert_in_range(unit->layer, 0, RTC_FRAME_LAYERS - 1);
	b->seen[unit->layer]++;
	b->bytes[unit->layer] += unit->size;
	if (unit->layer > b->most || !test_decoder_decode(&b->decoder, unit))
		return;
	const AVFrame *picture = b->decoder.frame;
	uint64_t sum = 0;
	for (int y = 0; y < picture->height; y++)
		for (int x = 0; x < picture->width; x++)
			sum += (uint64_t)abs(picture->data[0][y * picture->linesize[0] + x] -
								 b->input->planes[0][y * (int)b->input->strides[0] + x]);
	b->error = (double)sum / picture->width / picture->height;
	b->decoded++;
}

// Whoever gets the lower layers alone gets whole pictures, of fewer bits.
static void test_layers_can_be_left_out(void **state)
{
	(void)state;
	for (uint8_t most = 0; most < RTC_FRAME_LAYERS; most++) {
		bench b;
		layer_bench layers = {.most = most};
		test_decoder_open(&layers.decoder, AV_CODEC_ID_H264);
		open_bench_for(&b, 640, 480, (rtc_video_encoder_options){.bitrate = 1500000, .policy = RTC_WISH_MEDIAN});
		b.output.got = got_layer;
		b.output.context = &layers;
		for (int i = 0; i < 60; i++) {
			rtc_frame *frame = layers.input = scene(&b, b.width, b.height);
			uint32_t before = test_sink_count(&b.output);
			rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
			sink->frame(sink, frame);
			assert_true(test_sink_wait(&b.output, before + 1, PATIENCE));
			rtc_frame_release(frame);
			assert_true(layers.error < 12);
		}
		uint64_t all = layers.bytes[0] + layers.bytes[1] + layers.bytes[2];
		printf("layers up to %u: %u of 60 pictures; the layers have %u, %u, %u %% of the bits\n", most, layers.decoded,
			   (unsigned)(layers.bytes[0] * 100 / all), (unsigned)(layers.bytes[1] * 100 / all),
			   (unsigned)(layers.bytes[2] * 100 / all));
		assert_int_equal(layers.decoded, most == 0 ? 15 : most == 1 ? 30 : 60);
		close_bench(&b);
		test_decoder_close(&layers.decoder);
	}
}

static void test_impossible_size_is_reported_once(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 64, 64, 500000, 0);
	rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
	for (int i = 0; i < 3; i++) {
		rtc_frame *frame = scene(&b, 14, 14);
		sink->frame(sink, frame);
		rtc_frame_release(frame);
		usleep(20000);
	}
	push_sized(&b, 64, 64);
	assert_int_equal(b.failures, 1);
	assert_int_equal(b.error, ENOTSUP);
	assert_string_equal(b.failure, "the picture is too small");
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b.encoder, &statistics);
	assert_int_equal(statistics.framesDropped, 3);
	close_bench(&b);
}

// All of its own allocations fail for 300 ms: it tells once, goes on when there is memory, and tells of the next
// shortage.
static void test_lack_of_memory_passes(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 128, 64, 500000, 0);
	rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
	for (int shortage = 1; shortage <= 2; shortage++) {
		rtc_frame *pictures[4];
		for (int i = 0; i < 4; i++)
			pictures[i] = scene(&b, (uint16_t)(64 * shortage), 64);
		failing_alloc_start(1, FAILING_ALLOC_REST);
		for (int i = 0; i < 4; i++) {
			sink->frame(sink, pictures[i]);
			usleep(75000);
		}
		failing_alloc_stop();
		for (int i = 0; i < 4; i++)
			rtc_frame_release(pictures[i]);
		assert_int_equal(b.failures, shortage);
		assert_int_equal(b.error, ENOMEM);
		uint32_t before = test_sink_count(&b.output);
		uint64_t start = rtc_now();
		while (test_sink_count(&b.output) == before && rtc_now() - start < PATIENCE * 1000) {
			rtc_frame *frame = scene(&b, (uint16_t)(64 * shortage), 64);
			sink->frame(sink, frame);
			rtc_frame_release(frame);
			usleep(10000);
		}
		assert_true(test_sink_count(&b.output) > before);
		assert_true(b.keys);
		b.keys = 0;
		assert_int_equal(b.failures, shortage);
	}
	close_bench(&b);
}

// ---- flow

static void test_nothing_is_encoded_without_sinks(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 0);
	push(&b, 2);
	rtc_sink_disconnect(&b.output.sink);
	rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
	for (int i = 0; i < 20; i++) {
		rtc_frame *frame = scene(&b, 320, 240);
		sink->frame(sink, frame);
		rtc_frame_release(frame);
	}
	assert_int_equal(rtc_source_connect(rtc_video_encoder_source(b.encoder), &b.output.sink), 0);
	push(&b, 1);
	assert_true(b.lastIsKey); // whoever comes needs one to begin with
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b.encoder, &statistics);
	assert_int_equal(statistics.framesEncoded, 3);
	close_bench(&b);
}

static void test_newest_frames_win(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 1280, 720, 2000000, 0);
	rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
	rtc_frame *frame = scene(&b, 1280, 720);
	for (int i = 0; i < 50; i++)
		sink->frame(sink, frame);
	rtc_frame_release(frame);
	for (int i = 0; i < 500; i++) {
		rtc_video_encoder_statistics statistics;
		rtc_video_encoder_get_statistics(b.encoder, &statistics);
		if (statistics.framesEncoded + statistics.framesDropped == 50) {
			assert_true(statistics.framesDropped > 30);
			close_bench(&b);
			return;
		}
		usleep(10000);
	}
	fail_msg("frames are missing");
}

static void hold_unit(test_sink *sink, rtc_frame *unit)
{
	bench *b = sink->context;
	b->held[b->holding++] = rtc_frame_retain(unit);
}

static void test_output_is_bounded(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 320, 240, 300000, 0);
	b.output.got = hold_unit;
	rtc_sink *sink = rtc_video_encoder_sink(b.encoder);
	for (int i = 0; i < 12; i++) {
		rtc_frame *frame = scene(&b, 320, 240);
		sink->frame(sink, frame);
		rtc_frame_release(frame);
		usleep(50000);
	}
	assert_int_equal(test_sink_count(&b.output), 8); // a sink that keeps all gets no more
	rtc_video_encoder_statistics statistics;
	rtc_video_encoder_get_statistics(b.encoder, &statistics);
	assert_int_equal(statistics.framesDropped, 4);
	while (b.holding)
		rtc_frame_release(b.held[--b.holding]);
	b.output.got = got_unit;
	push(&b, 1);
	assert_int_equal(b.failures, 0);
	close_bench(&b);
}

// ---- JPEG

typedef struct {
	test_decoder decoder;
	rtc_frame *input;
	uint32_t bytes, intact;
	double noise; // of luma, mean square
} jpeg_check;

static void check_jpeg(test_sink *sink, rtc_frame *output)
{
	jpeg_check *b = sink->context;
	assert_int_equal(output->format, RTC_FORMAT_JPEG);
	assert_true(output->key && output->size > 4 && output->data[0] == 0xff && output->data[1] == 0xd8);
	assert_true(test_decoder_decode(&b->decoder, output));
	const AVFrame *picture = b->decoder.frame;
	assert_true(picture->width == b->input->width && picture->height == b->input->height);
	double sum = 0;
	for (int y = 0; y < picture->height; y++)
		for (int x = 0; x < picture->width; x++) {
			int luma = b->input->planes[0][y * (int)b->input->strides[0] + x];
			double difference = picture->data[0][y * picture->linesize[0] + x] - (luma - 16) * 255 / 219.0;
			sum += difference * difference;
		}
	b->noise = sum / (picture->width * picture->height);
	b->bytes = output->size;
	b->intact++;
}

static double psnr_of(uint8_t quality, uint32_t *bytes)
{
	bench b;
	jpeg_check check = {0};
	open_bench(&b, 320, 240, 1000000, 0);
	rtc_video_encoder_options options = {.codec = &rtc_codec_jpeg,
										 .framerate = 30,
										 .bitrate = 1000000,
										 .quality = quality,
										 .preference = RTC_VIDEO_KEEP_BOTH};
	int error;
	rtc_video_encoder *jpeg = rtc_video_encoder_new(&options, &error);
	test_sink output;
	test_sink_init(&output, check_jpeg, &check);
	test_decoder_open(&check.decoder, AV_CODEC_ID_MJPEG);
	rtc_source_connect(rtc_video_encoder_source(jpeg), &output.sink);
	rtc_frame_release(scene(&b, 320, 240)); // the next is not in step with the blocks
	check.input = scene(&b, 320, 240);
	rtc_sink *sink = rtc_video_encoder_sink(jpeg);
	sink->frame(sink, check.input);
	assert_true(test_sink_wait(&output, 1, PATIENCE));
	rtc_video_encoder_close(jpeg);
	rtc_frame_release(check.input);
	test_decoder_close(&check.decoder);
	rtc_sink_release(&output.sink);
	close_bench(&b);
	*bytes = check.bytes;
	return 10 * log10(255 * 255 / check.noise);
}

static void test_jpeg_is_like_the_picture(void **state)
{
	(void)state;
	uint32_t bytes[3];
	double coarse = psnr_of(1, &bytes[0]), usual = psnr_of(0, &bytes[1]), fine = psnr_of(100, &bytes[2]);
	print_message("quality 1, 75, 100: %.1f, %.1f, %.1f dB; %u, %u, %u bytes\n", coarse, usual, fine,
				  (unsigned)bytes[0], (unsigned)bytes[1], (unsigned)bytes[2]);
	assert_true(coarse > 20 && usual > 28 && fine > 40);
	assert_true(bytes[0] < bytes[1] && bytes[1] < bytes[2]);
}

// Of 60 pictures in two seconds 20 are made, however their source trembles.
static void test_jpeg_keeps_to_its_rate(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 64, 48, 1000000, 0);
	rtc_video_encoder_options options = {
		.codec = &rtc_codec_jpeg, .framerate = 10, .bitrate = 1000000, .preference = RTC_VIDEO_KEEP_BOTH};
	int error;
	rtc_video_encoder *jpeg = rtc_video_encoder_new(&options, &error);
	rtc_video_encoder_statistics statistics = {0};
	test_sink output;
	test_sink_init(&output, NULL, NULL);
	rtc_source_connect(rtc_video_encoder_source(jpeg), &output.sink);
	rtc_sink *sink = rtc_video_encoder_sink(jpeg);
	for (uint32_t i = 0; i < 60; i++) {
		rtc_frame *frame = scene(&b, 64, 48);
		frame->time += i % 3 * 4000;
		sink->frame(sink, frame);
		rtc_frame_release(frame);
		for (int wait = 0; wait < PATIENCE; wait++) {
			rtc_video_encoder_get_statistics(jpeg, &statistics);
			if (statistics.framesEncoded + statistics.framesSpared > i)
				break;
			usleep(1000);
		}
	}
	assert_int_equal(statistics.framesDropped, 0);
	assert_in_range(statistics.framesEncoded, 19, 21);
	rtc_video_encoder_close(jpeg);
	rtc_sink_release(&output.sink);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_survives_at_720p),
		cmocka_unit_test(test_code_survives_on_a_device),
		cmocka_unit_test(test_key_frames_bring_parameter_sets),
		cmocka_unit_test(test_key_frame_comes_with_the_next_frame),
		cmocka_unit_test(test_key_frames_are_bounded_and_none_is_lost),
		cmocka_unit_test(test_key_frames_at_an_interval),
		cmocka_unit_test(test_bitrate_is_held),
		cmocka_unit_test(test_sinks_cannot_exceed_the_limit),
		cmocka_unit_test(test_size_changes),
		cmocka_unit_test(test_few_bits_make_fewer_and_smaller_pictures),
		cmocka_unit_test(test_limits_of_sinks_are_kept),
		cmocka_unit_test(test_layers_can_be_left_out),
		cmocka_unit_test(test_impossible_size_is_reported_once),
		cmocka_unit_test(test_lack_of_memory_passes),
		cmocka_unit_test(test_nothing_is_encoded_without_sinks),
		cmocka_unit_test(test_newest_frames_win),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_jpeg_is_like_the_picture),
		cmocka_unit_test(test_jpeg_keeps_to_its_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
