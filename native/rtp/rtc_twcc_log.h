// SPDX-License-Identifier: Apache-2.0
// When packets came, and the transport-wide feedback that tells their sender (rtc_twcc.h).
#ifndef RTC_TWCC_LOG_H
#define RTC_TWCC_LOG_H

#include "rtc_twcc.h"

#define RTC_TWCC_LOG 512 // packets between two feedback packets, and the most that one tells of

typedef struct {
	uint8_t started;
	uint8_t number; // of the next feedback packet
	uint16_t next;  // the first sequence number that was not told of
	uint16_t end;   // one after the newest that came
	uint64_t due;   // rtc_now() of the next feedback packet; 0: nothing is to be told
	uint32_t
		arrivals[RTC_TWCC_LOG]; // rtc_now() in units of 250 us, modulo 2^32, by sequence number; 0: it did not come
} rtc_twcc_log;

#define RTC_TWCC_INTERVAL 100000 // microseconds between feedback packets
// A packet came at `now`. One that was told of already is ignored.
void rtc_twcc_log_take(rtc_twcc_log *log, uint16_t sequence, uint64_t now);
// Writes the RTCP packet about what came, as much of it as `capacity` bytes hold, if it is due. Returns its size, 0: it
// is not. Less than 64 bytes hold none.
size_t rtc_twcc_log_write(rtc_twcc_log *log, uint8_t *buffer, size_t capacity, uint32_t ssrc, uint32_t media,
						  uint64_t now);

#endif
