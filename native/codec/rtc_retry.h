// SPDX-License-Identifier: Apache-2.0
// When to try again what lacked memory: after a pause that grows, so that a device that is short of it is not kept busy
// with failing. Not thread-safe.
#ifndef RTC_RETRY_H
#define RTC_RETRY_H

#include <stdint.h>

#define RTC_RETRY_FIRST 100000u // microseconds
#define RTC_RETRY_LONGEST 5000000u

typedef struct {
	uint64_t time;  // by rtc_now(), of the next attempt
	uint32_t pause; // before it; 0: nothing has failed
} rtc_retry;

static inline int rtc_retry_is_due(const rtc_retry *retry, uint64_t now)
{
	return !retry->pause || now >= retry->time;
}

// Returns whether this is the first failure since the newest success: the one to tell of.
static inline int rtc_retry_failed(rtc_retry *retry, uint64_t now)
{
	int first = !retry->pause;
	retry->pause = first                                  ? RTC_RETRY_FIRST
				   : retry->pause < RTC_RETRY_LONGEST / 2 ? retry->pause * 2
														  : RTC_RETRY_LONGEST;
	retry->time = now + retry->pause;
	return first;
}

static inline void rtc_retry_succeeded(rtc_retry *retry)
{
	retry->pause = 0;
}

#endif
