// SPDX-License-Identifier: Apache-2.0
// Packets that are sent again: as RFC 4588 has it, under their own numbers, once for a round trip, within bounds.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_cache.h"
#include "rtc_rtp_session_core.h"
#include "rtp_fakes.h"

#define RTX_SSRC 0x91223344
#define FIRST 0x73f3 // the first sequence number of a stream, by the fake's random numbers

static rtc_rtp_stream_options withRtx(void)
{
	rtc_rtp_stream_options options = video;
	options.rtxSsrc = RTX_SSRC;
	options.rtxPayloadType = 103;
	return options;
}

// Says that a packet is missing, and those after it of which `following` has bits.
static void lack(fixture *f, uint16_t sequence, uint16_t following)
{
	uint8_t nack[] = {0x81, 205, 0, 3, THEIRS, OURS, 0, 0, 0, 0};
	rtc_rtp_put16(nack + 12, sequence);
	rtc_rtp_put16(nack + 14, following);
	fakeReceive(f->srtp, nack, sizeof nack);
	fakeRun(f->srtp, fakeNow);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
}

static rtc_rtp_packet repairAt(const fixture *f, size_t index)
{
	rtc_rtp_packet packet;
	assert_true(index < f->srtp->count);
	assert_int_equal(rtc_rtp_parse(&packet, f->srtp->packets[index].data, f->srtp->packets[index].size), 0);
	return packet;
}

static void retransmissions(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	fake_packet sent[4];
	picture(f, fakeNow, 1, 2500);
	memcpy(sent, f->srtp->packets, sizeof sent);
	f->srtp->count = 0;
	lack(f, FIRST + 1, 0x2);
	assert_int_equal(f->srtp->count, 2);
	for (size_t i = 0; i < 2; i++) {
		rtc_rtp_packet original, repair = repairAt(f, i);
		const fake_packet *of = &sent[1 + 2 * i];
		assert_int_equal(rtc_rtp_parse(&original, of->data, of->size), 0);
		assert_true(repair.ssrc == RTX_SSRC && repair.payloadType == 103);
		assert_int_equal(repair.sequence, FIRST + i);
		assert_true(repair.timestamp == original.timestamp && repair.marker == original.marker);
		assert_int_equal(rtc_rtp_get16(repair.payload), original.sequence);
		assert_int_equal(repair.payloadSize, original.payloadSize + 2);
		assert_memory_equal(repair.payload + 2, original.payload, original.payloadSize);
	}
	assert_true(repairAt(f, 1).marker);
	assert_int_equal(f->statistics.retransmittedPacketsSent, 2);
	assert_int_equal(f->statistics.packetsSent, 6);
	assert_int_equal(f->statistics.nackCount, 1);
	finish(f);
}

// Whose section they are of, although the stream's is known: the first of them.
static void theFirstRepairsBearTheMid(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	options.ids.mid = 3;
	memcpy(options.mid, "0", 2);
	fixture *f = begin(&options, 1);
	unsigned named = 0, repairs = 0;
	fakeReceive(f->srtp, report, sizeof report); // it knows the stream
	for (uint16_t i = 0; i < 80; i++) {
		f->srtp->count = 0;
		picture(f, fakeNow += FRAME, 1, 100);
		rtc_rtp_packet packet = repairAt(f, 0);
		size_t size = 0;
		assert_null(rtc_rtp_find_extension(&packet, 3, &size));
		f->srtp->count = 0;
		lack(f, packet.sequence, 0);
		if (!f->srtp->count)
			continue;
		packet = repairAt(f, 0);
		repairs++;
		named += rtc_rtp_find_extension(&packet, 3, &size) && size == 1;
	}
	assert_true(repairs > 60 && named == 50);
	finish(f);
}

// Of a peer without RTX they bear their own numbers, unless that would give the key away (RFC 7714 section 8.4).
static void withoutRtx(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 2500);
	fake_packet sent = f->srtp->packets[2];
	f->srtp->count = 0;
	lack(f, FIRST + 2, 0);
	assert_int_equal(f->srtp->count, 1);
	assert_int_equal(f->srtp->packets[0].size, sent.size);
	assert_memory_equal(f->srtp->packets[0].data, sent.data, sent.size);
	f->srtp->isGcm = 1;
	lack(f, FIRST + 1, 0);
	assert_int_equal(f->srtp->count, 1);
	finish(f);
}

static void onceForARoundTrip(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 2500);
	f->srtp->count = 0;
	for (int i = 0; i < 7; i++) {
		lack(f, FIRST, 0xffff); // 13 of these were never sent
		fakeNow += 10000;
	}
	assert_int_equal(f->srtp->count, 4);
	fakeNow += 10000; // now it has been most of one, as long as nothing else is known
	lack(f, FIRST, 0);
	assert_int_equal(f->srtp->count, 5);
	finish(f);
}

