// SPDX-License-Identifier: Apache-2.0
// How the chip's decoder of pictures is used, against one that is made up: it takes a NAL unit at a time, as the first
// byte of each says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "esp_h264_dec_sw.h"
#include "rtc_picture_decoder.h"

enum { PARAMETERS = 1, PICTURE, SHORT, DAMAGED, GREEDY, LAZY };

static int made, opened, fails; // which call fails
static esp_h264_resolution_t resolution;
static uint8_t memory[64];

static esp_h264_err_t next(int call)
{
	return fails == call ? ESP_H264_ERR_MEM : ESP_H264_ERR_OK;
}

esp_h264_err_t esp_h264_dec_sw_new(const esp_h264_dec_cfg_sw_t *configuration, esp_h264_dec_handle_t *decoder)
{
	assert_int_equal(configuration->pic_type, ESP_H264_RAW_FMT_I420);
	if (next(1))
		return ESP_H264_ERR_MEM;
	made++;
	*decoder = (esp_h264_dec_handle_t)memory;
	return ESP_H264_ERR_OK;
}

esp_h264_err_t esp_h264_dec_sw_get_param_hd(esp_h264_dec_handle_t decoder, esp_h264_dec_param_sw_handle_t *parameters)
{
	*parameters = (esp_h264_dec_param_sw_handle_t)decoder;
	return next(2);
}

esp_h264_err_t esp_h264_dec_open(esp_h264_dec_handle_t decoder)
{
	(void)decoder;
	opened += !next(3);
	return next(3);
}

esp_h264_err_t esp_h264_dec_process(esp_h264_dec_handle_t decoder, esp_h264_dec_in_frame_t *in,
									esp_h264_dec_out_frame_t *out)
{
	(void)decoder;
	uint8_t what = *in->raw_data.buffer;
	in->consume = what == LAZY ? 0 : what == GREEDY ? in->raw_data.len + 1 : 4;
	out->outbuf = memory;
	out->out_size = what == PICTURE || what == SHORT ? 5 * 3 + 2 * 3 * 2 - (what == SHORT) : 0;
	return what == DAMAGED ? ESP_H264_ERR_FAIL : ESP_H264_ERR_OK;
}

esp_h264_err_t esp_h264_dec_get_resolution(esp_h264_dec_param_handle_t parameters, esp_h264_resolution_t *to)
{
	assert_ptr_equal(parameters, memory);
	*to = resolution;
	return next(4);
}

esp_h264_err_t esp_h264_dec_close(esp_h264_dec_handle_t decoder)
{
	assert_ptr_equal(decoder, memory);
	return ESP_H264_ERR_OK;
}

esp_h264_err_t esp_h264_dec_del(esp_h264_dec_handle_t decoder)
{
	assert_ptr_equal(decoder, memory);
	made--;
	return ESP_H264_ERR_OK;
}

static const rtc_codec h264 = {.name = "H264", .isVideo = 1}, vp8 = {.name = "VP8", .isVideo = 1};

// What comes of NAL units of four bytes each.
static int decode(rtc_picture_decoder *decoder, const char *units, rtc_frame *picture)
{
	uint8_t data[64] = {0};
	uint32_t count = (uint32_t)strlen(units);
	for (uint32_t i = 0; i < count; i++)
		data[4 * i] = (uint8_t)units[i];
	const rtc_frame unit = {.data = data, .size = 4 * count};
	return rtc_picture_decoder_decode(decoder, &unit, picture);
}

static void unitsBecomeAPicture(void **unused)
{
	(void)unused;
	rtc_frame picture = {0};
	fails = 0;
	resolution = (esp_h264_resolution_t){5, 3};
	rtc_picture_decoder *decoder = rtc_picture_decoder_new(&h264);
	assert_true(decoder && opened == 1);
	assert_int_equal(decode(decoder, "\1\1\2\1", &picture), 1);
	assert_true(picture.width == 5 && picture.height == 3 && picture.planes[0] == memory);
	assert_true(picture.planes[1] == memory + 15 && picture.planes[2] == memory + 21);
	assert_true(picture.strides[0] == 5 && picture.strides[1] == 3 && picture.strides[2] == 3);
	assert_int_equal(decode(decoder, "\1\1", &picture), 0);
	assert_int_equal(decode(decoder, "", &picture), 0);
	rtc_picture_decoder_free(decoder);
	assert_int_equal(made, 0);
}

static void whatIsWrongIsDamaged(void **unused)
{
	(void)unused;
	rtc_frame picture = {0};
	resolution = (esp_h264_resolution_t){5, 3};
	rtc_picture_decoder *decoder = rtc_picture_decoder_new(&h264);
	assert_int_equal(decode(decoder, "\1\4\2", &picture), -1);
	assert_int_equal(decode(decoder, "\1\3", &picture), -1);
	assert_int_equal(decode(decoder, "\5\2", &picture), -1);
	assert_int_equal(decode(decoder, "\1\6\2", &picture), 0); // for ever
	resolution = (esp_h264_resolution_t){5, 0};
	assert_int_equal(decode(decoder, "\2", &picture), -1);
	resolution = (esp_h264_resolution_t){65535, 65535};
	assert_int_equal(decode(decoder, "\2", &picture), -1);
	fails = 4;
	assert_int_equal(decode(decoder, "\2", &picture), -1);
	rtc_picture_decoder_free(decoder);
	assert_int_equal(made, 0);
}

static void whatCannotBeMadeLeavesNothing(void **unused)
{
	(void)unused;
	for (fails = 1; fails <= 3; fails++)
		assert_null(rtc_picture_decoder_new(&h264));
	fails = 0;
	assert_null(rtc_picture_decoder_new(&vp8));
	rtc_picture_decoder_free(NULL);
	assert_int_equal(made, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unitsBecomeAPicture),
		cmocka_unit_test(whatIsWrongIsDamaged),
		cmocka_unit_test(whatCannotBeMadeLeavesNothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
