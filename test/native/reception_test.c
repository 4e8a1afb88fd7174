// SPDX-License-Identifier: Apache-2.0
// A receiver's statistics, beside what a plain reading of RFC 3550 gives.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "numbers.h"
#include "rtc_rtp_reception.h"

#define CLOCK 90000u
#define SECOND 1000000u
#define SEEDS 1000

static uint32_t take(rtc_rtp_reception *reception, uint16_t sequence, uint32_t timestamp, uint64_t now)
{
	uint32_t extended = 0;
	rtc_rtp_reception_take(reception, sequence, timestamp, now, &extended);
	return extended;
}

static void numbersAreExtended(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	rtc_rtcp_report report;
	rtc_rtp_reception_init(&reception, CLOCK);
	assert_int_equal(rtc_rtp_reception_lost(&reception), 0);
	uint32_t first = take(&reception, 65534, 0, 0);
	assert_int_equal(take(&reception, 0, 0, 0), first + 2);
	assert_int_equal(take(&reception, 65535, 0, 0), first + 1);
	assert_int_equal(take(&reception, 65533, 0, 0), first - 1); // sent before, came after
	assert_int_equal(rtc_rtp_reception_extend(&reception, 5), first + 7);
	rtc_rtp_reception_report(&reception, 0, &report);
	assert_true(report.packetsLost == 0 && report.fractionLost == 0 && report.highestSequence == 0x10000);
	assert_true(report.lastReport == 0 && report.delay == 0);
}

static void lossIsCountedByInterval(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	rtc_rtcp_report report;
	rtc_rtp_reception_init(&reception, CLOCK);
	for (uint16_t i = 0; i < 100; i++)
		if (i % 4 != 1)
			take(&reception, i, i * 3000u, i * 33333u);
	rtc_rtp_reception_report(&reception, 0, &report);
	assert_true(report.packetsLost == 25 && report.fractionLost == 64);
	for (uint16_t i = 100; i < 200; i++)
		take(&reception, i, i * 3000u, i * 33333u);
	take(&reception, 197, 3000, 0); // again
	rtc_rtp_reception_report(&reception, 0, &report);
	assert_true(report.packetsLost == 24 && report.fractionLost == 0); // more came than was expected
	rtc_rtp_reception_report(&reception, 0, &report);
	assert_int_equal(report.fractionLost, 0);
	for (int i = 0; i < 50; i++)
		take(&reception, 199, 0, 0);
	assert_int_equal(rtc_rtp_reception_lost(&reception), -26);
}

static void aJumpMustBeFollowed(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	uint32_t extended = 7;
	rtc_rtp_reception_init(&reception, CLOCK);
	uint32_t first = take(&reception, 100, 0, 0);
	assert_int_equal(rtc_rtp_reception_take(&reception, 20000, 0, 0, &extended), RTC_RTP_RECEPTION_JUMPED);
	assert_int_equal(rtc_rtp_reception_take(&reception, 40000, 0, 0, &extended), RTC_RTP_RECEPTION_JUMPED);
	assert_int_equal(take(&reception, 101, 0, 0), first + 1);
	assert_int_equal(rtc_rtp_reception_take(&reception, 40001, 0, 0, &extended), RTC_RTP_RECEPTION_JUMPED);
	assert_int_equal(rtc_rtp_reception_take(&reception, 40002, 0, 0, &extended), RTC_RTP_RECEPTION_RESTARTED);
	assert_true(extended > first + 1 && (extended & 0xffff) == 40002);
	assert_true(rtc_rtp_reception_lost(&reception) == 0 && reception.jumps == 3);
	assert_int_equal(take(&reception, 40003, 0, 0), extended + 1);
}

