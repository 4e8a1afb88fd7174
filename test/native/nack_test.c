// SPDX-License-Identifier: Apache-2.0
// What is missing is asked for soon, again after a round trip, in bounds, and given up in time.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_nack.h"
#include "rtc_rtcp.h"
#include "rtc_rtp.h"

#define MS 1000u
#define SSRC 0x01020304u
#define MEDIA 0x0a0b0c0du

static rtc_nack nack;
static uint8_t buffer[160];

static void begin(void)
{
	memset(&nack, 0, sizeof nack);
	rtc_nack_init(&nack, 1);
}

// How many packets are asked for at `now`; `first` is the first of them.
static unsigned asked(uint64_t now, uint16_t *first)
{
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	unsigned count = 0;
	size_t size = rtc_nack_write(&nack, buffer, sizeof buffer, SSRC, MEDIA, now);
	if (!size)
		return 0;
	assert_int_equal(rtc_rtcp_begin(&reader, buffer, size), 0);
	while (rtc_rtcp_next(&reader, &item) > 0) {
		assert_true(item.kind == RTC_RTCP_NACK && item.sender == SSRC && item.target == MEDIA);
		if (!count && first)
			*first = item.nack.packet;
		count += 1u + (unsigned)__builtin_popcount(item.nack.following);
	}
	return count;
}

static void gapsAreAskedFor(void **unused)
{
	(void)unused;
	uint16_t first = 0;
	begin();
	assert_int_equal(rtc_nack_take(&nack, 65530 + 65536, 0, 0), 0);
	assert_true(nack.due == UINT64_MAX && !asked(1, NULL));
	assert_int_equal(rtc_nack_take(&nack, 65530 + 65536 + 31, 0, 10 * MS),
					 0); // 30 are missing, over the end of a cycle
	assert_true(!asked(12 * MS, NULL) && nack.due == 10 * MS + RTC_NACK_REORDER);
	assert_int_equal(asked(nack.due, &first), 30);
	assert_int_equal(first, 65531);
	assert_true(!asked(60 * MS, NULL));
	assert_int_equal(nack.due, 15 * MS + RTC_NACK_TRIP_START);
	assert_int_equal(rtc_nack_take(&nack, 65530 + 65536 + 5, 1, 65 * MS), 0); // it took 50 ms
	assert_true(nack.roundTrip < RTC_NACK_TRIP_START && nack.roundTrip > 50 * MS);
	assert_int_equal(asked(200 * MS, &first), 29);
}

static void whatWasOvertakenIsNot(void **unused)
{
	(void)unused;
	begin();
	rtc_nack_take(&nack, 1000, 0, 0);
	rtc_nack_take(&nack, 1002, 0, 0);
	rtc_nack_take(&nack, 1001, 0, 2 * MS);
	assert_true(nack.due == UINT64_MAX && !nack.count && !asked(100 * MS, NULL));
	rtc_nack_take(&nack, 1001, 0, 3 * MS); // twice
	rtc_nack_take(&nack, 900, 0, 3 * MS);
	assert_int_equal(nack.count, 0);
}

static void whatDoesNotComeIsGivenUp(void **unused)
{
	(void)unused;
	unsigned tries = 0;
	uint64_t now = 0;
	begin();
	nack.roundTrip = RTC_NACK_TRIP_MINIMUM;
	rtc_nack_take(&nack, 100000, 0, 0);
	rtc_nack_take(&nack, 100002, 0, 0);
	for (; !rtc_nack_is_lost(&nack, now); now += MS)
		tries += asked(now, NULL);
	assert_int_equal(now, RTC_NACK_AGE_MINIMUM);
	assert_int_equal(tries, RTC_NACK_TRIES);
	rtc_nack_forget(&nack, 100002);
	assert_true(!nack.count && nack.due == UINT64_MAX && rtc_nack_loses(&nack) == UINT64_MAX);
	nack.roundTrip = RTC_NACK_TRIP_MAXIMUM;
	rtc_nack_take(&nack, 100004, 0, now);
	assert_int_equal(rtc_nack_loses(&nack), now + RTC_NACK_AGE_MAXIMUM);
}

static void whoDoesNotHearIsNotAsked(void **unused)
{
	(void)unused;
	begin();
	rtc_nack_init(&nack, 0);
	rtc_nack_take(&nack, 100000, 0, 0);
	rtc_nack_take(&nack, 100002, 0, 0);
	assert_true(nack.due == UINT64_MAX && !asked(100 * MS, NULL));
	assert_true(rtc_nack_loses(&nack) == RTC_NACK_AGE_MINIMUM / 4);
}

static void jumpsAreBounded(void **unused)
{
	(void)unused;
	begin();
	rtc_nack_take(&nack, 100000, 0, 0);
	assert_int_equal(rtc_nack_take(&nack, 100000 + RTC_NACK_PACKETS + 1, 0, 0), 0);
	assert_int_equal(nack.count, RTC_NACK_PACKETS);
	assert_int_equal(rtc_nack_take(&nack, 100000 + RTC_NACK_PACKETS + 3, 0, 0), -1);
	assert_true(!nack.count && nack.due == UINT64_MAX);
	begin();
	rtc_nack_take(&nack, 0xfffffff0u, 0, 0);
	assert_int_equal(rtc_nack_take(&nack, 5, 0, 0), 0); // numbers of 32 bits wrap around
	assert_int_equal(nack.count, 20);
	rtc_nack_forget(&nack, 2);
	assert_int_equal(nack.count, 3);
}

static void oneCompoundHoldsSomeOnly(void **unused)
{
	(void)unused;
	begin();
	rtc_nack_take(&nack, 100000, 0, 0);
	for (uint32_t i = 0; i < 6; i++) // each is missing 20
		rtc_nack_take(&nack, 100021 + 21 * i, 0, 0);
	unsigned count = asked(RTC_NACK_REORDER, NULL);
	assert_int_equal(count, 120);
	begin();
	rtc_nack_take(&nack, 100000, 0, 0);
	rtc_nack_take(&nack, 100000 + RTC_NACK_PACKETS, 0, 0);
	assert_int_equal(rtc_nack_write(&nack, buffer, 16, SSRC, MEDIA, RTC_NACK_REORDER), 16); // 17 of them
	assert_true(nack.due == RTC_NACK_REORDER);
	assert_int_equal(rtc_nack_write(&nack, buffer, 15, SSRC, MEDIA, RTC_NACK_REORDER), 0);
	assert_int_equal(asked(RTC_NACK_REORDER, NULL), RTC_NACK_PACKETS - 1 - 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gapsAreAskedFor),          cmocka_unit_test(whatWasOvertakenIsNot),
		cmocka_unit_test(whatDoesNotComeIsGivenUp), cmocka_unit_test(whoDoesNotHearIsNotAsked),
		cmocka_unit_test(jumpsAreBounded),          cmocka_unit_test(oneCompoundHoldsSomeOnly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
