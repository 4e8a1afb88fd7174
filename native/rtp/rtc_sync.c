// SPDX-License-Identifier: Apache-2.0
#include "rtc_sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include "rtc_port.h"

#define STALE 1000000    // microseconds without sound, after which pictures do not wait for it
#define GONE 2000000     // microseconds without pictures, after which sound does not wait for them
#define JUMP 100000      // microseconds by which sound's time may change at once: more is another
#define SMOOTHING 8      // packets over which it is taken
#define WINDOW 500000    // microseconds in which the pictures that are late are looked at
#define WINDOWS 8        // that count
#define ENOUGH 10000     // microseconds for which sound is not held back more
#define LESS 30000       // and those for which it is not held back less
#define STEP_UP 80000    // microseconds that it is held back more, with each window
#define STEP_DOWN 20000u // and less

struct rtc_sync {
	atomic_uint refs;
	pthread_mutex_t lock; // guards what follows
	uint8_t isHeard, isSeen;
	uint64_t heard, seen; // rtc_now() of the newest
	int64_t offset;       // of sound: when it is heard, less when it was taken
	int64_t goal;         // what that would be if it were as old as it should be
	uint32_t held;        // of the goal
	uint32_t hold;
	uint64_t windowEnd;
	uint8_t window, count;  // the present one, and the pictures in it, two at most
	int64_t worst, second;  // of the present one: for how long sound should have been held
	int64_t needs[WINDOWS]; // of each
};

rtc_sync *rtc_sync_new(void)
{
	rtc_sync *sync = rtc_calloc(1, sizeof *sync);
	if (!sync)
		return NULL;
	atomic_init(&sync->refs, 1);
	pthread_mutex_init(&sync->lock, NULL);
	return sync;
}

rtc_sync *rtc_sync_retain(rtc_sync *sync)
{
	atomic_fetch_add_explicit(&sync->refs, 1, memory_order_relaxed);
	return sync;
}

void rtc_sync_release(rtc_sync *sync)
{
	if (!sync || atomic_fetch_sub_explicit(&sync->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&sync->lock);
	rtc_free(sync);
}

void rtc_sync_hear(rtc_sync *sync, const rtc_sync_sound *sound)
{
	int64_t offset = (int64_t)(sound->time - sound->sent);
	pthread_mutex_lock(&sync->lock);
	int64_t change = (int64_t)((uint64_t)offset - (uint64_t)sync->offset); // a sender's clock may say anything
	if (!sync->isHeard || change > JUMP || change < -JUMP)
		sync->offset = offset;
	else
		sync->offset += change / SMOOTHING;
	sync->goal = sync->offset + sound->early;
	sync->held = sound->held;
	sync->heard = sound->time;
	sync->isHeard = 1;
	pthread_mutex_unlock(&sync->lock);
}

static void clearNeeds(rtc_sync *sync)
{
	for (int i = 0; i < WINDOWS; i++)
		sync->needs[i] = 0;
	sync->count = 0;
}

// Takes the greatest need of the newest windows, by steps.
static void adjust(rtc_sync *sync)
{
	int64_t need = 0;
	for (int i = 0; i < WINDOWS; i++)
		if (sync->needs[i] > need)
			need = sync->needs[i];
	if (need > RTC_SYNC_HOLD)
		need = RTC_SYNC_HOLD;
	int64_t more = need - sync->hold;
	if (more > ENOUGH)
		sync->hold += (uint32_t)(more < STEP_UP ? more : STEP_UP);
	else if (-more > LESS)
		sync->hold -= sync->hold < STEP_DOWN ? sync->hold : STEP_DOWN;
}

// Of each window the second in need counts: one alone may be chance.
static void note(rtc_sync *sync, int64_t need, uint64_t now)
{
	if (now >= sync->windowEnd) {
		if (sync->count) {
			sync->needs[sync->window] = sync->count > 1 ? sync->second : 0;
			sync->window = (uint8_t)((sync->window + 1) % WINDOWS);
			adjust(sync);
		}
		sync->count = 0;
		sync->windowEnd = now + WINDOW;
	}
	if (!sync->count || need > sync->worst) {
		sync->second = sync->worst;
		sync->worst = need;
	} else if (sync->count == 1 || need > sync->second)
		sync->second = need;
	if (sync->count < 2)
		sync->count++;
}

uint32_t rtc_sync_hold(rtc_sync *sync, uint64_t now)
{
	pthread_mutex_lock(&sync->lock);
	if (!sync->isSeen || (int64_t)(now - sync->seen) > GONE) {
		sync->hold = 0;
		clearNeeds(sync);
	}
	uint32_t hold = sync->hold;
	pthread_mutex_unlock(&sync->lock);
	return hold;
}

uint64_t rtc_sync_show(rtc_sync *sync, uint64_t sent, uint64_t ready, uint64_t now)
{
	uint64_t due = now;
	pthread_mutex_lock(&sync->lock);
	int64_t wait = (int64_t)(sent + (uint64_t)sync->offset - now);
	if (sync->isHeard && (int64_t)(now - sync->heard) < STALE && wait < RTC_SYNC_WAIT && wait > -RTC_SYNC_WAIT) {
		sync->isSeen = 1;
		sync->seen = now;
		note(sync, (int64_t)sync->held + (int64_t)(ready - sent) - sync->goal, now);
		due += wait > 0 ? (uint64_t)wait : 0;
	}
	pthread_mutex_unlock(&sync->lock);
	return due;
}