// Numbers never go back, also where a stream begins anew far below.
static void aJumpBackIsAhead(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	uint32_t extended;
	rtc_rtp_reception_init(&reception, CLOCK);
	uint32_t first = take(&reception, 60000, 0, 0);
	rtc_rtp_reception_take(&reception, 100, 0, 0, &extended); // 5,636 ahead, or far back
	assert_int_equal(rtc_rtp_reception_take(&reception, 101, 0, 0, &extended), RTC_RTP_RECEPTION_RESTARTED);
	assert_true(extended > first);
	first = extended;
	rtc_rtp_reception_take(&reception, 40000, 0, 0, &extended);
	assert_int_equal(rtc_rtp_reception_take(&reception, 40001, 0, 0, &extended), RTC_RTP_RECEPTION_RESTARTED);
	assert_true(extended > first);
	first = extended;
	rtc_rtp_reception_take(&reception, 20000, 0, 0, &extended);
	assert_int_equal(rtc_rtp_reception_take(&reception, 20001, 0, 0, &extended), RTC_RTP_RECEPTION_RESTARTED);
	assert_true(extended > first);
}

// Another time is no jitter.
static void aTimeThatJumpsIsNoJitter(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	rtc_rtcp_report report;
	rtc_rtp_reception_init(&reception, CLOCK);
	for (uint16_t i = 0; i < 50; i++)
		take(&reception, i, i * 3000u + (i < 25 ? 0 : 20 * CLOCK), i * 33333u);
	rtc_rtp_reception_report(&reception, 0, &report);
	assert_true(report.jitter < 10);
}

static void aReportAnswersTheSendersOwn(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	rtc_rtcp_report report;
	const rtc_rtcp_sender_info info = {.ntp = 0x1122334455667788u, .packets = 5, .octets = 6};
	rtc_rtp_reception_init(&reception, CLOCK);
	rtc_rtp_reception_reported(&reception, &info, 3 * SECOND);
	rtc_rtp_reception_report(&reception, 3 * SECOND + SECOND / 2, &report);
	assert_true(report.lastReport == 0x33445566 && report.delay == 0x8000);
	rtc_rtp_reception_report(&reception, 200000ull * SECOND, &report);
	assert_int_equal(report.delay, UINT32_MAX);
	assert_true(reception.reports == 1 && reception.sender.packets == 5);
}

// RFC 3550 section 6.4.1: the pair of times in a report says when what comes before and after it was taken.
static void timesAreTheSenders(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	const rtc_rtcp_sender_info info = {.ntp = (3900000000ull << 32) + 0x40000000, .timestamp = 100};
	const uint64_t reported = 3900000000ull * SECOND + SECOND / 4;
	rtc_rtp_reception_init(&reception, CLOCK);
	assert_int_equal(rtc_rtp_reception_sent(&reception, 100), 0); // there was none
	rtc_rtp_reception_reported(&reception, &info, 3 * SECOND);
	assert_int_equal(rtc_rtp_reception_sent(&reception, 100), reported);
	assert_int_equal(rtc_rtp_reception_sent(&reception, 100 + 2 * CLOCK), reported + 2 * SECOND);
	assert_int_equal(rtc_rtp_reception_sent(&reception, 100u - CLOCK / 2), reported - SECOND / 2); // it wraps
	rtc_rtp_reception_init(&reception, CLOCK);
	assert_int_equal(rtc_rtp_reception_sent(&reception, 100), 0); // another stream
}

#define NTP(microseconds) ((3900000000ull << 32) + (((uint64_t)(microseconds) << 32) / SECOND))

