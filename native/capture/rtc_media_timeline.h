// SPDX-License-Identifier: Apache-2.0
// The common time of all sources that play the same file: they begin together, and loop together.
#ifndef RTC_MEDIA_TIMELINE_H
#define RTC_MEDIA_TIMELINE_H

#include <stdint.h>

typedef struct rtc_media_timeline rtc_media_timeline;

// The timeline of a file: that which is there, or a new one. `duration` in microseconds, 0 when unknown. NULL without
// memory.
rtc_media_timeline *rtc_media_timeline_get(const char *path, uint64_t duration);
void rtc_media_timeline_release(rtc_media_timeline *timeline); // accepts NULL
// A source begins to play: returns the rtc_now() at which the file began for all, now if it is the first to play.
uint64_t rtc_media_timeline_play(rtc_media_timeline *timeline);
void rtc_media_timeline_pause(rtc_media_timeline *timeline);
uint64_t rtc_media_timeline_duration(rtc_media_timeline *timeline);
// For a file that does not tell: the first source at its end does. Returns the duration that counts.
uint64_t rtc_media_timeline_learn(rtc_media_timeline *timeline, uint64_t duration);

#endif
