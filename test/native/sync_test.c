// SPDX-License-Identifier: Apache-2.0
// Sound and pictures of one sender, in virtual time, each with a delay of its own: what belongs together is played
// together.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rtc_sync.h"

#define START 5000000u
#define CLOCK 3900000000000000u // the sender's clock less ours
#define PACKET 20000u
#define PICTURE 33000u

// A way, and a player that follows what is wanted of it as a playout does.
typedef struct {
	rtc_sync *sync;
	int64_t sound; // microseconds from the sender until sound is heard, without being held
	int64_t hold;  // for which it is held at present
	uint32_t slew; // microseconds that it gains or loses with each packet
	uint64_t sent; // of the next packet
	uint64_t picture;
	int64_t worst; // of the pictures since it was cleared: shown less heard
	uint32_t state;
} world;

static uint32_t below(world *it, uint32_t bound)
{
	it->state = it->state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(it->state >> 8) * bound >> 24);
}

static world begin(int64_t sound)
{
	world it = {.sync = rtc_sync_new(), .sound = sound, .slew = 5000, .sent = START, .picture = START, .state = 1};
	assert_non_null(it.sync);
	return it;
}

static void hear(world *it)
{
	uint32_t wanted = rtc_sync_hold(it->sync, it->sent);
	int64_t more = (int64_t)wanted - it->hold;
	it->hold += more > it->slew ? it->slew : more < -(int64_t)it->slew ? -(int64_t)it->slew : more;
	const rtc_sync_sound sound = {
		.sent = it->sent + CLOCK,
		.time = it->sent + (uint64_t)(it->sound + it->hold),
		.early = (int64_t)wanted - it->hold,
		.held = wanted,
	};
	rtc_sync_hear(it->sync, &sound);
	it->sent += PACKET;
}

static void see(world *it, int64_t delay)
{
	uint64_t ready = it->picture + (uint64_t)delay;
	uint64_t shown = rtc_sync_show(it->sync, it->picture + CLOCK, ready, ready);
	assert_true(shown >= ready);
	int64_t error = (int64_t)(shown - it->picture) - it->sound - it->hold;
	if (llabs(error) > llabs(it->worst))
		it->worst = error;
	it->picture += PICTURE;
}

// `delay` until pictures are ready, one of them in ten by `more`.
static void run(world *it, double seconds, int64_t delay, int64_t more)
{
	for (uint64_t end = it->sent + (uint64_t)(seconds * 1e6); it->sent < end;) {
		hear(it);
		while (it->picture + (uint64_t)delay < it->sent)
			see(it, delay + (below(it, 10) ? 0 : more));
	}
}

static void picturesWaitForSound(void **unused)
{
	(void)unused;
	world it = begin(120000);
	run(&it, 1, 20000, 0);
	it.worst = 0;
	run(&it, 10, 20000, 0);
	assert_true(llabs(it.worst) < 2000);
	assert_int_equal(rtc_sync_hold(it.sync, it.sent), 0); // sound is as fast as it was
	rtc_sync_release(it.sync);
}

static void soundIsHeldForPictures(void **unused)
{
	(void)unused;
	world it = begin(60000);
	run(&it, 3, 210000, 0);
	it.worst = 0;
	run(&it, 20, 210000, 0);

	assert_true(llabs(it.worst) < 20000);
	assert_in_range(rtc_sync_hold(it.sync, it.sent), 135000, 170000); // no more than it needs
	rtc_sync_release(it.sync);
}

// As pictures are that were asked for again.
static void soundIsHeldForThoseThatAreLate(void **unused)
{
	(void)unused;
	world it = begin(60000);
	run(&it, 4, 30000, 90000);
	it.worst = 0;
	run(&it, 30, 30000, 90000);
	assert_true(llabs(it.worst) < 60000);
	// None is late any more.
	run(&it, 30, 30000, 0);
	assert_true(rtc_sync_hold(it.sync, it.sent) <= 30000);
	rtc_sync_release(it.sync);
}

#define DECODING 3000u
#define NOTICEABLE 60000

// Pictures as they are put together and shown: one that is lost comes a round trip after it was missed, unless it is
// lost again; those after it wait for it; and the screen has one at a time.
typedef struct {
	int64_t delay, trip;
	uint32_t lost;        // of 100
	uint64_t whole, free; // of the newest picture, and when the screen has shown it
	unsigned shown, off;  // and of these not with their sound
} show;

static void assemble(world *it, show *show)
{
	uint64_t comes = it->picture + (uint64_t)show->delay;
	if (below(it, 100) < show->lost)
		do
			comes += (uint64_t)show->trip;
		while (below(it, 100) < show->lost);
	if (comes > show->whole)
		show->whole = comes;
}

