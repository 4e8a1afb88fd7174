// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp.h"
#include "rtc_rtp_feedback.h"

#define SSRC 0x11223344
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define OURS 0x11, 0x22, 0x33, 0x44
#define THEIRS 0, 0, 0, 1

// What a browser sends in one datagram: RR with one block, SDES, PLI, FIR, NACK of two entries, REMB, BYE.
static const uint8_t compound[] = {
	0x81, 201,  0,    7,    THEIRS, OURS,   0x40, 0xff,   0xff, 0xfe,   0,    1,   0x12,   0x34,   0, 0,    0x0b, 0xb8,
	0xb7, 0x05, 0x20, 0,    0,      5,      0x40, 0,      0x81, 202,    0,    3,   THEIRS, 1,      4, 'n',  'a',  'm',
	'e',  0,    0,    0x81, 206,    0,      2,    THEIRS, OURS, 0x84,   206,  0,   4,      THEIRS, 0, 0,    0,    0,
	OURS, 7,    0,    0,    0,      0x81,   205,  0,      4,    THEIRS, OURS, 0,   10,     0,      1, 0,    40,   0x80,
	0,    0x8f, 206,  0,    5,      THEIRS, 0,    0,      0,    0,      'R',  'E', 'M',    'B',    1, 0x0b, 0xd0, 0x90,
	OURS, 0x81, 203,  0,    3,      THEIRS, 4,    'd',    'o',  'n',    'e',  0,   0,      0,
};
static const size_t boundaries[] = {32, 48, 60, 80, 100, 124, sizeof compound};

static void readsEveryKind(void **state)
{
	(void)state;
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	assert_int_equal(rtc_rtcp_begin(&reader, compound, sizeof compound), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_REPORT);
	assert_int_equal(item.sender, 1);
	assert_int_equal(item.target, SSRC);
	assert_int_equal(item.report.fractionLost, 0x40);
	assert_int_equal(item.report.packetsLost, -2);
	assert_int_equal(item.report.highestSequence, 0x11234);
	assert_int_equal(item.report.jitter, 3000);
	assert_int_equal(item.report.lastReport, 0xb7052000);
	assert_int_equal(item.report.delay, 0x54000);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_PLI);
	assert_int_equal(item.target, SSRC);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_FIR);
	assert_int_equal(item.target, SSRC);
	assert_int_equal(item.sequence, 7);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_NACK);
	assert_int_equal(item.target, SSRC);
	assert_true(item.first && item.nack.packet == 10 && item.nack.following == 1);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_true(!item.first && item.nack.packet == 40 && item.nack.following == 0x8000);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_REMB);
	assert_int_equal(item.target, SSRC);
	assert_int_equal(item.bitrate, 0x3d090 << 2); // 1 Mbit/s
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_BYE);
	assert_int_equal(item.target, 1);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 0);
}

static int readAll(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); // of exact size, for the sanitizer
	memcpy(copy, data, size);
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	int result = rtc_rtcp_begin(&reader, copy, size);
	while (result == 0 && (result = rtc_rtcp_next(&reader, &item)) > 0)
		result = 0;
	free(copy);
	return result;
}

static uint32_t malformedRtcp, unknownRtcp; // so far

// Takes in what a compound packet says of SSRC. Returns whether it asks for a key frame.
static int receive(rtc_rtp_feedback *feedback, const uint8_t *packet, size_t size, uint64_t now)
{
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	int wanted = 0, result = rtc_rtcp_begin(&reader, packet, size);
	if (!result)
		while ((result = rtc_rtcp_next(&reader, &item)) > 0) {
			unknownRtcp += item.kind == RTC_RTCP_UNKNOWN;
			if (item.kind != RTC_RTCP_UNKNOWN && item.target == SSRC)
				wanted |= rtc_rtp_feedback_take(feedback, &item, now);
		}
	malformedRtcp += result < 0;
	return wanted;
}

