// SPDX-License-Identifier: Apache-2.0
// Lips of one peer: what it took at one time is heard and seen at one time (RFC 3550 section 6.4.1: sender reports tell
// what the timestamps of each stream are by the sender's clock). Pictures wait for the sound that is as old; where they
// come later than that, sound is held back for them, by as little as most of them need.
#ifndef RTC_SYNC_H
#define RTC_SYNC_H

#include "rtc_frame.h"

#define RTC_SYNC_HOLD 400000u // microseconds by which sound is held back at most
#define RTC_SYNC_WAIT 1000000 // microseconds that pictures wait at most: what is further off is no time of one clock

// What is heard.
typedef struct {
	uint64_t sent; // microseconds of the sender's clock at which it was taken
	uint64_t time; // rtc_now() at which it is heard
	int64_t early; // microseconds by which that is before the time at which it should be
	uint32_t held; // microseconds of that time, by rtc_sync_hold
} rtc_sync_sound;

rtc_sync *rtc_sync_new(void); // NULL without memory
rtc_sync *rtc_sync_retain(rtc_sync *sync);
void rtc_sync_release(rtc_sync *sync); // accepts NULL

// All of these on any thread.
void rtc_sync_hear(rtc_sync *sync, const rtc_sync_sound *sound);
// By how many microseconds sound is to be held back, RTC_SYNC_HOLD at most.
uint32_t rtc_sync_hold(rtc_sync *sync, uint64_t now);
// When a picture is to be shown that was taken at `sent`, by the sender's clock: now, or later. `ready`: when it could
// have been shown, if none before it had waited for its sound; sound is held back for what is later than that.
uint64_t rtc_sync_show(rtc_sync *sync, uint64_t sent, uint64_t ready, uint64_t now);

#endif
