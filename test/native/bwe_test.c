// SPDX-License-Identifier: Apache-2.0
// The estimator over a link of a given rate, with a queue of 300 ms and a round trip of 50 ms, in virtual time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_bwe.h"
#include "rtc_twcc.h"

#define SIZE 1100
#define WANTED 4000000
#define PLACES 4096

typedef struct {
	double sent, arrives;
	uint8_t cluster, isLost;
} flight;

typedef struct {
	rtc_bwe bwe;
	flight flights[PLACES];
	unsigned sent, heard;
	double now, free, budget, probeBudget, nextFeedback, drift;
	double capacity, loss;
	double worstDelay; // since it was set to 0
	uint8_t cluster;
	uint32_t probeRate, probeLeft, random;
} world;

static world *begin(double capacity)
{
	world *w = calloc(1, sizeof *w);
	w->now = 1;
	w->capacity = capacity;
	w->random = 1;
	rtc_bwe_init(&w->bwe, RTC_BWE_MINIMUM, RTC_BWE_START, 100000000, 1000000);
	rtc_bwe_set_wanted(&w->bwe, WANTED);
	return w;
}

static uint64_t microseconds(const world *w)
{
	return (uint64_t)(w->now * 1e6);
}

static void send(world *w)
{
	double start = w->now > w->free ? w->now : w->free;
	w->random = w->random * 1664525 + 1013904223;
	int isLost = start - w->now > 0.3 || (w->random >> 8) / 16777216.0 < w->loss;
	if (start - w->now <= 0.3)
		w->free = start + SIZE * 8 / w->capacity;
	if (w->free - w->now > w->worstDelay)
		w->worstDelay = w->free - w->now;
	w->flights[w->sent++ % PLACES] =
		(flight){.sent = w->now, .arrives = w->free + 0.025, .cluster = w->cluster, .isLost = (uint8_t)isLost};
	rtc_bwe_sent(&w->bwe, SIZE, w->cluster, microseconds(w));
	if (!w->cluster)
		return;
	if (w->probeLeft > SIZE)
		w->probeLeft -= SIZE;
	else {
		rtc_bwe_probed(&w->bwe, w->cluster, microseconds(w));
		w->cluster = 0;
	}
}

static void feedback(world *w)
{
	uint32_t lost = 0;
	double newest = 0;
	for (; w->heard < w->sent && w->flights[w->heard % PLACES].arrives <= w->now - 0.025; w->heard++) {
		const flight *it = &w->flights[w->heard % PLACES];
		rtc_bwe_packet packet = {.sent = (uint64_t)(it->sent * 1e6),
								 .arrived = (int64_t)(it->arrives * (1 + w->drift) * 4000) * 250,
								 .size = SIZE,
								 .cluster = it->cluster};
		newest = it->sent;
		lost += it->isLost;
		if (!it->isLost)
			rtc_bwe_acknowledge(&w->bwe, &packet, microseconds(w));
	}
	if (newest <= 0)
		return;
	rtc_bwe_round_trip(&w->bwe, (uint64_t)((w->now - newest) * 1e6));
	rtc_bwe_feedback(&w->bwe, lost, microseconds(w));
}

// `most`: bit/s that the application has to send.
static void run(world *w, double seconds, double most)
{
	for (double end = w->now + seconds; w->now < end; w->now += 0.001) {
		double rate = w->bwe.target < most ? w->bwe.target : most;
		if (!w->cluster) {
			w->cluster = rtc_bwe_probe(&w->bwe, microseconds(w), &w->probeRate, &w->probeLeft);
			w->probeBudget = 0;
		}
		w->budget += rate * 0.001 / 8;
		w->probeBudget += w->cluster ? w->probeRate * 0.001 / 8 : 0;
		while (w->budget >= SIZE || (w->cluster && w->probeBudget >= SIZE)) {
			w->budget = w->budget < -30000 ? w->budget : w->budget - SIZE;
			w->probeBudget -= SIZE;
			send(w);
		}
		rtc_bwe_time(&w->bwe, microseconds(w));
		if (w->now < w->nextFeedback)
			continue;
		w->nextFeedback = w->now + 0.05;
		feedback(w);
	}
}

// 3 Mbit/s, then 600 kbit/s, then 3 Mbit/s.
static void followsTheLink(void **state)
{
	(void)state;
	world *w = begin(3e6);
	run(w, 10, WANTED);
	assert_in_range(w->bwe.target, 2400000, 3300000);
	w->capacity = 600e3;
	run(w, 3, WANTED);
	assert_in_range(w->bwe.target, RTC_BWE_MINIMUM, 600000);
	run(w, 4, WANTED);
	w->worstDelay = 0;
	double least = 1e9, sum = 0;
	for (int i = 0; i < 20; i++) {
		run(w, 1, WANTED);
		sum += w->bwe.target;
		if (w->bwe.target < least)
			least = w->bwe.target;
	}
	assert_true(w->worstDelay < 0.15);
	assert_true(sum / 20 > 0.8 * 600e3 && least > 0.6 * 600e3);
	w->capacity = 3e6;
	run(w, 10, WANTED);
	assert_in_range(w->bwe.target, 2400000, 3300000);
	free(w);
}