static void truncationsAreMalformed(void **state)
{
	(void)state;
	rtc_rtp_feedback feedback;
	rtc_rtp_feedback_init(&feedback, 90000);
	malformedRtcp = unknownRtcp = 0;
	uint32_t malformed = 0;
	size_t boundary = 0;
	for (size_t size = 0; size <= sizeof compound; size++) {
		int whole = size == boundaries[boundary];
		boundary += whole;
		malformed += !whole;
		assert_int_equal(readAll(compound, size), whole ? 0 : -1);
		receive(&feedback, compound, size, 0);
		assert_int_equal(malformedRtcp, malformed);
	}
	assert_int_equal(boundary, 7);
}

// Cuts each packet's contents while its length field follows: what its count or format promises is no longer there.
static void contentsThatDoNotFit(void **state)
{
	(void)state;
	size_t begin = 0;
	for (size_t i = 0; i < sizeof boundaries / sizeof boundaries[0]; i++) {
		uint8_t packet[64];
		size_t size = boundaries[i] - begin;
		memcpy(packet, compound + begin, size);
		begin = boundaries[i];
		if (packet[1] == 202)
			continue;
		for (size_t cut = 4; cut < size; cut += 4) {
			packet[3] = (uint8_t)(cut / 4 - 1);
			// A NACK of one entry is whole, an AFB without "REMB" is merely unknown, and a BYE needs no reason.
			int whole = (packet[1] == 205 && cut == 16) || (packet[0] == 0x8f && cut >= 12 && cut < 20) ||
						(packet[1] == 203 && cut == 8);
			assert_int_equal(readAll(packet, cut), whole ? 0 : -1);
		}
	}
}

static void headersThatDoNotFit(void **state)
{
	(void)state;
	assert_int_equal(readAll(BYTES(0x41, 206, 0, 2, THEIRS, OURS)), -1); // version 1
	assert_int_equal(readAll(BYTES(0xa1, 206, 0, 3, THEIRS, OURS, 0, 0, 0, 4)), 0);
	assert_int_equal(readAll(BYTES(0xa1, 206, 0, 3, THEIRS, OURS, 0, 0, 0, 4, 0x80, 201, 0, 1, THEIRS)), -1);
	assert_int_equal(readAll(BYTES(0x81, 206, 0, 3, THEIRS, OURS, 0, 0, 0, 0)), -1); // a PLI has no more
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 4)), 0);        // one word of padding
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 3)), -1);
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 0)), -1);
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 12)), -1);
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 8)), -1); // padding that eats the SSRC
	assert_int_equal(readAll(BYTES(0xa0, 201, 0, 0)), -1);
	assert_int_equal(readAll(BYTES(0x81, 203, 0, 2, THEIRS, 4, 'd', 'o', 'n')), -1); // a reason that does not fit
	assert_int_equal(readAll(BYTES(0x80, 203, 0, 0)), 0);
}

// What comes before a packet whose padding is wrong still counts.
static void wrongPaddingCostsItsPacketAlone(void **state)
{
	(void)state;
	rtc_rtp_feedback feedback;
	for (int padding = 0; padding < 256; padding++) {
		uint8_t packet[] = {0x81, 206, 0, 2, THEIRS, OURS, 0xa0, 201, 0, 2, THEIRS, 0, 0, 0, (uint8_t)padding};
		rtc_rtp_feedback_init(&feedback, 90000);
		malformedRtcp = unknownRtcp = 0;
		assert_int_equal(receive(&feedback, packet, sizeof packet, 0), 1);
		assert_int_equal(feedback.statistics.pliCount, 1);
		assert_int_equal(malformedRtcp, padding != 4);
	}
	// Padding on a packet that is not the last.
	uint8_t early[] = {0x81, 206, 0, 2, THEIRS, OURS, 0xa0, 201, 0, 2, THEIRS, 0, 0, 0, 4, 0x80, 201, 0, 1, THEIRS};
	rtc_rtp_feedback_init(&feedback, 90000);
	malformedRtcp = unknownRtcp = 0;
	assert_int_equal(receive(&feedback, early, sizeof early, 0), 1);
	assert_int_equal(malformedRtcp, 1);
}

