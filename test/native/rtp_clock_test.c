// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "rtp_fakes.h"

static void videoClockDoesNotDrift(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	uint64_t start = fakeNow;
	picture(f, fakeNow, 1, 100);
	uint32_t first = take(f).timestamp;
	for (uint64_t i = 1; i <= 3600 * 30; i++) {
		fakeNow = start + i * SECOND / 30;
		f->frame.key = 0;
		f->frame.size = 40;
		deliver(f, fakeNow);
		int32_t error = (int32_t)(take(f).timestamp - first - (uint32_t)(i * 3000));
		assert_true(error >= -1 && error <= 1);
	}
	finish(f);
}

static void audioStepsBySamples(void **state)
{
	(void)state;
	fixture *f = begin(&audio, 1);
	uint64_t time = fakeNow;
	sound(f, time, 80);
	rtc_rtp_packet first = take(f), packet = first;
	assert_int_equal(first.marker, 1);
	for (uint32_t i = 1; i <= 30000; i++) { // ten minutes; times jitter by 5 ms, and the sound card is 200 ppm slow
		time += 20004;
		sound(f, time + i % 3 * 2500, 80);
		packet = take(f);
		assert_int_equal(packet.timestamp, first.timestamp + i * 960);
		assert_int_equal(packet.marker, 0);
	}
	time += 20000 * 51; // silence of a second
	sound(f, time, 80);
	rtc_rtp_packet next = take(f);
	int32_t gap = (int32_t)(next.timestamp - packet.timestamp) - 51 * 960;
	assert_true(gap > -480 && gap < 480);
	assert_int_equal(next.marker, 1);
	sound(f, time - 60 * SECOND, 80); // a clock that was set back
	packet = take(f);
	assert_int_equal(packet.timestamp, next.timestamp + 960);
	assert_int_equal(packet.marker, 0);
	sound(f, time - 60 * SECOND + 20000, 80);
	assert_int_equal(take(f).timestamp, next.timestamp + 2 * 960);
	sound(f, time - 60 * SECOND + 60000, 80); // one frame is missing
	packet = take(f);
	assert_int_equal(packet.timestamp, next.timestamp + 4 * 960);
	assert_int_equal(packet.marker, 1);
	finish(f);
}

static void audioOfOtherRates(void **state)
{
	(void)state;
	fixture *f = begin(&audio, 1);
	f->frame.sampleRate = 16000; // the RTP clock of Opus is 48 kHz whatever it is fed (RFC 7587 section 4.1)
	f->frame.samples = 320;
	sound(f, fakeNow, 80);
	uint32_t first = take(f).timestamp;
	sound(f, fakeNow + 20000, 80);
	assert_int_equal(take(f).timestamp, first + 960);
	finish(f);
}

static void senderReports(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	uint64_t start = fakeNow;
	picture(f, start - 40000, 1, 100); // captured 40 ms ago
	uint32_t captured = packetAt(f, 0).timestamp;
	const uint8_t *sr = f->srtp->packets[f->srtp->count - 1].data;
	assert_true(f->srtp->packets[f->srtp->count - 1].isRtcp && sr[1] == 200);
	assert_int_equal(rtc_rtp_get32(sr + 4), SSRC);
	assert_int_equal(rtc_rtp_get32(sr + 8), 0xe0000000);
	assert_int_equal(rtc_rtp_get32(sr + 12), 0);
	assert_int_equal(rtc_rtp_get32(sr + 16), captured + 3600); // the same instant
	assert_int_equal(rtc_rtp_get32(sr + 20), f->statistics.packetsSent);
	assert_int_equal(rtc_rtp_get32(sr + 24), f->statistics.bytesSent);
	assert_memory_equal(sr + 36, "\1\5cname", 7);
	f->srtp->count = 0;
	uint64_t previous = fakeNow;
	int reports = 0;
	while (fakeNow < start + 100 * SECOND) {
		fakeNow += 10000;
		f->frame.size = 40;
		deliver(f, fakeNow);
		if (f->srtp->packets[f->srtp->count - 1].isRtcp) {
			reports++;
			assert_true(fakeNow - previous >= SECOND / 2 && fakeNow - previous <= SECOND * 3 / 2 + 10000);
			previous = fakeNow;
		}
		f->srtp->count = 0;
	}
	assert_true(reports > 80 && reports < 125);
	finish(f);
}

static void roundTrip(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	fakeNtp = 0x00000001b7052000ull << 16 | 0x1234;
	picture(f, fakeNow, 1, 100);
	uint8_t block[sizeof report];
	memcpy(block, report, sizeof block);
	rtc_rtp_put32(block + 24, 0xb7052000);
	rtc_rtp_put32(block + 28, 0x00054000); // 5.25 s
	fakeNow += 11375000;
	fakeNtp = 0; // the wall clock was set meanwhile
	fakeReceive(f->srtp, block, sizeof block);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_true(f->statistics.roundTripTime == 6.125);
	finish(f);
}

static void feedbackAsksOnce(void **state)
{
	(void)state;
	static const uint8_t fir[] = {0x84, 206, 0, 4, THEIRS, 0, 0, 0, 0, OURS, 7, 0, 0, 0};
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	fakeReceive(f->srtp, pli, sizeof pli);
	fakeReceive(f->srtp, pli, sizeof pli);
	fakeReceive(f->srtp, fir, sizeof fir);
	assert_int_equal(f->source.keyFrameRequests, 1);
	picture(f, fakeNow += FRAME, 1, 100);
	fakeReceive(f->srtp, fir, sizeof fir); // a repetition
	assert_int_equal(f->source.keyFrameRequests, 1);
	fakeReceive(f->srtp, pli, sizeof pli);
	assert_int_equal(f->source.keyFrameRequests, 2);
	fakeReceive(f->srtp, pli, sizeof pli - 1);
	rtc_rtp_session_statistics session;
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	rtc_rtp_session_get_statistics(f->session, &session);
	assert_int_equal(f->statistics.pliCount, 3);
	assert_int_equal(f->statistics.firCount, 2);
	assert_int_equal(session.malformedRtcp, 1);
	finish(f);
	f = begin(&audio, 1);
	fakeReceive(f->srtp, pli, sizeof pli);
	assert_int_equal(f->source.keyFrameRequests, 0);
	finish(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(videoClockDoesNotDrift),
		cmocka_unit_test(audioStepsBySamples),
		cmocka_unit_test(audioOfOtherRates),
		cmocka_unit_test(senderReports),
		cmocka_unit_test(roundTrip),
		cmocka_unit_test(feedbackAsksOnce),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
