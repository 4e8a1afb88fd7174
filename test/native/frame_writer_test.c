// SPDX-License-Identifier: Apache-2.0
// Frames that a program writes go to sinks whole and in order, bounded, and begin with a key frame after each loss.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_frame_writer.h"

static const rtc_codec pictures = {.name = "H264", .isVideo = 1, .clockRate = 90000};
static const rtc_codec sound = {.name = "opus", .clockRate = 48000};

typedef struct {
	rtc_sink sink;
	rtc_frame *kept[4];
	unsigned count, keys, keeps, held;
	uint32_t bytes;
} watcher;

static unsigned wanted;

static void onWanted(void *context)
{
	(void)context;
	wanted++;
}

static void destroySink(rtc_sink *sink)
{
	(void)sink;
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	watcher *it = (watcher *)sink;
	assert_true(frame->format == RTC_FORMAT_ENCODED && frame->codec && frame->time && frame->size);
	it->count++;
	it->keys += frame->key;
	it->bytes += frame->size;
	if (it->held < it->keeps)
		it->kept[it->held++] = rtc_frame_retain(frame);
}

static rtc_frame_writer *begin(const rtc_codec *codec, watcher *it)
{
	memset(it, 0, sizeof *it);
	wanted = 0;
	rtc_sink_init(&it->sink, destroySink, onFrame);
	const rtc_frame_writer_options options = {.codec = codec, .frames = 2, .largest = 8, .onKeyFrameWanted = onWanted};
	rtc_frame_writer *writer = rtc_frame_writer_new(&options);
	assert_non_null(writer);
	return writer;
}

static void end(rtc_frame_writer *writer, watcher *it)
{
	rtc_frame_writer_close(writer);
	assert_int_equal(it->sink.refs, 1);
	while (it->held)
		rtc_frame_release(it->kept[--it->held]); // frames outlive it
	rtc_sink_release(&it->sink);
}

static int put(rtc_frame_writer *writer, uint32_t size, int key)
{
	uint8_t *data = calloc(1, size);
	int error = rtc_frame_writer_write(writer, data, size, key, 0);
	free(data);
	return error;
}

static void framesGoToTheSink(void **unused)
{
	(void)unused;
	watcher it;
	rtc_frame_writer_statistics statistics;
	rtc_frame_writer *writer = begin(&pictures, &it);
	assert_int_equal(put(writer, 4, 1), ENOTCONN);
	assert_int_equal(rtc_source_connect(rtc_frame_writer_source(writer), &it.sink), 0);
	assert_int_equal(wanted, 1);
	assert_int_equal(put(writer, 4, 0), EAGAIN); // it refers to what the sink has not got
	assert_int_equal(wanted, 1);                 // it was asked for already
	assert_int_equal(put(writer, 8, 1), 0);
	assert_int_equal(put(writer, 4, 0), 0);
	rtc_sink_request_key_frame(&it.sink);
	rtc_sink_request_key_frame(&it.sink);
	assert_int_equal(wanted, 2);
	assert_int_equal(put(writer, 4, 0), 0); // until it comes the others go on
	assert_int_equal(put(writer, 4, 1), 0);
	rtc_sink_set_bitrate(&it.sink, 250000);
	rtc_frame_writer_get_statistics(writer, &statistics);
	assert_true(it.count == 4 && it.keys == 2 && it.bytes == 20 && statistics.frames == 4 &&
				statistics.keyFrames == 2 && statistics.bytes == 20 && statistics.framesDropped == 1 &&
				statistics.targetBitrate == 250000);
	end(writer, &it);
}

static void whatIsDroppedIsMissedUntilAKeyFrame(void **unused)
{
	(void)unused;
	watcher it;
	rtc_frame_writer *writer = begin(&pictures, &it);
	rtc_source_connect(rtc_frame_writer_source(writer), &it.sink);
	it.keeps = 2;
	assert_int_equal(put(writer, 4, 1), 0);
	assert_int_equal(put(writer, 4, 0), 0);
	assert_int_equal(put(writer, 4, 0), ENOBUFS); // all are held
	assert_int_equal(wanted, 2);
	rtc_frame_release(it.kept[--it.held]);
	it.keeps = 0;
	assert_int_equal(put(writer, 4, 0), EAGAIN);
	assert_int_equal(put(writer, 4, 1), 0);
	assert_int_equal(put(writer, 9, 0), EMSGSIZE);
	assert_int_equal(put(writer, 0, 0), EAGAIN);
	assert_int_equal(put(writer, 0, 1), EMSGSIZE);
	assert_int_equal(put(writer, 4, 1), 0);
	rtc_source_disconnect(rtc_frame_writer_source(writer), &it.sink);
	rtc_source_connect(rtc_frame_writer_source(writer), &it.sink); // another viewer, from the beginning
	assert_int_equal(put(writer, 4, 0), EAGAIN);
	end(writer, &it);
}

static void soundNeedsNoKey(void **unused)
{
	(void)unused;
	watcher it;
	rtc_frame_writer *writer = begin(&sound, &it);
	rtc_source_connect(rtc_frame_writer_source(writer), &it.sink);
	for (int i = 0; i < 10; i++)
		assert_int_equal(put(writer, 5, 0), 0);
	assert_true(it.count == 10 && !it.keys && !wanted);
	end(writer, &it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framesGoToTheSink),
		cmocka_unit_test(whatIsDroppedIsMissedUntilAKeyFrame),
		cmocka_unit_test(soundNeedsNoKey),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
