// SPDX-License-Identifier: Apache-2.0
// Which frames go to a peer whose way carries less than the encoder makes.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_thinning.h"

#define FRAME 33333u // microseconds
#define SIZE 4000    // bytes: 960 kbit/s

static rtc_rtp_thinning thinning;
static uint64_t now;

// Three layers: every fourth frame is of the lowest, every second of the two lower ones.
static uint8_t layerOf(unsigned i)
{
	return i % 4 == 0 ? 0 : i % 2 == 0 ? 1 : 2;
}

static rtc_rtp_verdict give(uint8_t layer, int key, uint32_t size, uint32_t share)
{
	rtc_frame frame = {.layer = layer, .key = (uint8_t)key, .size = size};
	rtc_rtp_thinning_see(&thinning, &frame, share, now += FRAME);
	return rtc_rtp_thinning_judge(&thinning, &frame, share);
}

static void begin(void)
{
	now = 1000000;
	rtc_rtp_thinning_init(&thinning);
}

static void higherLayersAreLeftOut(void **state)
{
	(void)state;
	unsigned sent[3] = {0};
	begin();
	for (unsigned i = 0; i < 600; i++)
		if (give(layerOf(i), i == 0, SIZE, 600000) == RTC_RTP_SEND && i >= 300)
			sent[layerOf(i)]++;
	assert_true(sent[0] == 75 && sent[1] == 75 && sent[2] == 0);
	assert_true(thinning.isThin);
}

// A higher layer's frames refer to the newest of the lowest: it is not begun with before one of these.
static void aLayerBeginsWithTheLowest(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 400; i++)
		give(layerOf(i), i == 0, SIZE, 280000);
	assert_int_equal(thinning.most, 0);
	for (unsigned i = 401; i % 4; i++) // the way carries all of a sudden
		assert_int_equal(give(layerOf(i), 0, SIZE, 5000000), RTC_RTP_SKIP);
	assert_int_equal(give(0, 0, SIZE, 5000000), RTC_RTP_SEND);
	assert_int_equal(thinning.most, 1);
}

// After a pause no more than a quarter of a second of the share is there to be spent.
static void aPauseIsNotSavedUp(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 60; i++)
		give(0, i == 0, SIZE, 500000);
	now += 60000000;
	give(0, 0, 1, 500000);
	assert_true(thinning.owed >= -0.25f * 500000 && thinning.owed < -0.24f * 500000);
}

static void withoutAnEstimateAllGoes(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(give(layerOf(i), i == 0, 50000, 0), RTC_RTP_SEND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(higherLayersAreLeftOut),
		cmocka_unit_test(aLayerBeginsWithTheLowest),
		cmocka_unit_test(aPauseIsNotSavedUp),
		cmocka_unit_test(withoutAnEstimateAllGoes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