// A report whose times were not read at once moves little; where most say so, or by very much, the clock is another.
static void oneReportIsNotBelieved(void **unused)
{
	(void)unused;
	rtc_rtp_reception reception;
	const uint64_t begin = 3900000000ull * SECOND;
	const int64_t late[] = {0, 0, 0, 200000, 0, 0, 1000, 150000, 0, 90000, 0, 0};
	rtc_rtp_reception_init(&reception, CLOCK);
	for (uint32_t i = 0; i < sizeof late / sizeof *late; i++) {
		rtc_rtcp_sender_info info = {.ntp = NTP(i * 5 * SECOND + late[i]), .timestamp = 0xfffffff0 + i * 5 * CLOCK};
		rtc_rtp_reception_reported(&reception, &info, 0);
		assert_in_range(rtc_rtp_reception_sent(&reception, 0xfffffff0 + 9 * CLOCK), begin + 9 * SECOND - 3,
						begin + 9 * SECOND + 1003);
		assert_int_equal(reception.sender.ntp, info.ntp); // as getStats() tells it
	}
	for (uint32_t i = 0; i < 3; i++) { // another by 300 ms
		rtc_rtcp_sender_info info = {.ntp = NTP((60 + i * 5) * SECOND + 300000),
									 .timestamp = 0xfffffff0 + (12 + i) * 5 * CLOCK};
		rtc_rtp_reception_reported(&reception, &info, 0);
	}
	assert_in_range(rtc_rtp_reception_sent(&reception, 0xfffffff0 + 9 * CLOCK), begin + 9 * SECOND + 299990,
					begin + 9 * SECOND + 300010);
	rtc_rtcp_sender_info set = {.ntp = NTP(5 * SECOND), .timestamp = 0xfffffff0 + 15 * 5 * CLOCK};
	rtc_rtp_reception_reported(&reception, &set, 0);
	assert_in_range(rtc_rtp_reception_sent(&reception, set.timestamp), begin + 5 * SECOND - 1, begin + 5 * SECOND);
	assert_int_equal(reception.clockCount, 1);
}

// RFC 3550 section 6.4.1, in floating point.
static void jitterIsThatOfTheStandard(void **unused)
{
	(void)unused;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		rtc_rtp_reception reception;
		rtc_rtcp_report report;
		double jitter = 0, before = 0;
		state = seed * 2654435761u;
		uint32_t spread = below(100000) + 1, timestamp = below(UINT32_MAX);
		uint16_t sequence = (uint16_t)below(65536);
		rtc_rtp_reception_init(&reception, CLOCK);
		for (uint32_t i = 0; i < 300; i++) {
			uint64_t now = 5 * SECOND + i * 40000ull + below(spread);
			double transit = (double)now * CLOCK / SECOND - i * 3600.0;
			if (i)
				jitter += (fabs(transit - before) - jitter) / 16;
			before = transit;
			for (int part = 0; part < 3; part++) // of one picture
				take(&reception, sequence++, timestamp + i * 3600, now + (uint64_t)part * 100);
		}
		rtc_rtp_reception_report(&reception, 0, &report);
		assert_true(fabs(report.jitter - jitter) < 3 + jitter / 100);
	}
}

// Any numbers: what is lost is what was expected less what came, and numbers only grow with their cycles.
static void anyNumbers(void **unused)
{
	(void)unused;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		rtc_rtp_reception reception;
		rtc_rtcp_report report;
		state = seed * 2654435761u;
		rtc_rtp_reception_init(&reception, CLOCK);
		uint16_t sequence = (uint16_t)below(65536);
		for (int i = 0; i < 2000; i++) {
			uint32_t extended = 0;
			sequence = (uint16_t)(below(50) ? sequence + 1u : below(65536));
			int result = rtc_rtp_reception_take(&reception, sequence, below(UINT32_MAX), below(UINT32_MAX), &extended);
			if (result == RTC_RTP_RECEPTION_JUMPED)
				continue;
			assert_int_equal(extended & 0xffff, sequence);
			assert_true(extended >= 0x8000 && reception.highest >= extended && reception.first <= extended);
			if (!below(100))
				rtc_rtp_reception_report(&reception, below(UINT32_MAX), &report);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbersAreExtended),     cmocka_unit_test(lossIsCountedByInterval),
		cmocka_unit_test(aJumpMustBeFollowed),    cmocka_unit_test(aReportAnswersTheSendersOwn),
		cmocka_unit_test(timesAreTheSenders),     cmocka_unit_test(jitterIsThatOfTheStandard),
		cmocka_unit_test(aJumpBackIsAhead),       cmocka_unit_test(aTimeThatJumpsIsNoJitter),
		cmocka_unit_test(oneReportIsNotBelieved), cmocka_unit_test(anyNumbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
