// SPDX-License-Identifier: Apache-2.0
// Each codec of pictures: the test card is encoded, cut to payloads, put together again, decoded, and read.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "media_tools.h"
#include "rtc_capture.h"
#include "rtc_depacketizer.h"
#include "rtc_payload.h"
#include "rtc_picture_decoder.h"
#include "rtc_port.h"
#include "rtc_video_codec.h"

#define WIDTH 320
#define HEIGHT 240
#define RATE 30
#define MOST 1100   // bytes of a payload
#define PSNR 30.0   // dB, of luma
#define ROOM 120000 // bytes of an access unit

// libx265 (3.5) gives some of what it took never back.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libx265";
}

typedef struct {
	const rtc_codec *codec;
	rtc_video_codec *encoder;
	rtc_picture_decoder *decoder;
	rtc_unit unit;
	rtc_frame_pool *pictures, *units;
	uint32_t number, bytes, keys, packets;
	uint32_t noise; // of the pictures, 0: none
} chain;

static void begin(chain *it, const rtc_codec *codec, uint32_t bitrate)
{
	int error;
	const char *message;
	const rtc_video_codec_options options = {
		.width = WIDTH, .height = HEIGHT, .framerate = RATE, .bitrate = bitrate, .layers = 1};
	memset(it, 0, sizeof *it);
	it->codec = codec;
	it->encoder = codec->video->make(&options, &error, &message);
	it->decoder = rtc_picture_decoder_new(codec);
	it->pictures = rtc_frame_pool_new(1, rtc_capture_picture_size(WIDTH, HEIGHT));
	it->units = rtc_frame_pool_new(2, ROOM);
	assert_true(it->encoder && it->decoder && it->pictures && it->units);
}

static void end(chain *it)
{
	it->codec->video->destroy(it->encoder);
	rtc_picture_decoder_free(it->decoder);
	rtc_frame_pool_close(it->pictures);
	rtc_frame_pool_close(it->units);
}

// Waves that move, with noise where a rate is to be filled.
static rtc_frame *draw(chain *it)
{
	rtc_frame *picture = rtc_frame_pool_get(it->pictures);
	rtc_capture_picture(picture, WIDTH, HEIGHT);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			uint32_t noise = it->noise ? (it->noise = it->noise * 1664525 + 1013904223) >> 28 : 0;
			picture->planes[0][y * (int)picture->strides[0] + x] =
				(uint8_t)(118 + 60 * sin((x + 3 * (int)it->number) / 9.0) + 40 * sin(y / 13.0) + noise);
		}
	memset(picture->planes[1], 100 + (int)it->number % 50, picture->strides[1] * HEIGHT / 2);
	memset(picture->planes[2], 140, picture->strides[2] * HEIGHT / 2);
	picture->time = 1000000 + (uint64_t)it->number++ * 1000000 / RATE;
	return picture;
}

static double psnr(const rtc_frame *one, const rtc_frame *other)
{
	double sum = 0;
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			int difference =
				one->planes[0][y * (int)one->strides[0] + x] - other->planes[0][y * (int)other->strides[0] + x];
			sum += difference * difference;
		}
	return 10 * log10(255.0 * 255 * WIDTH * HEIGHT / (sum + 1));
}

// What the depacketizer makes of what the packetizer makes of a unit.
static void carry(chain *it, const rtc_frame *sent, rtc_frame *received)
{
	const rtc_payload_format *format = it->codec->payload;
	rtc_payload_state state;
	int last = 0, isFirst = 1;
	assert_int_equal(format->begin(&state, sent->data, sent->size, format->modes - 1, MOST), 0);
	rtc_unit_begin(&it->unit, received->data, received->capacity);
	while (!last) {
		uint8_t *payload = malloc(MOST); // of exact size, for the sanitizer
		size_t size = format->next(&state, payload, &last);
		assert_true(size && size <= MOST);
		payload = realloc(payload, size);
		assert_true(!format->depacketizer->beginsKey(payload, size) == !(sent->key && isFirst) || !isFirst);
		assert_int_equal(format->depacketizer->append(&it->unit, payload, size), 0);
		free(payload);
		isFirst = 0;
		it->packets++;
	}
	assert_int_equal(format->depacketizer->end(&it->unit), 0);
	received->size = it->unit.size;
	received->key = it->unit.isKey;
	assert_true(it->unit.hasPicture && received->key == sent->key);
}

