// SPDX-License-Identifier: Apache-2.0
// What was recorded is read by FFmpeg's demuxer: all of it, with its times, in step, and from a key frame on.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <libavformat/avformat.h>
#include "rtc_audio_codec.h"
#include "rtc_audio_encoder.h"
#include "rtc_capture.h"
#include "rtc_port.h"
#include "rtc_recorder.h"
#include "rtc_video_codec.h"
#include "rtc_video_encoder.h"

#define PATIENCE 10000 // milliseconds
#define LARGEST (4 * 1024 * 1024)

static char file[] = "/tmp/rtc-recorder-XXXXXX";
static atomic_int news, failures, requests;

static void ready(void *context)
{
	(void)context;
	news++;
}

static void failed(void *context, int error)
{
	(void)context;
	failures += error != 0;
}

// ---- pictures and sound that are made by hand

typedef struct {
	rtc_source video, audio;
	rtc_frame_pool *pool;
	rtc_recorder *recorder;
	uint8_t *bytes;
	size_t size;
} bench;

static void destroySource(rtc_source *source)
{
	(void)source;
}

static void requestKey(rtc_source *source)
{
	(void)source;
	requests++;
}

static void open_bench(bench *b, uint32_t capacity, const char *path)
{
	int error;
	memset(b, 0, sizeof *b);
	news = failures = requests = 0;
	const rtc_recorder_options options = {
		.capacity = capacity, .channels = 1, .path = path, .ready = ready, .failed = failed};
	b->recorder = rtc_recorder_new(&options, &error);
	assert_non_null(b->recorder);
	b->pool = rtc_frame_pool_new(2, 256 * 1024);
	b->bytes = malloc(LARGEST);
	rtc_source_init(&b->video, destroySource);
	rtc_source_init(&b->audio, destroySource);
	b->video.requestKeyFrame = requestKey;
	assert_int_equal(rtc_source_connect(&b->video, rtc_recorder_sink(b->recorder, RTC_MP4_VIDEO)), 0);
	assert_int_equal(rtc_source_connect(&b->audio, rtc_recorder_sink(b->recorder, RTC_MP4_AUDIO)), 0);
}

static void close_bench(bench *b)
{
	rtc_recorder_close(b->recorder);
	rtc_frame_pool_close(b->pool);
	rtc_source_release(&b->video);
	rtc_source_release(&b->audio);
	free(b->bytes);
}

static const uint8_t sets[] = {0,    0,    0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80,
							   0xbf, 0xe5, 0, 0, 0,    1,    0x68, 0xce, 0x38, 0x80};

// Of so many bytes behind its parameter sets. `time` is in milliseconds.
static void picture(bench *b, uint64_t time, int key, uint32_t size)
{
	rtc_frame *frame = rtc_frame_pool_get(b->pool);
	assert_non_null(frame);
	if (key) {
		memcpy(frame->data, sets, sizeof sets);
		frame->size = sizeof sets;
	}
	const uint8_t begin[] = {0, 0, 1, key ? 0x65 : 0x41};
	memcpy(frame->data + frame->size, begin, sizeof begin);
	memset(frame->data + frame->size + 4, 0x5a, size);
	frame->size += 4 + size;
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = &rtc_codec_h264;
	frame->key = (uint8_t)key;
	frame->width = 640;
	frame->height = 360;
	frame->time = 5000000 + time * 1000;
	rtc_source_deliver(&b->video, frame);
	rtc_frame_release(frame);
}

static void sound(bench *b, uint64_t time)
{
	rtc_frame *frame = rtc_frame_pool_get(b->pool);
	assert_non_null(frame);
	memset(frame->data, 0x08, 20);
	frame->size = 20;
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = &rtc_codec_opus;
	frame->sampleRate = 48000;
	frame->samples = 960;
	frame->channels = 1;
	frame->time = 5000000 + time * 1000;
	rtc_source_deliver(&b->audio, frame);
	rtc_frame_release(frame);
}

