// SPDX-License-Identifier: Apache-2.0
// What a probe tells the estimator, and what single pieces of feedback do to it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_bwe.h"
#include "rtc_bwe_delay.h"

#define SIZE 1000
#define TRIP 50000 // microseconds

static rtc_bwe bwe;
static uint64_t now;

static void begin(void)
{
	now = 10000000;
	rtc_bwe_init(&bwe, RTC_BWE_MINIMUM, RTC_BWE_START, 100000000, now);
	rtc_bwe_set_wanted(&bwe, 10000000);
	rtc_bwe_round_trip(&bwe, TRIP);
}

static void come(uint64_t sent, int64_t arrived, uint8_t cluster)
{
	rtc_bwe_packet packet = {.sent = sent, .arrived = arrived, .size = SIZE, .cluster = cluster};
	rtc_bwe_acknowledge(&bwe, &packet, now);
}

// A probe of `count` packets that leave each `out` microseconds, of which `heard` come each `in`.
static void probe(int count, int heard, uint32_t out, uint32_t in)
{
	uint32_t rate, bytes;
	now += 10000000;
	uint64_t begun = now;
	uint8_t cluster = rtc_bwe_probe(&bwe, now, &rate, &bytes);
	assert_int_not_equal(cluster, 0);
	for (int i = 0; i < count; i++)
		rtc_bwe_sent(&bwe, SIZE, cluster, begun + (uint32_t)i * out);
	now = begun + (uint32_t)count * out;
	rtc_bwe_probed(&bwe, cluster, now);
	now += 500000;
	for (int i = 0; i < heard; i++)
		come(begun + (uint32_t)i * out, (int64_t)(begun + TRIP / 2 + (uint32_t)i * in), cluster);
	rtc_bwe_feedback(&bwe, (uint32_t)(count - heard), now);
}

static void whatComesThroughIsBelieved(void **unused)
{
	(void)unused;
	begin();
	probe(10, 10, 2000, 2000); // 4 Mbit/s
	assert_in_range(bwe.target, 3900000, 4100000);
	begin();
	probe(10, 10, 2000, 4000); // half of it, and a little less: the queue has to drain
	assert_in_range(bwe.target, 1800000, 2000000);
}

// One that came faster than it was sent, by far, was held up on the way: that says nothing, and neither do a few of its
// packets.
static void whatSaysNothing(void **unused)
{
	(void)unused;
	begin();
	probe(10, 10, 2000, 900);
	assert_false(bwe.known && bwe.target > RTC_BWE_START);
	begin();
	probe(10, 7, 2000, 2000);
	assert_false(bwe.known && bwe.target > RTC_BWE_START);
	begin();
	probe(10, 8, 2000, 2000);
	assert_true(bwe.target > 3000000);
}

// What the loss has brought down a probe brings up.
static void aProbeLiftsTheLimitOfLoss(void **unused)
{
	(void)unused;
	begin();
	probe(10, 10, 2000, 2000);
	for (int i = 0; i < 6; i++) {
		now += 400000;
		for (int j = 0; j < 20; j++)
			come(now - 100000 + (uint32_t)j * 2000, (int64_t)(now - 75000 + (uint32_t)j * 2000), 0);
		rtc_bwe_feedback(&bwe, i < 2 ? 12 : 0, now);
	}
	assert_true(bwe.lossRate < 3000000);
	bwe.roundTrip = bwe.leastTrip = TRIP;
	probe(10, 10, 2000, 2000);
	assert_in_range(bwe.lossRate, 3900000, UINT32_MAX);
}

// Whose packets are told of one by one is not judged by reports, too: both tell of the same loss.
static void reportsCountWithoutFeedbackOnly(void **unused)
{
	(void)unused;
	begin();
	rtc_bwe_limit(&bwe, 2000000);
	uint32_t before = bwe.target;
	for (int i = 0; i < 5; i++)
		rtc_bwe_report(&bwe, 0.4f, now += 1000000);
	assert_true(bwe.target < before / 2);
	begin();
	probe(10, 10, 2000, 2000);
	before = bwe.target;
	for (int i = 0; i < 5; i++)
		rtc_bwe_report(&bwe, 0.4f, now += 1000000);
	assert_int_equal(bwe.target, before);
}

