// SPDX-License-Identifier: Apache-2.0
// What a peer says of its pictures' size is bounded before memory is taken for them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "numbers.h"
#include "rtc_h265_size.h"
#include "rtc_picture_decoder.h"
#include "rtc_video_codec.h"

#define WIDTH 320
#define HEIGHT 240
#define CLAIMED 16000
#define KB_MOST 65536 // of addresses that a picture may take which is refused; one of the claimed size has 384 MB
#define ROOM 200000   // bytes of an access unit
#define START_CODE 4

// libx265 (3.5) gives some of what it took never back.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libx265";
}

typedef struct {
	uint8_t *data;
	size_t at; // bits
} cursor;

static unsigned take(cursor *from, unsigned bits)
{
	unsigned value = 0;
	for (; bits; bits--, from->at++)
		value = value << 1 | (from->data[from->at / 8] >> (7 - from->at % 8) & 1);
	return value;
}

static void put(cursor *to, unsigned bits, unsigned value)
{
	for (; bits; bits--, to->at++)
		to->data[to->at / 8] |= (uint8_t)((value >> (bits - 1) & 1) << (7 - to->at % 8));
}

// Exp-Golomb (H.264 section 9.1).
static unsigned takeNumber(cursor *from)
{
	unsigned zeros = 0;
	while (!take(from, 1))
		zeros++;
	return (1u << zeros) - 1 + take(from, zeros);
}

static void putNumber(cursor *to, unsigned value)
{
	unsigned bits = 0;
	while ((value + 1) >> (bits + 1))
		bits++;
	put(to, bits, 0);
	put(to, bits + 1, value + 1);
}

static void copy(cursor *from, cursor *to, unsigned bits)
{
	while (bits--)
		put(to, 1, take(from, 1));
}

static unsigned copyNumber(cursor *from, cursor *to)
{
	unsigned value = takeNumber(from);
	putNumber(to, value);
	return value;
}

// H.264 section 7.3.2.1.1, without the fields of high profiles: up to the width.
static void toSizeH264(cursor *from, cursor *to)
{
	copy(from, to, 8 + 24);
	copyNumber(from, to);
	copyNumber(from, to);
	if (!copyNumber(from, to)) // the order type
		copyNumber(from, to);
	copyNumber(from, to);
	copy(from, to, 1);
}

// H.265 section 7.3.2.2.1, without sublayers.
static void toSizeH265(cursor *from, cursor *to)
{
	copy(from, to, 16 + 8 + 96);
	copyNumber(from, to);
	copyNumber(from, to);
}

// Without, or with, the bytes that keep start codes out.
static size_t unescape(const uint8_t *nal, size_t size, uint8_t *to)
{
	size_t length = 0;
	for (size_t i = 0; i < size; i++)
		if (i < 2 || nal[i] != 3 || nal[i - 1] || nal[i - 2])
			to[length++] = nal[i];
	return length;
}

static size_t escape(const uint8_t *from, size_t size, uint8_t *nal)
{
	size_t length = 0;
	for (size_t i = 0; i < size; i++) {
		if (length >= 2 && from[i] <= 3 && !nal[length - 1] && !nal[length - 2])
			nal[length++] = 3;
		nal[length++] = from[i];
	}
	return length;
}

static size_t findNal(const rtc_frame *unit, size_t from)
{
	while (from + START_CODE < unit->size && memcmp(unit->data + from, "\0\0\1", 3))
		from++;
	return from + START_CODE < unit->size ? from + 3 : unit->size;
}