static void drain(bench *b)
{
	size_t size;
	while ((size = rtc_recorder_read(b->recorder, b->bytes + b->size, 1000)))
		b->size += size;
}

// What FFmpeg finds in a file.
typedef struct {
	unsigned packets[2], keys;
	int64_t first[2], last[2]; // microseconds
	int64_t longest[2];        // between two packets
	int goesBack;
} contents;

static contents read_file(const char *path)
{
	contents found = {.first = {-1, -1}};
	AVFormatContext *format = NULL;
	AVPacket *packet = av_packet_alloc();
	assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
	assert_int_equal(format->nb_streams, 2);
	assert_int_equal(format->streams[0]->codecpar->codec_id, AV_CODEC_ID_H264);
	assert_int_equal(format->streams[1]->codecpar->codec_id, AV_CODEC_ID_OPUS);
	while (av_read_frame(format, packet) >= 0) {
		int i = packet->stream_index;
		int64_t time = av_rescale_q(packet->dts, format->streams[i]->time_base, (AVRational){1, 1000000});
		if (found.first[i] < 0) {
			found.first[i] = time;
			assert_true(i || packet->flags & AV_PKT_FLAG_KEY);
		} else if (time - found.last[i] > found.longest[i])
			found.longest[i] = time - found.last[i];
		found.goesBack |= found.packets[i] && time <= found.last[i];
		found.last[i] = time;
		found.packets[i]++;
		found.keys += !i && (packet->flags & AV_PKT_FLAG_KEY);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&format);
	return found;
}

static contents read_bench(bench *b)
{
	FILE *to = fopen(file, "wb");
	assert_int_equal(fwrite(b->bytes, b->size, 1, to), 1);
	fclose(to);
	return read_file(file);
}

static void test_it_begins_with_a_key_frame_and_has_all_after_it(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 262144, NULL);
	picture(&b, 0, 0, 100);
	sound(&b, 0);
	assert_int_equal(requests, 1);
	for (unsigned i = 1; i < 200; i++) {
		picture(&b, i * 40, i % 50 == 1, 500 + i);
		sound(&b, i * 40);
		sound(&b, i * 40 + 20);
		drain(&b);
	}
	rtc_recorder_finish(b.recorder);
	picture(&b, 9000, 1, 10);
	drain(&b);
	rtc_recorder_statistics counted;
	rtc_recorder_get_statistics(b.recorder, &counted);
	assert_int_equal(counted.frames, 199);
	assert_int_equal(counted.framesDropped, 0);
	assert_int_equal(counted.bytes, b.size);
	contents found = read_bench(&b);
	assert_int_equal(found.packets[0], 199);
	assert_int_equal(found.packets[1], 398);
	assert_int_equal(found.keys, 4);
	assert_true(found.first[0] == 0 && found.first[1] == 0 && !found.goesBack);
	assert_in_range(found.last[0], 198 * 40000 - 100, 198 * 40000 + 100);
	assert_in_range(found.last[1], 198 * 40000 + 19900, 198 * 40000 + 20100);
	assert_true(news >= 8 && !failures);
	close_bench(&b);
}

// A reader that is away for a while finds what fits, then a gap, then a key frame.
static void test_a_slow_reader_costs_pictures_and_no_memory(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 32768, NULL);
	for (unsigned i = 0; i < 300; i++) {
		picture(&b, i * 40, i % 50 == 0, 1500);
		sound(&b, i * 40);
		sound(&b, i * 40 + 20);
		if (i < 20 || i > 150)
			drain(&b);
	}
	rtc_recorder_finish(b.recorder);
	drain(&b);
	rtc_recorder_statistics counted;
	rtc_recorder_get_statistics(b.recorder, &counted);
	assert_true(counted.framesDropped > 80 && counted.frames + counted.framesDropped == 300);
	assert_int_equal(counted.packets + counted.packetsDropped, 600);
	contents found = read_bench(&b);
	assert_int_equal(found.packets[0], counted.frames);
	assert_int_equal(found.packets[1], counted.packets);
	assert_true(!found.goesBack && found.longest[0] > 2000000);
	assert_in_range(found.last[0], 299 * 40000 - 100, 299 * 40000 + 100);
	assert_in_range(found.last[1], 299 * 40000 + 19000, 299 * 40000 + 21000);
	assert_true(requests > 0);
	close_bench(&b);
}