static void picturesArePacedAboveTheirRate(void **unused)
{
	(void)unused;
	begin();
	assert_int_equal(rtc_bwe_pacing(&bwe), 20000000); // nothing is known
	probe(10, 10, 2000, 2000);
	assert_in_range(rtc_bwe_pacing(&bwe), bwe.target * 2.4, bwe.target * 2.6);
}

// Groups of one packet each 10 ms, whose delay is `delays[i]` milliseconds.
static rtc_bwe_usage detect(rtc_bwe_delay *delay, const double *delays, int count)
{
	rtc_bwe_usage most = RTC_BWE_NORMAL;
	for (int i = 0; i < count; i++) {
		uint64_t sent = 1000000 + (uint64_t)i * 10000;
		rtc_bwe_packet packet = {.sent = sent, .arrived = (int64_t)sent + (int64_t)(delays[i] * 1000), .size = SIZE};
		rtc_bwe_delay_take(delay, &packet, sent);
		if (delay->usage == RTC_BWE_OVERUSE)
			most = RTC_BWE_OVERUSE;
	}
	return most;
}

static void aQueueThatGrowsIsSeen(void **unused)
{
	(void)unused;
	double delays[100] = {0};
	rtc_bwe_delay delay;
	rtc_bwe_delay_init(&delay);
	for (int i = 0; i < 100; i++)
		delays[i] = i < 50 ? 0 : (i - 50) * 2;
	assert_int_equal(detect(&delay, delays, 100), RTC_BWE_OVERUSE);
}

// A change of route, at once by much, does not make the threshold so high that a queue is not seen.
static void aRouteDoesNotMoveTheThreshold(void **unused)
{
	(void)unused;
	double delays[200] = {0};
	rtc_bwe_delay delay;
	rtc_bwe_delay_init(&delay);
	for (int i = 60; i < 200; i++)
		delays[i] = 400;
	detect(&delay, delays, 64); // the slope is at its greatest
	assert_true(delay.threshold < 8);
}

// A receiver whose clock is set, forwards or back, begins anew.
static void aClockThatIsSet(void **unused)
{
	(void)unused;
	for (int sign = -1; sign <= 1; sign += 2) {
		double delays[100] = {0};
		rtc_bwe_delay delay;
		rtc_bwe_delay_init(&delay);
		for (int i = 50; i < 100; i++)
			delays[i] = sign * 5000.0;
		assert_int_equal(detect(&delay, delays, 100), RTC_BWE_NORMAL);
		assert_true(delay.deltas < 60 && delay.delay > -1 && delay.delay < 1);
	}
}

// A queue that is still long, but drains already, is not one that grows.
static void aQueueThatDrainsIsNoOveruse(void **unused)
{
	(void)unused;
	rtc_bwe_delay delay;
	rtc_bwe_delay_init(&delay);
	double delays[60] = {0};
	for (int i = 0; i < 60; i++)
		delays[i] = i < 40 ? i * 0.5 : 20;
	detect(&delay, delays, 60);
	float slope = delay.slope;
	delay.overTime = 9.9f; // about to be told
	delay.overCount = 5;
	delay.threshold = 0.01f;
	delay.usage = RTC_BWE_NORMAL;
	rtc_bwe_packet packet = {.sent = 1600000, .arrived = 1620000, .size = SIZE}; // the slope falls, and is above 0
	rtc_bwe_delay_take(&delay, &packet, 1600000);
	assert_true(delay.slope > 0 && delay.slope < slope);
	assert_int_equal(delay.usage, RTC_BWE_NORMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatComesThroughIsBelieved),     cmocka_unit_test(whatSaysNothing),
		cmocka_unit_test(aProbeLiftsTheLimitOfLoss),      cmocka_unit_test(reportsCountWithoutFeedbackOnly),
		cmocka_unit_test(picturesArePacedAboveTheirRate), cmocka_unit_test(aQueueThatGrowsIsSeen),
		cmocka_unit_test(aRouteDoesNotMoveTheThreshold),  cmocka_unit_test(aClockThatIsSet),
		cmocka_unit_test(aQueueThatDrainsIsNoOveruse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