static double film(chain *it, int key)
{
	rtc_frame *picture = draw(it), *sent = rtc_frame_pool_get(it->units), *received = rtc_frame_pool_get(it->units);
	rtc_frame shown = {.format = RTC_FORMAT_I420};
	assert_int_equal(it->codec->video->encode(it->encoder, picture, key, sent), 0);
	assert_true(sent->size && (!key || sent->key));
	carry(it, sent, received);
	received->codec = it->codec;
	assert_int_equal(rtc_picture_decoder_decode(it->decoder, received, &shown), 1);
	assert_true(shown.width == WIDTH && shown.height == HEIGHT);
	it->bytes += sent->size;
	it->keys += sent->key;
	double quality = psnr(picture, &shown);
	rtc_frame_release(picture);
	rtc_frame_release(sent);
	rtc_frame_release(received);
	return quality;
}

static void picturesSurvive(const rtc_codec *codec)
{
	chain it;
	double worst = 100;
	begin(&it, codec, 1000000);
	for (int i = 0; i < 60; i++) {
		double quality = film(&it, i == 0 || i == 30);
		worst = quality < worst ? quality : worst;
	}
	print_message("%s: %.1f dB at least, %u packets, %u bytes\n", codec->name, worst, it.packets, it.bytes);
	assert_true(worst > PSNR && it.keys == 2 && it.packets > 60);
	assert_in_range(it.bytes, 20000, 2 * 1000000 / 8 * 3 / 2);
	end(&it);
}

static void h264Survives(void **unused)
{
	(void)unused;
	picturesSurvive(&rtc_codec_h264);
}

static void h265Survives(void **unused)
{
	(void)unused;
	picturesSurvive(&rtc_codec_h265);
}

static void vp8Survives(void **unused)
{
	(void)unused;
	picturesSurvive(&rtc_codec_vp8);
}

// Another bitrate and frame rate, while it runs.
static void vp8FollowsItsRate(void **unused)
{
	(void)unused;
	chain it;
	uint32_t sizes[2];
	begin(&it, &rtc_codec_vp8, 1500000);
	it.noise = 1;
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 60; j++)
			film(&it, i == 0 && j == 0);
		sizes[i] = it.bytes;
		it.bytes = 0;
		assert_int_equal(it.codec->video->setRate(it.encoder, 150000, 30), 0);
	}
	assert_true(it.keys == 1 && sizes[1] < sizes[0] / 2);
	end(&it);
}

// The library has no other rate while it runs: what is near is left alone, for else each would cost a key frame.
static void h265IsMadeAnewForAnotherRate(void **unused)
{
	(void)unused;
	chain it;
	begin(&it, &rtc_codec_h265, 1000000);
	film(&it, 1);
	assert_int_equal(it.codec->video->setRate(it.encoder, 1150000, RATE), 0);
	assert_int_equal(it.codec->video->setRate(it.encoder, 850000, RATE), 0);
	assert_int_equal(it.codec->video->setRate(it.encoder, 1300000, RATE), EIO);
	assert_int_equal(it.codec->video->setRate(it.encoder, 1000000, 10), EIO);
	end(&it);
}

static void whatIsTooLargeIsTold(void **unused)
{
	(void)unused;
	chain it;
	int error;
	const char *message;
	begin(&it, &rtc_codec_vp8, 1000000);
	rtc_frame_pool *small = rtc_frame_pool_new(1, 64);
	rtc_frame *picture = draw(&it), *output = rtc_frame_pool_get(small);
	assert_int_equal(it.codec->video->encode(it.encoder, picture, 1, output), ENOSPC);
	rtc_frame_release(picture);
	rtc_frame_release(output);
	rtc_frame_pool_close(small);
	const rtc_video_codec_options options = {.width = 16384, .height = 16, .framerate = 30, .bitrate = 100000};
	assert_null(rtc_codec_vp8.video->make(&options, &error, &message));
	assert_true(error == ENOTSUP && message);
	end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h264Survives),         cmocka_unit_test(h265Survives),
		cmocka_unit_test(vp8Survives),          cmocka_unit_test(vp8FollowsItsRate),
		cmocka_unit_test(whatIsTooLargeIsTold), cmocka_unit_test(h265IsMadeAnewForAnotherRate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