static void test_a_picture_that_is_too_large_is_left_out(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 32768, NULL);
	picture(&b, 0, 1, 100);
	picture(&b, 40, 0, 100000);
	picture(&b, 80, 0, 100); // it refers to that one
	drain(&b);
	picture(&b, 120, 1, 100);
	rtc_recorder_finish(b.recorder);
	drain(&b);
	rtc_recorder_statistics counted;
	rtc_recorder_get_statistics(b.recorder, &counted);
	assert_int_equal(counted.frames, 2);
	assert_int_equal(counted.framesDropped, 2);
	assert_int_equal(read_bench(&b).packets[0], 2);
	close_bench(&b);
}

// The last picture that there is room for fills it.
static void test_what_is_a_byte_too_large_is_left_out(void **state)
{
	(void)state;
	enum { ROOM = 32768 - 32768 / 8, HEADS = 26 }; // lengths, parameter sets, and a slice's first byte
	bench b;
	for (uint32_t more = 0; more < 6; more++) {
		open_bench(&b, 32768, NULL);
		picture(&b, 0, 1, ROOM - HEADS + more);
		rtc_recorder_statistics counted;
		rtc_recorder_get_statistics(b.recorder, &counted);
		assert_int_equal(counted.frames, !more);
		assert_int_equal(counted.framesDropped, more > 0);
		close_bench(&b);
	}
}

// Nobody reads until it is over.
static void test_what_waits_at_the_end_is_read(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 262144, NULL);
	for (unsigned i = 0; i < 4; i++) {
		picture(&b, i * 40, i % 2 == 0, 100);
		sound(&b, i * 40);
	}
	rtc_recorder_finish(b.recorder);
	drain(&b);
	contents found = read_bench(&b);
	assert_true(found.packets[0] == 4 && found.packets[1] == 4);
	close_bench(&b);
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// What a track fragment's pictures last, by its timescale (ISO/IEC 14496-12 section 8.8.8); 0: it is of sound.
static uint32_t lasts(const uint8_t *fragment)
{
	uint32_t duration = 0;
	assert_memory_equal(fragment + 8, "tfhd", 4);
	const uint8_t *run = fragment + 4 + 16 + 20 + 4;
	assert_memory_equal(run, "trun", 4);
	for (uint32_t i = 0; i < word(run + 8); i++)
		duration += word(run + 16 + 12 * i);
	return word(fragment + 16) == 1 ? duration : 0;
}

static void test_each_key_frame_begins_a_fragment(void **state)
{
	(void)state;
	bench b;
	unsigned fragments = 0;
	open_bench(&b, 262144, NULL);
	for (unsigned i = 0; i < 10; i++) {
		picture(&b, i * 40, i % 2 == 0, 100);
		sound(&b, i * 40);
		drain(&b);
	}
	rtc_recorder_finish(b.recorder);
	drain(&b);
	for (size_t i = 0; i + 4 <= b.size; i++) {
		uint32_t duration = memcmp(b.bytes + i, "traf", 4) ? 0 : lasts(b.bytes + i);
		// It lasts until the next one begins.
		assert_true(!duration || duration == (fragments < 4 ? 2 * 40 * 90 : 40 * 90 + 90000 / 30));
		fragments += duration > 0;
	}
	assert_int_equal(fragments, 5);
	close_bench(&b);
}

static void test_a_key_frame_is_not_asked_for_with_every_picture(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 32768, NULL);
	for (unsigned i = 0; i < 40; i++)
		picture(&b, i * 40, 0, 100);
	assert_in_range(requests, 1, 10);
	close_bench(&b);
}