// Feedback waits for a while before it is sent, and what it measures is longer than a round trip. A receiver that asks
// again after one, because what was sent again was lost, too, is not left to ask a third time.
static void theSecondRequestCounts(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	for (uint64_t wait = 5000; wait < 100000; wait += 5000)
		rtc_bwe_round_trip(&f->session->bwe, 100000 + wait);
	picture(f, fakeNow, 1, 2500);
	f->srtp->count = 0;
	for (size_t i = 1; i <= 5; i++) {
		lack(f, FIRST, 0);
		assert_int_equal(f->srtp->count, i);
		fakeNow += 50000;
		lack(f, FIRST, 0); // one that was under way
		assert_int_equal(f->srtp->count, i);
		fakeNow += 50000;
	}
	finish(f);
}

static void whatIsNotThere(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	lack(f, FIRST, 0xffff); // before there was anything
	picture(f, fakeNow, 1, 2500);
	f->srtp->count = 0;
	lack(f, FIRST + 4, 0xffff);
	lack(f, FIRST - 1, 0);
	lack(f, FIRST + 0x8000, 0xffff);
	assert_int_equal(f->srtp->count, 0);
	fakeNow += (RTC_RTP_CACHE_MILLISECONDS + 1) * 1000;
	lack(f, FIRST, 0xffff); // too old
	assert_int_equal(f->srtp->count, 0);
	f->srtp->ready = 0;
	picture(f, fakeNow, 1, 100);
	lack(f, FIRST + 4, 0);
	f->srtp->ready = 1;
	assert_int_equal(f->srtp->count, 0);
	finish(f);
}

// What a receiver asks for again and again is half of the rate at most, and harms nobody else.
static void flood(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	rtc_rtp_session_set_pacing(f->session, 50000000);
	uint64_t bytes = 0, start = fakeNow;
	for (int i = 0; i < 300; i++) {
		picture(f, fakeNow, i % 30 == 0, 5900);
		for (int k = 0; k < 10; k++) {
			for (int j = 0; j < 16; j++)
				lack(f, (uint16_t)(FIRST + 6 * i - 17 * j), 0xffff);
			fakeRun(f->srtp, fakeNow + FRAME / 10);
		}
		for (size_t j = 0; j < f->srtp->count; j++)
			if (!f->srtp->packets[j].isRtcp && repairAt(f, j).ssrc == RTX_SSRC)
				bytes += f->srtp->packets[j].size;
		f->srtp->count = 0;
	}
	assert_true(f->statistics.nackCount > 10000 && f->statistics.framesSent == 300);
	double rate = (double)bytes * 8e6 / (double)(fakeNow - start);
	assert_true(rate > 100000 && rate < 600000); // of 1 Mbit/s that is assumed, with a burst at first
	finish(f);
}

static void closedWithRepairsInTheQueue(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 2500);
	f->srtp->count = 0;
	uint8_t nack[] = {0x81, 205, 0, 3, THEIRS, OURS, FIRST >> 8, FIRST & 0xff, 0xff, 0xff};
	fakeReceive(f->srtp, nack, sizeof nack);
	rtc_rtp_sender_close(f->sender);
	size_t byes = f->srtp->count;
	fakeRun(f->srtp, fakeNow + SECOND);
	assert_int_equal(f->srtp->count, byes);
	f->sender = NULL;
	finish(f);
}

static void theCacheIsOff(void **state)
{
	(void)state;
	assert_int_equal(rtc_rtp_cache_configure(0, 1000), 0);
	rtc_rtp_stream_options options = withRtx();
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 5900);
	assert_int_equal(f->statistics.packetsSent, f->srtp->count - 1);
	f->srtp->count = 0;
	lack(f, FIRST, 0xffff);
	assert_int_equal(f->srtp->count, 0);
	finish(f);
	assert_int_equal(rtc_rtp_cache_configure(RTC_RTP_CACHE_BYTES, RTC_RTP_CACHE_MILLISECONDS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retransmissions),
		cmocka_unit_test(theFirstRepairsBearTheMid),
		cmocka_unit_test(withoutRtx),
		cmocka_unit_test(onceForARoundTrip),
		cmocka_unit_test(theSecondRequestCounts),
		cmocka_unit_test(whatIsNotThere),
		cmocka_unit_test(flood),
		cmocka_unit_test(closedWithRepairsInTheQueue),
		cmocka_unit_test(theCacheIsOff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
