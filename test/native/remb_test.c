// SPDX-License-Identifier: Apache-2.0
// What a receiver tells of its way, over a link of some rate with a queue of 300 ms, in virtual time: a sender that
// makes what it is told to, up to a limit of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_remb.h"
#include "rtc_rtcp.h"

#define SECOND 1000000u
#define QUEUE 300000.0 // microseconds
#define WAY 25000.0
#define SIZE 1000
#define PLACES 1024 // packets on the way

typedef struct {
	rtc_remb remb;
	double now;        // microseconds
	double rate, loss; // of the link
	double limit;      // bit/s of the sender
	double told;       // bit/s
	double credit;     // bytes
	double free;       // when the link has sent all
	struct {
		double arrives;
		uint64_t sent;
	} flights[PLACES];
	unsigned first, count;
	int64_t lost;
	uint32_t random;
	int isStamped;
	uint64_t offset;           // of the sender's clock
	unsigned packets, hurried; // told, and before their time because they fell
	double received, since;    // bytes
	double most;               // delay, microseconds
	uint64_t previous;         // when something was told
	double previousRate;
} world;

static double dice(world *w)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 8) / 16777216.0;
}

static void openWorld(world *w, double rate, double limit)
{
	memset(w, 0, sizeof *w);
	w->now = 1000.0 * SECOND;
	w->rate = rate;
	w->limit = limit;
	w->told = limit;
	w->random = 1;
	w->isStamped = 1;
	w->offset = 60 * SECOND; // wraps soon
	rtc_remb_init(&w->remb, (uint64_t)w->now);
}

static void stampOf(uint64_t sent, uint8_t *stamp)
{
	uint32_t time = (uint32_t)((sent << 12) / 15625) & 0xffffff;
	stamp[0] = (uint8_t)(time >> 16);
	stamp[1] = (uint8_t)(time >> 8);
	stamp[2] = (uint8_t)time;
}

static void hear(world *w)
{
	static const uint32_t sources[] = {0xa0b0c0d0, 7};
	uint8_t packet[RTC_RTCP_REMB_SIZE + 8];
	uint64_t now = (uint64_t)w->now;
	rtc_remb_judge(&w->remb, w->lost, now);
	size_t size = rtc_remb_write(&w->remb, packet, 5, sources, 2, now);
	if (!size)
		return;
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	assert_int_equal(size, sizeof packet);
	assert_int_equal(rtc_rtcp_begin(&reader, packet, size), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_true(item.kind == RTC_RTCP_REMB && item.sender == 5 && item.target == sources[0]);
	assert_true(item.bitrate >= RTC_BWE_MINIMUM * 0.999 && item.bitrate <= 100000000);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_true(item.target == 7 && rtc_rtcp_next(&reader, &item) == 0);
	double rate = (double)item.bitrate;
	assert_true(!w->previous || now - w->previous >= (rate < w->previousRate ? 100000 : 200000)); // not too often
	w->hurried += w->previous && now - w->previous < 200000;
	w->previous = now;
	w->previousRate = rate;
	w->packets++;
	w->told = rate;
}

static void arrive(world *w)
{
	while (w->count && w->flights[w->first].arrives <= w->now) {
		uint8_t stamp[3];
		stampOf(w->flights[w->first].sent + w->offset, stamp);
		rtc_remb_take(&w->remb, w->isStamped ? stamp : NULL, SIZE, (uint64_t)w->now);
		double delay = w->now - (double)w->flights[w->first].sent - WAY;
		if (delay > w->most)
			w->most = delay;
		w->received += SIZE;
		w->first = (w->first + 1) % PLACES;
		w->count--;
	}
}

// Pictures, 30 a second, whose packets leave one after the other.
static void run(world *w, double time)
{
	double end = w->now + time;
	w->received = w->most = 0;
	w->packets = w->hurried = 0;
	for (w->since = w->now; w->now < end; w->now += 500) {
		double rate = w->told < w->limit ? w->told : w->limit;
		if ((uint64_t)(w->now / 500) % 67 == 0)
			w->credit += rate / 8 / 30;
		if (w->credit >= SIZE) {
			w->credit -= SIZE;
			double begins = w->now > w->free ? w->now : w->free;
			if (begins - w->now > QUEUE || dice(w) < w->loss)
				w->lost++;
			else {
				w->free = begins + SIZE * 8 / w->rate * 1e6;
				assert_true(w->count < PLACES);
				unsigned place = (w->first + w->count++) % PLACES;
				w->flights[place].arrives = w->free + WAY;
				w->flights[place].sent = (uint64_t)w->now;
			}
		}
		arrive(w);
		hear(w);
	}
}

static double through(const world *w)
{
	return w->received * 8e6 / (w->now - w->since);
}

static void aNarrowWayIsFound(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 1000000, 3000000);
	run(&w, 3 * SECOND);
	run(&w, 20 * SECOND);
	printf("1 Mbit/s, 3 wanted: %.0f kbit/s through, %.0f ms of delay at most\n", through(&w) / 1000, w.most / 1000);
	assert_true(through(&w) > 600000 && through(&w) < 1000000);
	assert_true(w.most < 250000);
	assert_true(w.packets >= 60 && w.packets <= 200 && w.hurried > 0);
}

static void aWayThatWidensIsUsed(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 500000, 3000000);
	run(&w, 10 * SECOND);
	assert_true(through(&w) < 500000);
	w.rate = 2000000;
	run(&w, 30 * SECOND);
	run(&w, 10 * SECOND);
	printf("500 kbit/s, then 2 Mbit/s: %.0f kbit/s through\n", through(&w) / 1000);
	assert_true(through(&w) > 1200000 && through(&w) < 2000000);
	w.rate = 400000;
	run(&w, 3 * SECOND);
	run(&w, 10 * SECOND);
	assert_true(through(&w) < 400000 && through(&w) > 240000 && w.most < 300000);
}