// Its clock was set: what follows is as far apart as it was, also in other fragments.
static void test_after_a_leap_of_time_all_goes_on(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 262144, NULL);
	for (unsigned i = 0; i < 10; i++) {
		picture(&b, i * 500 + (i < 5 ? 0 : 1000000), 1, 100);
		sound(&b, i * 500 + (i < 5 ? 0 : 1000000));
		drain(&b);
	}
	rtc_recorder_finish(b.recorder);
	drain(&b);
	contents found = read_bench(&b);
	assert_in_range(found.last[0], 8 * 500000 + 33000, 8 * 500000 + 34000);
	close_bench(&b);
}

// Sound that is far too early is played early, not after what is too long.
static void test_sound_that_is_early_stays_so(void **state)
{
	(void)state;
	static const uint64_t times[] = {0, 20, 40, 45, 65, 85};
	bench b;
	open_bench(&b, 262144, NULL);
	picture(&b, 0, 1, 100);
	for (int i = 0; i < 6; i++)
		sound(&b, times[i]);
	rtc_recorder_finish(b.recorder);
	drain(&b);
	assert_in_range(read_bench(&b).last[1], 84900, 85100);
	close_bench(&b);
}

static void test_hostile_times_never_go_back(void **state)
{
	(void)state;
	static const uint64_t times[] = {0, 40, 20, 20, 100000, 100040, 7, 8, 3600000, 3600040, 1};
	bench b;
	open_bench(&b, 262144, NULL);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		picture(&b, times[i], 1, 100);
		sound(&b, times[i]);
		drain(&b);
	}
	rtc_recorder_finish(b.recorder);
	drain(&b);
	contents found = read_bench(&b);
	assert_int_equal(found.packets[0], 11);
	assert_true(!found.goesBack && found.last[0] < 3000000);
	close_bench(&b);
}

static void test_noise_is_no_recording(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 32768, NULL);
	uint32_t seed = 1;
	for (int i = 0; i < 3000; i++) {
		rtc_frame *frame = rtc_frame_pool_get(b.pool);
		frame->size = (seed = seed * 1664525 + 1013904223) >> 24;
		for (uint32_t k = 0; k < frame->size; k++)
			frame->data[k] = (seed = seed * 1664525 + 1013904223) >> 30 ? 0 : (uint8_t)(seed >> 8 & 0x6f);
		frame->format = RTC_FORMAT_ENCODED;
		frame->codec = &rtc_codec_h264;
		frame->key = 1;
		frame->time = (uint64_t)i * 1000;
		rtc_source_deliver(&b.video, frame);
		rtc_frame_release(frame);
		b.size = 0;
		drain(&b);
	}
	rtc_frame *raw = rtc_frame_pool_get(b.pool); // no encoder has seen it
	raw->format = RTC_FORMAT_I420;
	raw->codec = NULL;
	rtc_source_deliver(&b.video, raw);
	rtc_source_deliver(&b.audio, raw);
	rtc_frame_release(raw);
	close_bench(&b);
}

static void test_files_that_cannot_be_written_are_told(void **state)
{
	(void)state;
	int error = 0;
	const rtc_recorder_options options = {.capacity = 32768, .path = "/no/such/folder/a.mp4", .failed = failed};
	assert_null(rtc_recorder_new(&options, &error));
	assert_int_equal(error, ENOENT);
	bench b;
	open_bench(&b, 32768, "/dev/full");
	for (int i = 0; i < 2000 && !failures; i++) {
		picture(&b, (uint64_t)i * 40, i % 10 == 0, 500);
		usleep(1000);
	}
	assert_int_equal(failures, 1);
	close_bench(&b);
	open_bench(&b, 32768, "/dev/full"); // nor is it waited for until there is much
	picture(&b, 0, 1, 100);
	picture(&b, 40, 1, 100);
	for (int i = 0; i < PATIENCE && !failures; i++)
		usleep(1000);
	assert_int_equal(failures, 1);
	close_bench(&b);
}

// ---- what encoders make

static void onCapture(void *context, const rtc_capture_error *error)
{
	(void)context, (void)error;
}

