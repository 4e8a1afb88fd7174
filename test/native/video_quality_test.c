// SPDX-License-Identifier: Apache-2.0
// Which size and rate of pictures an encoder is given, by what it may spend and what was negotiated.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "rtc_video_quality.h"

#define SECOND 1000000u

static rtc_video_quality quality;

// Judges each tenth of a second. Returns whether something has changed.
static int judge(uint32_t bitsPerSecond, uint64_t from, uint64_t to)
{
	int changed = 0;
	for (uint64_t time = from; time <= to; time += SECOND / 10)
		changed |= rtc_video_quality_judge(&quality, bitsPerSecond, time);
	return changed;
}

// H.264 section A.3.1: a side has at most the root of eight times the largest picture, in macroblocks.
static void aLevelBoundsTheLongerSide(void **state)
{
	(void)state;
	rtc_video_quality_init(&quality, 1824, 208, 10, RTC_VIDEO_BALANCED, 22);
	assert_true(quality.scale == 2 && quality.divisor == 1);
	rtc_video_quality_init(&quality, 1808, 208, 10, RTC_VIDEO_BALANCED, 22);
	assert_true(quality.scale == 1 && quality.divisor == 1);
}

static void aLevelIsNotLeftForMore(void **state)
{
	(void)state;
	rtc_video_quality_init(&quality, 1280, 720, 30, RTC_VIDEO_BALANCED, 30);
	assert_true(quality.scale == 2 && quality.divisor == 1);
	assert_false(judge(20000000, SECOND, 20 * SECOND));
	assert_true(judge(100000, 21 * SECOND, 22 * SECOND)); // but for less
	assert_true(judge(20000000, 23 * SECOND, 60 * SECOND));
	assert_true(quality.scale == 2 && quality.divisor == 1);
}

static void lessComesSoonAndMoreLate(void **state)
{
	(void)state;
	rtc_video_quality_init(&quality, 1280, 720, 30, RTC_VIDEO_KEEP_FRAMERATE, 0);
	assert_false(judge(500000, SECOND, SECOND + 400000));
	assert_true(judge(500000, SECOND + 500000, SECOND + 500000) && quality.scale == 2 && quality.divisor == 1);
	assert_false(judge(4000000, 2 * SECOND, 6 * SECOND + 900000));
	assert_true(judge(4000000, 7 * SECOND, 7 * SECOND) && quality.scale == 1);
}

// A source whose time goes back has not been short of bits for ever.
static void timeMayGoBack(void **state)
{
	(void)state;
	rtc_video_quality_init(&quality, 1280, 720, 30, RTC_VIDEO_BALANCED, 0);
	assert_false(judge(300000, 100 * SECOND, 100 * SECOND + 200000));
	assert_false(judge(300000, SECOND, SECOND + 400000));
	assert_true(judge(300000, SECOND + 500000, SECOND + 600000));
	uint8_t step = quality.step;
	assert_false(judge(20000000, 200 * SECOND, 203 * SECOND));
	assert_false(judge(20000000, 10 * SECOND, 14 * SECOND));
	assert_true(judge(20000000, 14 * SECOND, 16 * SECOND) && quality.step < step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aLevelBoundsTheLongerSide),
		cmocka_unit_test(aLevelIsNotLeftForMore),
		cmocka_unit_test(lessComesSoonAndMoreLate),
		cmocka_unit_test(timeMayGoBack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