// The set of sequence parameters says another size.
static void resizeSet(rtc_frame *unit, uint8_t first, void (*toSize)(cursor *, cursor *), int inBlocks)
{
	uint8_t plain[1024], written[1024] = {0}, nal[2048];
	size_t begin = findNal(unit, 0);
	while (begin < unit->size && unit->data[begin] != first)
		begin = findNal(unit, begin);
	assert_true(begin < unit->size);
	size_t end = findNal(unit, begin) - 3;
	end -= !unit->data[end - 1];
	assert_true(end - begin < sizeof plain);
	size_t bits = unescape(unit->data + begin, end - begin, plain) * 8;
	cursor from = {.data = plain}, to = {.data = written};
	toSize(&from, &to);
	unsigned width = takeNumber(&from), height = takeNumber(&from);
	assert_true(inBlocks ? width == WIDTH / 16 - 1 && height == HEIGHT / 16 - 1 : width == WIDTH && height >= HEIGHT);
	for (int i = 0; i < 2; i++)
		putNumber(&to, inBlocks ? CLAIMED / 16 - 1 : CLAIMED);
	while (!take(&(cursor){.data = plain, .at = bits - 1}, 1)) // behind the last bit that is set there is nothing
		bits--;
	copy(&from, &to, (unsigned)(bits - from.at));
	size_t size = escape(written, (to.at + 7) / 8, nal), rest = unit->size - end;
	assert_true(begin + size + rest <= unit->capacity);
	memmove(unit->data + begin + size, unit->data + end, rest);
	memcpy(unit->data + begin, nal, size);
	unit->size = (uint32_t)(begin + size + rest);
}

static void resize(rtc_frame *unit)
{
	if (unit->codec == &rtc_codec_h264)
		resizeSet(unit, 0x67, toSizeH264, 1);
	else if (unit->codec == &rtc_codec_h265)
		resizeSet(unit, 0x42, toSizeH265, 0);
	else { // RFC 6386 section 9.1
		const uint8_t size[] = {CLAIMED & 0xff, CLAIMED >> 8, CLAIMED & 0xff, CLAIMED >> 8};
		memcpy(unit->data + 6, size, sizeof size);
	}
}

// A grey key frame.
static rtc_frame *film(const rtc_codec *codec, uint16_t width, uint16_t height)
{
	int error;
	const char *message;
	const rtc_video_codec_options options = {
		.width = width, .height = height, .framerate = 30, .bitrate = 1000000, .layers = 1};
	rtc_video_codec *encoder = codec->video->make(&options, &error, &message);
	uint32_t luma = (uint32_t)width * height;
	rtc_frame_pool *pictures = rtc_frame_pool_new(1, luma * 3 / 2), *units = rtc_frame_pool_new(1, ROOM);
	rtc_frame *picture = rtc_frame_pool_get(pictures), *unit = rtc_frame_pool_get(units);
	assert_non_null(encoder);
	memset(picture->data, 128, luma * 3 / 2);
	for (uint32_t i = 0; i < 3; i++) {
		picture->planes[i] = picture->data + (i ? luma + (i - 1) * luma / 4 : 0);
		picture->strides[i] = i ? width / 2u : width;
	}
	picture->format = RTC_FORMAT_I420;
	picture->width = width;
	picture->height = height;
	assert_int_equal(codec->video->encode(encoder, picture, 1, unit), 0);
	unit->codec = codec;
	codec->video->destroy(encoder);
	rtc_frame_release(picture);
	rtc_frame_pool_close(pictures);
	rtc_frame_pool_close(units);
	return unit;
}

// KB of addresses that the process has had at once; those of a sanitizer's are among them.
static long peak(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kilobytes = -1;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "VmPeak: %ld", &kilobytes) == 1)
			break;
	fclose(file);
	return kilobytes;
}