// Who sends little is never held below that, nor told much more than was seen.
static void littleIsNotHeldBack(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 10000000, 400000);
	run(&w, 20 * SECOND);
	assert_true(through(&w) > 380000);
	assert_true(rtc_remb_rate(&w.remb) >= 400000 && rtc_remb_rate(&w.remb) <= 700000);
}

// A sender whose first pictures are large is not told less than came through.
static void whatComesFirstCounts(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 20000000, 5000000);
	run(&w, SECOND);
	assert_true(rtc_remb_rate(&w.remb) >= 5000000);
}

// Without times of sending a delay that grows is not seen, but what the full queue loses is.
static void lossIsEnough(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 1000000, 3000000);
	w.isStamped = 0;
	run(&w, 5 * SECOND);
	run(&w, 20 * SECOND);
	printf("without times of sending: %.0f kbit/s through, told %.0f\n", through(&w) / 1000, w.told / 1000);
	assert_true(through(&w) > 600000 && w.told < 1600000);
}

static void lossByChanceIsBorne(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 5000000, 2000000);
	w.loss = 0.05;
	run(&w, 5 * SECOND);
	run(&w, 20 * SECOND);
	printf("5 %% lost by chance: %.0f kbit/s through\n", through(&w) / 1000);
	assert_true(through(&w) > 1200000);
}

// Its clock leaps, and wraps; it falls silent for longer than a wrap: what is told stays.
static void clocksMayLeap(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 4000000, 2000000);
	run(&w, 10 * SECOND);
	uint32_t before = rtc_remb_rate(&w.remb);
	assert_true(before > 1900000);
	w.offset -= 20 * SECOND;
	run(&w, 5 * SECOND);
	assert_true(rtc_remb_rate(&w.remb) > 1900000);
	w.limit = 0;
	run(&w, SECOND);
	unsigned packets = w.packets;
	run(&w, 40 * SECOND);
	assert_true(packets <= 6 && w.packets == 0); // while nothing comes nothing is told
	assert_true(w.remb.due == 0);
	w.limit = 2000000;
	run(&w, 70 * SECOND);
	assert_true(through(&w) > 1800000);
	assert_int_equal(w.remb.bwe.overuses, 0);
}

// And from there a queue that grows is seen at once.
static void aLeapBlindsNobody(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 4000000, 2000000);
	run(&w, 10 * SECOND);
	assert_true(w.remb.bwe.delay.deltas > 200);
	w.offset -= 25 * SECOND;
	run(&w, 200000);
	assert_true(w.remb.bwe.delay.deltas < 10); // what is known is of the other clock
	run(&w, 2 * SECOND);
	w.rate = 1000000;
	run(&w, 2 * SECOND);
	assert_true(w.remb.bwe.overuses > 0);
	run(&w, 10 * SECOND);
	assert_true(through(&w) < 1000000 && w.most < 300000);
}

// Of another stream, whose count begins anew, or of a sender whose numbers go back.
static void aCountThatFallsIsNoLoss(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 5000000, 2000000);
	run(&w, 10 * SECOND);
	uint32_t before = rtc_remb_rate(&w.remb);
	for (int i = 0; i < 20; i++) {
		w.lost -= 50;
		run(&w, 100000);
	}
	assert_true(rtc_remb_rate(&w.remb) >= before - before / 50);
}

// More than any counter has: it is loss still, and as soon forgotten.
static void aCountThatLeapsIsLoss(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 5000000, 2000000);
	run(&w, 10 * SECOND);
	uint32_t before = rtc_remb_rate(&w.remb);
	for (int i = 0; i < 20; i++) {
		w.lost += 1ll << 32;
		run(&w, 100000);
	}
	printf("a count that leaps: %u bit/s, then %u\n", before, rtc_remb_rate(&w.remb));
	assert_true(rtc_remb_rate(&w.remb) < before / 2);
	run(&w, 40 * SECOND);
	assert_true(rtc_remb_rate(&w.remb) > before / 2);
}

static void liesAreBounded(void **unused)
{
	(void)unused;
	world w;
	openWorld(&w, 1000000, 1000000);
	for (int i = 0; i < 200000; i++) {
		uint8_t stamp[3] = {(uint8_t)(dice(&w) * 256), (uint8_t)(dice(&w) * 256), (uint8_t)(dice(&w) * 256)};
		w.now += dice(&w) < 0.001 ? dice(&w) * 5e6 : dice(&w) * 5000;
		w.lost = (int64_t)(dice(&w) * 4e9) - 2000000000;
		rtc_remb_take(&w.remb, dice(&w) < 0.3 ? NULL : stamp, (size_t)(dice(&w) * 1200), (uint64_t)w.now);
		hear(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aNarrowWayIsFound),     cmocka_unit_test(aWayThatWidensIsUsed),
		cmocka_unit_test(littleIsNotHeldBack),   cmocka_unit_test(whatComesFirstCounts),
		cmocka_unit_test(lossIsEnough),          cmocka_unit_test(lossByChanceIsBorne),
		cmocka_unit_test(clocksMayLeap),         cmocka_unit_test(aLeapBlindsNobody),
		cmocka_unit_test(liesAreBounded),        cmocka_unit_test(aCountThatFallsIsNoLoss),
		cmocka_unit_test(aCountThatLeapsIsLoss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
