// SPDX-License-Identifier: Apache-2.0
#include "rtc_nack.h"

#include <string.h>
#include "rtc_rtcp.h"

static int isBefore(uint32_t one, uint32_t other)
{
	return (int32_t)(one - other) < 0;
}

void rtc_nack_init(rtc_nack *nack, int asks)
{
	uint32_t roundTrip = nack->roundTrip;
	memset(nack, 0, sizeof *nack);
	nack->asks = asks != 0;
	nack->roundTrip = roundTrip ? roundTrip : RTC_NACK_TRIP_START; // the way is the same for another stream
	nack->due = UINT64_MAX;
}

static uint32_t ageOf(const rtc_nack *nack)
{
	uint32_t age = 4 * nack->roundTrip;
	if (!nack->asks)
		return RTC_NACK_AGE_MINIMUM / 4; // nothing but packets that were overtaken will come
	return age < RTC_NACK_AGE_MINIMUM ? RTC_NACK_AGE_MINIMUM : age > RTC_NACK_AGE_MAXIMUM ? RTC_NACK_AGE_MAXIMUM : age;
}

static uint64_t dueOf(const rtc_nack *nack, const rtc_nack_missing *missing)
{
	if (!nack->asks || missing->tries == RTC_NACK_TRIES)
		return UINT64_MAX;
	return missing->tries ? missing->asked + nack->roundTrip : missing->noticed + RTC_NACK_REORDER;
}

static void schedule(rtc_nack *nack)
{
	nack->due = UINT64_MAX;
	for (uint16_t i = 0; i < nack->count; i++) {
		uint64_t due = dueOf(nack, &nack->missing[i]);
		if (due < nack->due)
			nack->due = due;
	}
}

// What came may answer any of the requests for it. The newest gives the shortest time, so those that were asked for
// once count alone.
static void measure(rtc_nack *nack, const rtc_nack_missing *missing, uint64_t now)
{
	uint64_t trip = now - missing->asked;
	if (missing->tries != 1)
		return;
	if (trip < RTC_NACK_TRIP_MINIMUM)
		trip = RTC_NACK_TRIP_MINIMUM;
	if (trip > RTC_NACK_TRIP_MAXIMUM)
		trip = RTC_NACK_TRIP_MAXIMUM;
	nack->roundTrip += ((int32_t)trip - (int32_t)nack->roundTrip) / 4;
}

static void fill(rtc_nack *nack, uint32_t sequence, int repaired, uint64_t now)
{
	for (uint16_t i = 0; i < nack->count; i++) {
		rtc_nack_missing *missing = &nack->missing[i];
		if (missing->sequence != sequence)
			continue;
		if (repaired)
			measure(nack, missing, now);
		nack->count--;
		memmove(missing, missing + 1, (nack->count - i) * sizeof *missing);
		schedule(nack);
		return;
	}
}

int rtc_nack_take(rtc_nack *nack, uint32_t sequence, int repaired, uint64_t now)
{
	if (!nack->started) {
		nack->started = 1;
		nack->next = sequence + 1;
		return 0;
	}
	if (isBefore(sequence, nack->next)) {
		fill(nack, sequence, repaired, now);
		return 0;
	}
	uint32_t gap = sequence - nack->next;
	if (gap > (uint32_t)(RTC_NACK_PACKETS - nack->count)) {
		nack->count = 0;
		nack->due = UINT64_MAX;
		nack->next = sequence + 1;
		return -1;
	}
	for (uint32_t i = 0; i < gap; i++)
		nack->missing[nack->count++] = (rtc_nack_missing){.sequence = nack->next + i, .noticed = now};
	nack->next = sequence + 1;
	if (gap)
		schedule(nack);
	return 0;
}

void rtc_nack_forget(rtc_nack *nack, uint32_t sequence)
{
	uint16_t count = 0;
	while (count < nack->count && isBefore(nack->missing[count].sequence, sequence))
		count++;
	if (!count)
		return;
	nack->count = (uint16_t)(nack->count - count);
	memmove(nack->missing, nack->missing + count, nack->count * sizeof *nack->missing);
	schedule(nack);
}

uint64_t rtc_nack_loses(const rtc_nack *nack)
{
	return nack->count ? nack->missing[0].noticed + ageOf(nack) : UINT64_MAX;
}

int rtc_nack_is_lost(const rtc_nack *nack, uint64_t now)
{
	return now >= rtc_nack_loses(nack);
}

// Whether it is due by the time that another is sent anyway.
static int isDue(const rtc_nack *nack, const rtc_nack_missing *missing, uint64_t now)
{
	return dueOf(nack, missing) <= now + RTC_NACK_REORDER / 2;
}

size_t rtc_nack_write(rtc_nack *nack, uint8_t *buffer, size_t capacity, uint32_t ssrc, uint32_t media, uint64_t now)
{
	rtc_rtcp_nack entries[RTC_NACK_PACKETS];
	size_t count = 0, most = (capacity - RTC_RTCP_FEEDBACK_SIZE) / RTC_RTCP_NACK_SIZE;
	if (nack->due > now || capacity < RTC_RTCP_FEEDBACK_SIZE + RTC_RTCP_NACK_SIZE)
		return 0;
	for (uint16_t i = 0; i < nack->count; i++) {
		rtc_nack_missing *missing = &nack->missing[i];
		if (!isDue(nack, missing, now))
			continue;
		uint16_t ahead = count ? (uint16_t)(missing->sequence - entries[count - 1].packet) : 0;
		if (count && ahead <= 16)
			entries[count - 1].following |= (uint16_t)(1u << (ahead - 1));
		else if (count < most)
			entries[count++] = (rtc_rtcp_nack){.packet = (uint16_t)missing->sequence};
		else
			break;
		missing->tries++;
		missing->asked = now;
	}
	schedule(nack);
	return count ? rtc_rtcp_write_nack(buffer, ssrc, media, entries, count) : 0;
}