static void runShow(world *it, show *show, double seconds)
{
	for (uint64_t end = it->sent + (uint64_t)(seconds * 1e6); it->sent < end;) {
		hear(it);
		for (;;) {
			if (show->whole < it->picture)
				assemble(it, show);
			uint64_t taken = show->whole > show->free ? show->whole : show->free, now = taken + DECODING;
			if (taken > it->sent)
				break;
			show->free = rtc_sync_show(it->sync, it->picture + CLOCK, show->whole + DECODING, now);
			show->off += llabs((int64_t)(show->free - it->picture) - it->sound - it->hold) > NOTICEABLE;
			show->shown++;
			it->picture += PICTURE;
			assemble(it, show);
		}
	}
}

// A way that loses, and has pictures late. Sound is held while that is so, and no longer.
static void soundIsHeldForRepairs(void **unused)
{
	(void)unused;
	world it = begin(65000);
	show show = {.delay = 145000, .trip = 180000, .lost = 5};
	runShow(&it, &show, 10);
	show.shown = show.off = 0;
	runShow(&it, &show, 120);
	print_message("%u of %u pictures are off\n", show.off, show.shown);
	assert_true(show.shown > 3500 && show.off < show.shown / 10);
	assert_in_range(rtc_sync_hold(it.sync, it.sent), 200000, RTC_SYNC_HOLD);
	show.lost = 0;
	runShow(&it, &show, 15);
	assert_in_range(rtc_sync_hold(it.sync, it.sent), 70000, 120000);
	show.delay = 30000; // and now they wait for sound
	runShow(&it, &show, 10);
	assert_true(rtc_sync_hold(it.sync, it.sent) <= 30000);
	show.shown = show.off = 0;
	runShow(&it, &show, 10);
	assert_int_equal(show.off, 0);
	rtc_sync_release(it.sync);
}

static void onePictureAloneIsChance(void **unused)
{
	(void)unused;
	world it = begin(60000);
	run(&it, 5, 30000, 0);
	for (int i = 0; i < 10; i++) {
		see(&it, 500000);
		run(&it, 1, 30000, 0);
	}
	assert_int_equal(rtc_sync_hold(it.sync, it.sent), 0);
	rtc_sync_release(it.sync);
}

// A player that gains little is not asked for more and more meanwhile.
static void whatIsOnItsWayIsNotAskedForTwice(void **unused)
{
	(void)unused;
	world it = begin(60000);
	it.slew = 200; // 1 %
	for (int i = 0; i < 40; i++) {
		run(&it, 1, 210000, 0);
		assert_true(rtc_sync_hold(it.sync, it.sent) < 170000);
	}
	it.worst = 0;
	run(&it, 5, 210000, 0);
	assert_true(llabs(it.worst) < 20000);
	rtc_sync_release(it.sync);
}

static void boundsAreKept(void **unused)
{
	(void)unused;
	world it = begin(60000);
	uint64_t now = it.picture + 7000;
	assert_int_equal(rtc_sync_show(it.sync, it.picture + CLOCK, now, now), now); // there is no sound
	run(&it, 2, 900000, 0);
	run(&it, 30, 900000, 0);
	assert_int_equal(rtc_sync_hold(it.sync, it.sent), RTC_SYNC_HOLD);
	assert_int_equal(rtc_sync_hold(it.sync, it.sent + 2500000), 0); // there are no pictures any more
	// Times of another clock.
	now = it.sent;
	const int64_t off[] = {-3600000000, -1100000, 1100000, 3600000000, INT64_MIN, INT64_MAX};
	for (unsigned i = 0; i < sizeof off / sizeof *off; i++)
		assert_int_equal(rtc_sync_show(it.sync, now + CLOCK + (uint64_t)off[i], now, now), now);
	// Nor is sound held for pictures of such a time.
	for (int i = 0; i < 50; i++, now += PICTURE, hear(&it), hear(&it))
		rtc_sync_show(it.sync, now + CLOCK - 3600000000u, now, now);
	assert_int_equal(rtc_sync_hold(it.sync, now), 0);
	// Sound that has ended is not waited for.
	now = it.sent + 3000000;
	assert_int_equal(rtc_sync_show(it.sync, now + CLOCK, now, now), now);
	rtc_sync_release(it.sync);
}

static void soundMayBeginAnew(void **unused)
{
	(void)unused;
	world it = begin(60000);
	run(&it, 5, 30000, 0);
	it.sound = 360000; // another way
	run(&it, 0.06, 30000, 0);
	it.worst = 0;
	run(&it, 5, 30000, 0);
	assert_true(llabs(it.worst) < 2000);
	assert_int_equal(rtc_sync_retain(it.sync), it.sync);
	rtc_sync_release(it.sync);
	rtc_sync_release(it.sync);
	rtc_sync_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picturesWaitForSound),
		cmocka_unit_test(soundIsHeldForPictures),
		cmocka_unit_test(soundIsHeldForThoseThatAreLate),
		cmocka_unit_test(soundIsHeldForRepairs),
		cmocka_unit_test(onePictureAloneIsChance),
		cmocka_unit_test(whatIsOnItsWayIsNotAskedForTwice),
		cmocka_unit_test(boundsAreKept),
		cmocka_unit_test(soundMayBeginAnew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