static void bitratesAreHeld(void **state)
{
	(void)state;
	uint8_t remb[] = {0x8f, 206, 0, 5, THEIRS, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0xff, 0xff, 0xff, OURS};
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	assert_int_equal(rtc_rtcp_begin(&reader, remb, sizeof remb), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_true(item.bitrate == UINT64_MAX);
}

static void unknownPacketsAreCounted(void **state)
{
	(void)state;
	rtc_rtp_feedback feedback;
	rtc_rtp_feedback_init(&feedback, 90000);
	malformedRtcp = unknownRtcp = 0;
	static const uint8_t packet[] = {0x80, 204, 0, 2, THEIRS, 'a',  'b', 'c', 'd',    // APP
									 0x82, 206, 0, 3, THEIRS, OURS, 0,   0,   0,   0, // SLI
									 0x80, 192, 0, 1, THEIRS,                         // RFC 2032's FIR
									 0x81, 206, 0, 2, THEIRS, OURS};
	assert_int_equal(receive(&feedback, packet, sizeof packet, 0), 1);
	assert_int_equal(unknownRtcp, 3);
	assert_int_equal(malformedRtcp, 0);
	assert_int_equal(feedback.statistics.pliCount, 1);
}

static void keyFrameRequests(void **state)
{
	(void)state;
	rtc_rtp_feedback feedback;
	rtc_rtp_feedback_init(&feedback, 90000);
	malformedRtcp = unknownRtcp = 0;
	uint8_t fir[] = {0x84, 206, 0, 6, THEIRS, 0, 0, 0, 0, 9, 9, 9, 9, 1, 0, 0, 0, OURS, 0, 0, 0, 0};
	assert_int_equal(receive(&feedback, fir, sizeof fir, 0), 1); // the first may have any number
	assert_int_equal(receive(&feedback, fir, sizeof fir, 0), 0);
	fir[24] = 255;
	assert_int_equal(receive(&feedback, fir, sizeof fir, 0), 1);
	fir[7] = 2; // another requester has its own numbers
	assert_int_equal(receive(&feedback, fir, sizeof fir, 0), 1);
	fir[20]++; // about another source
	assert_int_equal(receive(&feedback, fir, sizeof fir, 0), 0);
	assert_int_equal(feedback.statistics.firCount, 4);
	assert_int_equal(receive(&feedback, BYTES(0x81, 206, 0, 2, THEIRS, 1, 2, 3, 4), 0), 0);
	assert_int_equal(feedback.statistics.pliCount, 0);
}

// The example of RFC 3550 figure 2: SR at 0xb705:2000, answered 5.250 s later, received at 0xb710:8000.
static void roundTripOfRfc3550(void **state)
{
	(void)state;
	rtc_rtp_feedback feedback;
	rtc_rtp_feedback_init(&feedback, 90000);
	malformedRtcp = unknownRtcp = 0;
	rtc_rtp_feedback_reported(&feedback, 0xb44db70520000000, 1000000);
	uint64_t now = 1000000 + 11375000; // 0xb710:8000 - 0xb705:2000
	receive(&feedback, compound, 32, now);
	rtc_rtp_stream_statistics *statistics = &feedback.statistics;
	assert_true(statistics->roundTripTime == 6.125);
	assert_int_equal(statistics->roundTripTimeMeasurements, 1);
	assert_true(statistics->fractionLost == 0.25);
	assert_int_equal(statistics->packetsLost, -2);
	assert_true(statistics->jitter * 90000 > 2999.999 && statistics->jitter * 90000 < 3000.001);
	receive(&feedback, compound, 32, now + 500000);
	assert_true(statistics->roundTripTime == 6.625 && statistics->totalRoundTripTime == 12.75);
	for (int i = 0; i < RTC_RTP_FEEDBACK_REPORTS; i++) // a report too old to be known measures nothing
		rtc_rtp_feedback_reported(&feedback, (uint64_t)i << 32, now);
	receive(&feedback, compound, 32, now);
	assert_int_equal(statistics->roundTripTimeMeasurements, 2);
	assert_int_equal(statistics->reportsReceived, 3);
}

static void writesReportAndBye(void **state)
{
	(void)state;
	static const uint8_t expected[] = {0x80, 200, 0,   6,   OURS, 1,   2,   3, 4,    5,   6,    7,   8,   0xa, 0xb,
									   0xc,  0xd, 0,   0,   0,    5,   0,   0, 4,    0,   0x81, 202, 0,   3,   OURS,
									   1,    5,   'c', 'n', 'a',  'm', 'e', 0, 0x81, 203, 0,    1,   OURS};
	rtc_rtcp_sender_info info = {SSRC, 0x0102030405060708, 0x0a0b0c0d, 5, 1024};
	uint8_t buffer[RTC_RTCP_REPORT_SIZE + RTC_RTCP_BYE_SIZE];
	size_t size = rtc_rtcp_write_report(buffer, &info, "cname");
	size += rtc_rtcp_write_bye(buffer + size, SSRC);
	assert_int_equal(size, sizeof expected);
	assert_memory_equal(buffer, expected, size);
	char cname[RTC_RTCP_CNAME + 1] = "";
	for (size_t length = 0; length <= RTC_RTCP_CNAME; cname[length++] = 'x') {
		size = rtc_rtcp_write_report(buffer, &info, cname);
		assert_true(size <= RTC_RTCP_REPORT_SIZE && buffer[37] == length);
		assert_int_equal(readAll(buffer, size), 0);
		assert_int_equal(buffer[size - 1], 0);
	}
}

static void rtpHeaders(void **state)
{
	(void)state;
	static const char mid[] = "0123456789abcde";
	for (size_t length = 0; length <= RTC_RTP_MID; length++) {
		uint8_t data[RTC_RTP_HEADER_MAXIMUM + 3];
		char text[RTC_RTP_MID + 1] = "";
		memcpy(text, mid, length);
		size_t size = rtc_rtp_write_header(data, 102, SSRC, 4, text);
		rtc_rtp_stamp(data, 1, 0xfffe, 0x89abcdef);
		assert_int_equal(size % 4, 0);
		memcpy(data + size, "xyz", 3);
		rtc_rtp_packet packet;
		assert_int_equal(rtc_rtp_parse(&packet, data, size + 3), 0);
		assert_true(packet.marker && packet.payloadType == 102 && packet.sequence == 0xfffe);
		assert_true(packet.timestamp == 0x89abcdef && packet.ssrc == SSRC && packet.payloadSize == 3);
		assert_memory_equal(packet.payload, "xyz", 3);
		size_t found = 0;
		const uint8_t *value = rtc_rtp_find_extension(&packet, 4, &found);
		assert_int_equal(found, length);
		assert_true(!length == !value);
		if (value)
			assert_memory_equal(value, mid, length);
		assert_null(rtc_rtp_find_extension(&packet, 5, &found));
		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(rtc_rtp_parse(&packet, data, cut), -1);
		data[0] |= 0x20; // padding: 'z' is more than there is
		assert_int_equal(rtc_rtp_parse(&packet, data, size + 3), -1);
		data[size + 2] = 2;
		assert_int_equal(rtc_rtp_parse(&packet, data, size + 3), 0);
		assert_int_equal(packet.payloadSize, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readsEveryKind),
		cmocka_unit_test(truncationsAreMalformed),
		cmocka_unit_test(contentsThatDoNotFit),
		cmocka_unit_test(headersThatDoNotFit),
		cmocka_unit_test(bitratesAreHeld),
		cmocka_unit_test(wrongPaddingCostsItsPacketAlone),
		cmocka_unit_test(unknownPacketsAreCounted),
		cmocka_unit_test(keyFrameRequests),
		cmocka_unit_test(roundTripOfRfc3550),
		cmocka_unit_test(writesReportAndBye),
		cmocka_unit_test(rtpHeaders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
