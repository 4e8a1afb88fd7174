// SPDX-License-Identifier: Apache-2.0
// What a receiver may claim of packets: each loss counts once, what was not sent or is long forgotten is nothing, and
// sound's reports do not judge pictures.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_session_core.h"
#include "rtp_fakes.h"

static fixture *sending(void)
{
	rtc_rtp_stream_options options = video;
	options.ids.transportSequence = 1;
	fixture *f = begin(&options, 1);
	rtc_rtp_session_set_pacing(f->session, 4000000000u);
	return f;
}

// Transport-wide feedback on `count` packets from `base` on, of which the last alone has come.
static void tell(fixture *f, uint16_t base, uint16_t count)
{
	uint8_t packet[64] = {0x8f, 205, 0, 0, THEIRS, OURS};
	size_t size = 20;
	rtc_rtp_put16(packet + 12, base);
	rtc_rtp_put16(packet + 14, count);
	if (count > 1) {
		rtc_rtp_put16(packet + size, (uint16_t)(count - 1)); // a run of lost ones
		size += 2;
	}
	rtc_rtp_put16(packet + size, 0x2001); // and a small delta
	packet[size + 2] = 4;
	size = (size + 3 + 3) & ~3u;
	rtc_rtp_put16(packet + 2, (uint16_t)(size / 4 - 1));
	fakeReceive(f->srtp, packet, size);
}

static unsigned inState(const fixture *f, uint8_t state)
{
	unsigned count = 0;
	for (int i = 0; i < RTC_RTP_SENT; i++)
		count += f->session->sent[i].state == state;
	return count;
}

static void aLossCountsOnce(void **state)
{
	(void)state;
	fixture *f = sending();
	picture(f, fakeNow, 1, 5000);
	picture(f, fakeNow + FRAME, 0, 5000);
	assert_true(f->session->transportSequence >= 8);
	for (int i = 0; i < 3; i++)
		tell(f, 0, 8);
	assert_int_equal(f->session->bwe.lost, 7);
	assert_int_equal(f->session->bwe.received, 1); // nor does what has come
	assert_true(inState(f, RTC_RTP_MISSING) == 7 && inState(f, RTC_RTP_ARRIVED) == 1);
	tell(f, 3, 1); // it was late, not lost
	assert_true(inState(f, RTC_RTP_MISSING) == 6 && inState(f, RTC_RTP_ARRIVED) == 2);
	finish(f);
}

static void whatWasNotSentHasNotCome(void **state)
{
	(void)state;
	fixture *f = sending();
	tell(f, 0, 100);
	while (f->session->transportSequence < RTC_RTP_SENT + 20) {
		picture(f, fakeNow += FRAME, 1, 5000);
		f->srtp->count = 0;
	}
	uint16_t next = f->session->transportSequence;
	assert_int_equal(inState(f, RTC_RTP_FLYING), RTC_RTP_SENT);
	tell(f, next, 200); // to come
	for (uint16_t i = 1; i < 10; i++)
		tell(f, (uint16_t)(next - RTC_RTP_SENT - i),
			 1); // forgotten: others have their places
	assert_int_equal(inState(f, RTC_RTP_FLYING), RTC_RTP_SENT);
	assert_true(f->session->bwe.received == 0 && f->session->bwe.lost == 0);
	tell(f, (uint16_t)(next - RTC_RTP_SENT), 1);
	assert_int_equal(inState(f, RTC_RTP_ARRIVED), 1);
	finish(f);
}

// A symbol that has no meaning: nothing of the packet is believed.
static void whatHasNoMeaning(void **state)
{
	(void)state;
	rtc_rtp_session_statistics statistics;
	fixture *f = sending();
	uint8_t packet[32] = {0x8f, 205, 0, 7, THEIRS, OURS, 0, 0, 0, 2, 0, 0, 0, 0, 0x60, 2}; // a run of two
	picture(f, fakeNow, 1, 5000);
	fakeReceive(f->srtp, packet, sizeof packet);
	packet[20] = 0xdc; // small, and that
	fakeReceive(f->srtp, packet, sizeof packet);
	rtc_rtp_session_get_statistics(f->session, &statistics);
	assert_true(statistics.malformedRtcp == 2 && statistics.feedbackReceived == 0);
	assert_int_equal(inState(f, RTC_RTP_ARRIVED), 0);
	finish(f);
}

static void soundsReportsAreSounds(void **state)
{
	(void)state;
	for (int isVideo = 0; isVideo < 2; isVideo++) {
		fixture *f = begin(isVideo ? &video : &audio, 1);
		uint8_t lossy[sizeof report];
		memcpy(lossy, report, sizeof report);
		lossy[12] = 128; // half of them
		if (isVideo)
			picture(f, fakeNow, 1, 100);
		else
			sound(f, fakeNow, 100);
		for (int i = 0; i < 4; i++, fakeNow += SECOND)
			fakeReceive(f->srtp, lossy, sizeof lossy);
		assert_int_equal(f->session->bwe.lossRate == UINT32_MAX, !isVideo);
		finish(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aLossCountsOnce),
		cmocka_unit_test(whatWasNotSentHasNotCome),
		cmocka_unit_test(whatHasNoMeaning),
		cmocka_unit_test(soundsReportsAreSounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