static void aSizeThatIsClaimedTakesNoMemory(void **unused)
{
	(void)unused;
	const rtc_codec *const codecs[] = {&rtc_codec_h264, &rtc_codec_h265, &rtc_codec_vp8};
	for (int i = 0; i < 3; i++) {
		rtc_frame *good = film(codecs[i], WIDTH, HEIGHT), *large = film(codecs[i], WIDTH, HEIGHT), picture = {0};
		rtc_picture_decoder *decoder = rtc_picture_decoder_new(codecs[i]);
		assert_int_equal(rtc_picture_decoder_decode(decoder, good, &picture), 1);
		resize(large);
		long before = peak();
		for (int j = 0; j < 3; j++) // one after the other, and between others
			assert_int_equal(rtc_picture_decoder_decode(decoder, large, &picture), -1);
		assert_int_equal(rtc_picture_decoder_decode(decoder, good, &picture), 1);
		assert_true(picture.width == WIDTH && picture.height == HEIGHT);
		assert_int_equal(rtc_picture_decoder_decode(decoder, large, &picture), -1);
		print_message("%s: %ld KB more\n", codecs[i]->name, peak() - before);
		assert_true(peak() - before < KB_MOST);
		rtc_picture_decoder_free(decoder);
		rtc_frame_release(good);
		rtc_frame_release(large);
	}
}

// Read from a place of exact size, for the sanitizer.
static uint64_t claimed(const uint8_t *unit, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, unit, size);
	uint64_t pixels = rtc_h265_claimed_pixels(exact, size);
	free(exact);
	return pixels;
}

static void theSizeOfH265IsReadWhereverItIs(void **unused)
{
	(void)unused;
	rtc_frame *unit = film(&rtc_codec_h265, WIDTH, HEIGHT);
	assert_int_equal(claimed(unit->data, unit->size), WIDTH * HEIGHT);
	resize(unit);
	size_t begin = findNal(unit, 0);
	while (unit->data[begin] != 0x42)
		begin = findNal(unit, begin);
	unsigned known = 0;
	for (size_t size = 0; size <= unit->size; size++) {
		uint64_t pixels = claimed(unit->data, size);
		assert_true(pixels == (size < begin + 2 ? 0 : UINT64_MAX) ||
					(pixels == (uint64_t)CLAIMED * CLAIMED && ++known));
	}
	assert_true(known > unit->size - begin - 60);
	// With each number of sublayers, of which some have profiles and levels (section 7.3.3).
	for (unsigned layers = 0; layers < 8; layers++) {
		uint8_t plain[256] = {0x42, 1}, nal[512] = {0, 0, 1};
		cursor to = {.data = plain, .at = 16};
		put(&to, 8, layers << 1);
		to.at += 96;
		for (unsigned i = 0; layers && i < 8; i++)
			put(&to, 2, i < layers ? i & 3 : 0);
		for (unsigned i = 0; i < layers; i++)
			to.at += (i & 2 ? 88 : 0) + (i & 1 ? 8 : 0);
		putNumber(&to, 15);
		putNumber(&to, layers & 1 ? 3 : 1);
		put(&to, layers & 1, 0);
		putNumber(&to, 1920);
		putNumber(&to, 1080);
		assert_int_equal(claimed(nal, 3 + escape(plain, to.at / 8 + 1, nal + 3)), 1920 * 1080);
	}
	state = 77;
	for (int i = 0; i < 20000; i++) {
		uint8_t nal[64] = {0, 0, 1, 0x42};
		for (int j = 4; j < 64; j++)
			nal[j] = (uint8_t)(below(256) & below(256)); // long runs of zeros
		claimed(nal, 4 + below(61));
	}
	rtc_frame_release(unit);
}

static void theLargestThatCamerasHereSendIsShown(void **unused)
{
	(void)unused;
	rtc_frame *unit = film(&rtc_codec_h264, 3840, 2160), picture = {0};
	rtc_picture_decoder *decoder = rtc_picture_decoder_new(&rtc_codec_h264);
	assert_int_equal(rtc_picture_decoder_decode(decoder, unit, &picture), 1);
	assert_true(picture.width == 3840 && picture.height == 2160);
	rtc_picture_decoder_free(decoder);
	rtc_frame_release(unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aSizeThatIsClaimedTakesNoMemory),
		cmocka_unit_test(theSizeOfH265IsReadWhereverItIs),
		cmocka_unit_test(theLargestThatCamerasHereSendIsShown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
