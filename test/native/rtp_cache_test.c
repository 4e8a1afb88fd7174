// SPDX-License-Identifier: Apache-2.0
// The cache of payloads: a frame is cut once for each form, what is overwritten is no longer there, and any number of
// sources give back what they put in.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "numbers.h"
#include "rtc_payload.h"
#include "rtc_rtp_cache.h"

#define BYTES 65536
#define LARGEST 20000
#define SEEDS 1000

static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
static const rtc_codec pcm = {.name = "PCMU", .clockRate = 8000, .payload = &rtc_payload_whole};

typedef struct {
	rtc_frame frame;
	uint8_t data[LARGEST];
	rtc_rtp_cut cut;
} picture;

static rtc_rtp_cache *begin(void)
{
	int error;
	assert_int_equal(rtc_rtp_cache_configure(BYTES, 1000), 0);
	rtc_rtp_cache *cache = rtc_rtp_cache_retain(&error);
	assert_true(cache && !error && rtc_rtp_cache_bytes(cache) == BYTES);
	return cache;
}

static void end(rtc_rtp_cache *cache)
{
	rtc_rtp_cache_release(cache);
	assert_int_equal(rtc_rtp_cache_configure(RTC_RTP_CACHE_BYTES, RTC_RTP_CACHE_MILLISECONDS), 0);
}

static void draw(picture *it, uint32_t serial, uint32_t size)
{
	static const uint8_t start[] = {0, 0, 0, 1, 0x65};
	memset(it->data, (int)(0x80 | serial), size);
	memcpy(it->data, start, sizeof start);
	it->frame = (rtc_frame){.data = it->data, .size = size, .serial = serial, .codec = &h264};
}

// The bytes of the slice that are in the payloads from the cut on, FU-A's two apart; -1: something was overwritten.
static int64_t read(rtc_rtp_cache *cache, const picture *it)
{
	uint8_t payload[1200];
	uint32_t position = it->cut.position;
	int64_t bytes = 0;
	rtc_rtp_cache_hold(cache);
	for (uint16_t i = 0; i < it->cut.count && bytes >= 0; i++) {
		size_t size = rtc_rtp_cache_read(cache, position, payload, &position);
		for (size_t j = 2; j < size; j++)
			assert_int_equal(payload[j], it->data[10]);
		bytes = size ? bytes + (int64_t)size - 2 : -1;
	}
	rtc_rtp_cache_let(cache);
	return bytes;
}

static void aFrameIsCutOnceForEachForm(void **unused)
{
	(void)unused;
	static picture one, other;
	rtc_rtp_cache *cache = begin();
	rtc_rtp_cut again;
	draw(&one, 1, 10005);
	draw(&other, 2, 5005);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 1, 1100, &one.cut), 0);
	assert_int_equal(rtc_rtp_cache_cut(cache, &other.frame, 1, 1100, &other.cut), 0);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 1, 1100, &again), 0);
	assert_memory_equal(&again, &one.cut, sizeof again);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 1, 600, &again), 0);
	assert_true(again.position != one.cut.position && again.count > one.cut.count);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 0, 1100, &again),
					 EMSGSIZE); // one NAL unit a packet
	assert_true(read(cache, &one) == 10000 && read(cache, &other) == 5000);
	draw(&one, 3, 505);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 0, 1100, &one.cut), 0);
	one.frame.codec = &pcm; // another codec's frame of the same number
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 0, 1100, &again), 0);
	assert_true(again.count == 1 && again.bytes == 505 && again.position != one.cut.position);
	end(cache);
}

static void whatWasOverwrittenIsCutAgain(void **unused)
{
	(void)unused;
	static picture one, other;
	rtc_rtp_cache *cache = begin();
	draw(&one, 1, 15005);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 1, 1100, &one.cut), 0);
	for (uint32_t serial = 2; serial < 5; serial++) {
		draw(&other, serial, 19005);
		assert_int_equal(rtc_rtp_cache_cut(cache, &other.frame, 1, 1100, &other.cut), 0);
	}
	assert_int_equal(read(cache, &one), -1);
	assert_int_equal(rtc_rtp_cache_cut(cache, &one.frame, 1, 1100, &one.cut), 0);
	assert_int_equal(read(cache, &one), 15000);
	end(cache);
}

static void whatIsTooLargeIsRefused(void **unused)
{
	(void)unused;
	rtc_rtp_cache *cache = begin();
	uint8_t *data = calloc(1, BYTES);
	rtc_frame frame = {.data = data, .size = BYTES / 2 + 1, .codec = &pcm};
	rtc_rtp_cut cut;
	assert_int_equal(rtc_rtp_cache_cut(cache, &frame, 0, 1100, &cut), EMSGSIZE);
	data[2] = 1;
	data[3] = 0x65;
	data[BYTES / 2] = 1;
	frame.codec = &h264;
	assert_int_equal(rtc_rtp_cache_cut(cache, &frame, 1, 1100, &cut), ENOBUFS);
	frame.size = BYTES / 2;
	data[BYTES / 2 - 1] = 1;
	assert_int_equal(rtc_rtp_cache_cut(cache, &frame, 1, 1100, &cut), 0);
	free(data);
	end(cache);
}

// Frames of any size: what of the newest bytes is there is whole, and no older frame is taken for another.
static void anyFrames(void **unused)
{
	(void)unused;
	static picture kept[8];
	uint8_t payload[1200];
	uint32_t next;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		rtc_rtp_cache *cache = begin();
		state = seed * 2654435761u;
		memset(kept, 0, sizeof kept);
		for (uint32_t serial = 1; serial <= 40; serial++) {
			picture *it = &kept[serial % 8];
			uint32_t size = 1200 + below(LARGEST - 1200);
			draw(it, serial, size);
			assert_int_equal(rtc_rtp_cache_cut(cache, &it->frame, 1, (uint16_t)(200 + below(900)), &it->cut), 0);
			assert_int_equal(read(cache, it), size - 5);
			const picture *older = &kept[below(8)];
			if (older->cut.count && below(4) == 0) {
				int64_t bytes = read(cache, older);
				assert_true(bytes == -1 || bytes == older->frame.size - 5);
			}
			rtc_rtp_cache_hold(cache);
			assert_int_equal(rtc_rtp_cache_read(cache, it->cut.position + 1, payload, &next), 0);
			rtc_rtp_cache_let(cache);
		}
		end(cache);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aFrameIsCutOnceForEachForm),
		cmocka_unit_test(whatWasOverwrittenIsCutAgain),
		cmocka_unit_test(whatIsTooLargeIsRefused),
		cmocka_unit_test(anyFrames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