// What a way loses at random is no sign of congestion.
static void randomLossIsBorne(void **state)
{
	(void)state;
	for (int percent = 2; percent <= 10; percent += 4) {
		world *w = begin(2e6);
		w->loss = percent / 100.0;
		run(w, 40, WANTED);
		assert_in_range(w->bwe.target, 1100000, 2200000);
		free(w);
	}
}

// Who sends little proves little, and takes no more than is of use.
static void anApplicationThatSendsLittle(void **state)
{
	(void)state;
	world *w = begin(50e6);
	rtc_bwe_set_wanted(&w->bwe, 1000000);
	run(w, 60, 500e3);
	assert_in_range(w->bwe.target, 500000, 1250000);
	free(w);
}

static void aClockThatDrifts(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		world *w = begin(2e6);
		w->drift = sign * 200e-6;
		run(w, 60, WANTED);
		assert_in_range(w->bwe.target, 1500000, 2200000);
		free(w);
	}
}

static void silenceLowersTheRate(void **state)
{
	(void)state;
	world *w = begin(2e6);
	run(w, 10, WANTED);
	uint32_t before = w->bwe.target;
	w->nextFeedback = 1e9;
	run(w, 10, WANTED);
	assert_true(w->bwe.target < before / 2);
	free(w);
}

// Whatever a receiver says: the rate stays within its bounds.
static void lies(void **state)
{
	(void)state;
	uint32_t random = 7;
	world *w = begin(2e6);
	for (uint64_t now = 1000000; now < 60000000; now += 20000) {
		for (int i = 0; i < 10; i++) {
			random = random * 1664525 + 1013904223;
			rtc_bwe_packet packet = {.sent = now - (random >> 12),
									 .arrived = (int64_t)(int32_t)random * (1 << (random >> 27 & 15)),
									 .size = SIZE,
									 .cluster = (uint8_t)(random >> 20)};
			rtc_bwe_sent(&w->bwe, SIZE, 0, now);
			rtc_bwe_acknowledge(&w->bwe, &packet, now);
		}
		rtc_bwe_feedback(&w->bwe, random >> 16 & 31, now);
		rtc_bwe_limit(&w->bwe, random & 1 ? UINT64_MAX : random);
		rtc_bwe_time(&w->bwe, now);
		assert_in_range(w->bwe.target, RTC_BWE_MINIMUM, 100000000);
	}
	free(w);
}

static void feedbackPackets(void **state)
{
	(void)state;
	// Base 5, 9 packets: a run of two received, then one of two bits each.
	static const uint8_t body[] = {0, 5, 0, 9, 0xff, 0xff, 0xff, 3, 0x20, 2, 0xd0 | 1, 0x06, 4, 8, 1, 2, 3, 0xff, 0xfc};
	rtc_twcc_reader reader;
	rtc_twcc_packet packet;
	assert_int_equal(rtc_twcc_begin(&reader, body, sizeof body), 0);
	assert_true(reader.base == 5 && reader.count == 9 && reader.reference == -1 && reader.number == 3);
	for (uint16_t i = 0; i < 9; i++) {
		assert_int_equal(rtc_twcc_next(&reader, &packet), 1);
		assert_int_equal(packet.sequence, 5 + i);
	}
	assert_int_equal(packet.delta, -4); // of two bytes
	assert_int_equal(rtc_twcc_next(&reader, &packet), 0);
	for (size_t size = 0; size < 12; size++)
		assert_int_equal(rtc_twcc_begin(&reader, body, size), -1);
	assert_int_equal(rtc_twcc_begin(&reader, (const uint8_t[]){0, 0, 0, 1, 0, 0, 0, 0, 0x60, 1}, 10), -1); // reserved
	assert_int_equal(rtc_twcc_begin(&reader, (const uint8_t[]){0, 0, 0, 1, 0, 0, 0, 0, 0x00, 0}, 10), -1); // empty run
	assert_int_equal(rtc_twcc_begin(&reader, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0x20, 1}, 10), -1); // none
	assert_int_equal(rtc_twcc_begin(&reader, (const uint8_t[]){0, 0, 0xff, 0xff, 0, 0, 0, 0, 0x1f, 0xff}, 10), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followsTheLink),
		cmocka_unit_test(randomLossIsBorne),
		cmocka_unit_test(anApplicationThatSendsLittle),
		cmocka_unit_test(aClockThatDrifts),
		cmocka_unit_test(silenceLowersTheRate),
		cmocka_unit_test(lies),
		cmocka_unit_test(feedbackPackets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
