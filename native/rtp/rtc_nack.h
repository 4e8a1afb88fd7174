// SPDX-License-Identifier: Apache-2.0
// Which packets of one stream are missing, and when each is asked for (RFC 4585 section 6.2.1): soon after the gap is
// seen, then once in a round trip, until it has come, or has been missing for too long. No locks, no clock: its owner
// has them.
#ifndef RTC_NACK_H
#define RTC_NACK_H

#include <stddef.h>
#include <stdint.h>

#define RTC_NACK_PACKETS 128         // that can be missing at once
#define RTC_NACK_TRIES 10            // of each
#define RTC_NACK_REORDER 5000u       // microseconds, in which a packet may have been overtaken only
#define RTC_NACK_TRIP_START 100000u  // microseconds, while no repair has come
#define RTC_NACK_TRIP_MINIMUM 10000u // what packets of a burst need to arrive
#define RTC_NACK_TRIP_MAXIMUM 500000u
#define RTC_NACK_AGE_MINIMUM 200000u // microseconds after which one is given up: four round trips, within these
#define RTC_NACK_AGE_MAXIMUM 1000000u

typedef struct {
	uint32_t sequence; // extended
	uint8_t tries;
	uint64_t noticed, asked; // rtc_now()
} rtc_nack_missing;

typedef struct {
	uint8_t started;
	uint8_t asks;       // whether the sender would hear of it; if not, a packet is given up when it is late
	uint16_t count;     // of `missing`, which is in order
	uint32_t next;      // after the newest that came
	uint32_t roundTrip; // microseconds from a request to what it brought
	uint64_t due;       // when rtc_nack_write has something to write; UINT64_MAX: nothing
	rtc_nack_missing missing[RTC_NACK_PACKETS];
} rtc_nack;

void rtc_nack_init(rtc_nack *nack, int asks);
// A packet came, `repaired` when it was sent again. Returns 0, or -1 where more are missing than can be told of: all of
// them are forgotten, and what they belong to is lost.
int rtc_nack_take(rtc_nack *nack, uint32_t sequence, int repaired, uint64_t now);
// Those before `sequence` are wanted no more.
void rtc_nack_forget(rtc_nack *nack, uint32_t sequence);
// Whether the oldest has been missing for so long that it is given up.
int rtc_nack_is_lost(const rtc_nack *nack, uint64_t now);
// When that will be; UINT64_MAX: nothing is missing.
uint64_t rtc_nack_loses(const rtc_nack *nack);
// Writes an RTCP packet that asks for what is due at `now`, as much as `capacity` bytes hold. Returns its size, 0:
// none.
size_t rtc_nack_write(rtc_nack *nack, uint8_t *buffer, size_t capacity, uint32_t ssrc, uint32_t media, uint64_t now);

#endif