static void test_a_file_has_the_card_and_the_tone_in_step(void **state)
{
	(void)state;
	int error;
	rtc_capture_error failure;
	rtc_capture_options card = {.width = 320, .height = 240, .framerate = 30, .path = ""};
	rtc_capture_options tone = {.sampleRate = 48000, .channels = 1, .path = ""};
	rtc_capture *camera = rtc_capture_new(rtc_test_card_open(&card, &failure), onCapture, NULL);
	rtc_capture *microphone = rtc_capture_new(rtc_test_tone_open(&tone, &failure), onCapture, NULL);
	rtc_video_encoder_options video = {
		.codec = &rtc_codec_h264, .framerate = 30, .bitrate = 500000, .preference = RTC_VIDEO_KEEP_BOTH};
	rtc_audio_encoder_options audio = {.codec = &rtc_codec_opus, .bitrate = 32000};
	rtc_video_encoder *pictures = rtc_video_encoder_new(&video, &error);
	rtc_audio_encoder *packets = rtc_audio_encoder_new(&audio, &error);
	rtc_source_connect(rtc_capture_source(camera), rtc_video_encoder_sink(pictures));
	rtc_source_connect(rtc_capture_source(microphone), rtc_audio_encoder_sink(packets));
	const rtc_recorder_options options = {.capacity = 262144, .channels = 1, .path = file, .failed = failed};
	failures = 0;
	rtc_recorder *recorder = rtc_recorder_new(&options, &error);
	assert_non_null(recorder);
	rtc_source_connect(rtc_video_encoder_source(pictures), rtc_recorder_sink(recorder, RTC_MP4_VIDEO));
	rtc_source_connect(rtc_audio_encoder_source(packets), rtc_recorder_sink(recorder, RTC_MP4_AUDIO));
	rtc_recorder_statistics counted = {0};
	for (int i = 0; i < PATIENCE && (counted.duration < 2500000 || counted.packets < 100); i++) {
		rtc_recorder_get_statistics(recorder, &counted);
		usleep(1000);
	}
	contents soFar = read_file(file); // it is being written
	rtc_recorder_get_statistics(recorder, &counted);
	rtc_recorder_close(recorder);
	contents found = read_file(file);
	rtc_capture_close(camera);
	rtc_capture_close(microphone);
	rtc_video_encoder_close(pictures);
	rtc_audio_encoder_close(packets);
	assert_int_equal(failures, 0);
	assert_true(soFar.packets[0] > 0 && soFar.packets[0] < found.packets[0]);
	assert_true(found.packets[0] >= counted.frames && found.packets[1] >= counted.packets);
	assert_true(!found.goesBack && found.first[0] == 0 && found.first[1] < 100000);
	int64_t apart = found.last[0] - found.last[1];
	print_message("%u pictures, %u packets; the last are %d ms apart\n", found.packets[0], found.packets[1],
				  (int)(apart / 1000));
	assert_true(apart > -500000 && apart < 500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_begins_with_a_key_frame_and_has_all_after_it),
		cmocka_unit_test(test_a_slow_reader_costs_pictures_and_no_memory),
		cmocka_unit_test(test_a_picture_that_is_too_large_is_left_out),
		cmocka_unit_test(test_what_is_a_byte_too_large_is_left_out),
		cmocka_unit_test(test_what_waits_at_the_end_is_read),
		cmocka_unit_test(test_each_key_frame_begins_a_fragment),
		cmocka_unit_test(test_a_key_frame_is_not_asked_for_with_every_picture),
		cmocka_unit_test(test_after_a_leap_of_time_all_goes_on),
		cmocka_unit_test(test_sound_that_is_early_stays_so),
		cmocka_unit_test(test_hostile_times_never_go_back),
		cmocka_unit_test(test_noise_is_no_recording),
		cmocka_unit_test(test_files_that_cannot_be_written_are_told),
		cmocka_unit_test(test_a_file_has_the_card_and_the_tone_in_step),
	};
	int descriptor = mkstemp(file);
	av_log_set_level(AV_LOG_QUIET);
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	close(descriptor);
	unlink(file);
	return result;
}
