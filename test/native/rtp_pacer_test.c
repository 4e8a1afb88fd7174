// SPDX-License-Identifier: Apache-2.0
// When packets leave, and what they bear: large frames smoothed, sound at once, what is late given up.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_cache.h"
#include "rtp_fakes.h"

#define RATE 1000000u // bit/s
#define OTHER_SSRC 0x55667788

static fixture *paced(const rtc_rtp_stream_options *options, uint32_t rate)
{
	fixture *f = begin(options, 1);
	rtc_rtp_session_set_pacing(f->session, rate);
	return f;
}

static size_t bytesOf(const fixture *f)
{
	size_t bytes = 0;
	for (size_t i = 0; i < f->srtp->count; i++)
		bytes += f->srtp->packets[i].isRtcp ? 0 : f->srtp->packets[i].size;
	return bytes;
}

static rtc_rtp_session_statistics ofSession(const fixture *f)
{
	rtc_rtp_session_statistics statistics;
	rtc_rtp_session_get_statistics(f->session, &statistics);
	return statistics;
}

// In any time no more than the rate allows, and a burst of 20 ms; and no less.
static void aLargeFrameIsSmoothed(void **state)
{
	(void)state;
	fixture *f = paced(&video, RATE);
	uint64_t start = fakeNow;
	picture(f, fakeNow, 1, 5900);
	for (int i = 0; i < 40; i++) {
		size_t allowed = (size_t)(RATE / 8 * (fakeNow - start + 20000) / 1000000) + RTC_RTP_PACKET_MAXIMUM;
		assert_true(bytesOf(f) <= allowed);
		fakeRun(f->srtp, fakeNow + 1000);
	}
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_true(f->statistics.packetsSent == 7 && ofSession(f).queuedBytes == 0);
	assert_true(packetAt(f, f->srtp->count - 1).marker);
	for (size_t i = 0, sequence = 0x73f3; i < f->srtp->count; i++)
		if (!f->srtp->packets[i].isRtcp)
			assert_int_equal(packetAt(f, i).sequence, sequence++);
	finish(f);
}

static void soundDoesNotWait(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = audio;
	uint8_t data[80] = {1};
	fake_source source;
	int error;
	fixture *f = paced(&video, RATE / 4);
	options.ssrc = OTHER_SSRC;
	rtc_rtp_sender *sender = rtc_rtp_sender_new(&options, f->session, &error);
	fakeSourceInit(&source);
	rtc_source_connect(&source.source, rtc_rtp_sender_sink(sender));
	picture(f, fakeNow, 1, 5900);
	assert_true(ofSession(f).queuedBytes > 3000);
	rtc_frame frame = {.data = data,
					   .size = sizeof data,
					   .format = RTC_FORMAT_ENCODED,
					   .codec = &opus,
					   .sampleRate = 48000,
					   .samples = 960,
					   .time = fakeNow};
	for (int i = 0; i < 5; i++, frame.time = fakeNow += 20000) {
		f->srtp->count = 0;
		rtc_source_deliver(&source.source, &frame);
		assert_true(f->srtp->count && rtc_rtp_get32(f->srtp->packets[0].data + 8) == OTHER_SSRC);
	}
	rtc_rtp_sender_close(sender);
	rtc_source_release(&source.source);
	finish(f);
}

// A key frame makes what waits before it useless, but what has begun is finished, and no number is left out.
static void aKeyFrameOvertakes(void **state)
{
	(void)state;
	fixture *f = paced(&video, RATE / 4);
	picture(f, fakeNow, 1, 3000);
	for (int i = 1; i < 4; i++)
		picture(f, fakeNow + i * FRAME, 0, 900);
	picture(f, fakeNow + 4 * FRAME, 1, 2000);
	fakeRun(f->srtp, fakeNow + SECOND);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_true(f->statistics.framesDropped == 3 && f->statistics.packetsSent == 7);
	size_t markers = 0;
	for (size_t i = 0, sequence = 0x73f3; i < f->srtp->count; i++)
		if (!f->srtp->packets[i].isRtcp) {
			assert_int_equal(packetAt(f, i).sequence, sequence++);
			markers += packetAt(f, i).marker;
		}
	assert_int_equal(markers, 2);
	finish(f);
}

// Where less can leave than is made, frames go until the next key frame, and that is not asked for again and again.
static void tooNarrow(void **state)
{
	(void)state;
	fixture *f = paced(&video, RATE / 10);
	for (int i = 0; i < 600; i++) {
		int key = i == 0 || f->source.keyFrameRequests > 0;
		f->source.keyFrameRequests = 0;
		picture(f, fakeNow, key, 1000);
		fakeRun(f->srtp, fakeNow + FRAME);
		f->srtp->count = 0;
		// 400 ms of the rate, one frame, and what stood before it
		assert_true(ofSession(f).queuedBytes <= RATE / 80 * 4 / 10 + 2100);
	}
	assert_true(f->statistics.congested >= 5 && f->statistics.congested <= 10);
	assert_true(f->statistics.framesSent > 70 && f->statistics.framesSent < 120);
	assert_int_equal(f->statistics.framesDropped + f->statistics.framesSent, 600);
	finish(f);
}

static void whatWaitsWhenItEnds(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		fixture *f = paced(&video, RATE / 10);
		picture(f, fakeNow, 1, 5900);
		assert_true(ofSession(f).queuedBytes > 3000);
		size_t count = f->srtp->count;
		if (how == 0) { // there is no way out any more: it is given up, and a key frame asked for
			f->srtp->ready = 0;
			fakeRun(f->srtp, fakeNow + SECOND);
			assert_int_equal(f->srtp->count, count);
			f->srtp->ready = 1;
			picture(f, fakeNow, 0, 100);
			assert_true(f->source.keyFrameRequests > 0);
		} else if (how == 1) {
			rtc_rtp_stream_options options = video;
			options.payloadType = 96; // it was cut for another
			assert_int_equal(rtc_rtp_sender_change(f->sender, &options), 0);
			fakeRun(f->srtp, fakeNow + SECOND);
			assert_int_equal(f->srtp->count, count);
		} else {
			rtc_rtp_session_close(f->session);
		}
		finish(f);
	}
}

static const uint8_t *extension(const rtc_rtp_packet *packet, uint8_t id, size_t expected)
{
	size_t size = 0;
	const uint8_t *data = rtc_rtp_find_extension(packet, id, &size);
	assert_int_equal(data ? size : 0, expected);
	return data;
}

enum { MID = 5, TRANSPORT = 10, SENT = 14, DELAY = 1, CAPTURED = 8 };

static void headerExtensions(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	options.ids = (rtc_rtp_extension_ids){
		.mid = MID, .transportSequence = TRANSPORT, .sendTime = SENT, .playoutDelay = DELAY, .captureTime = CAPTURED};
	memcpy(options.mid, "0123456789abcde", 16);
	fixture *f = begin(&options, 1);
	fakeNow = 5 * SECOND + SECOND / 2;
	picture(f, fakeNow - SECOND / 4, 1, 2500);
	for (uint16_t i = 0; i < 4; i++) {
		rtc_rtp_packet packet = packetAt(f, i);
		assert_int_equal(rtc_rtp_get16(extension(&packet, TRANSPORT, 2)), i);
		const uint8_t *time = extension(&packet, SENT, 3);
		assert_int_equal(time[0] << 16 | time[1] << 8 | time[2], 5 << 18 | 1 << 17);
		assert_memory_equal(extension(&packet, MID, 15), options.mid, 15);
		assert_memory_equal(extension(&packet, DELAY, 3), "\0\0", 3);
		const uint8_t *captured = extension(&packet, CAPTURED, i ? 0 : 8);
		if (!i) // a quarter of a second before now
			assert_true(rtc_rtp_get32(captured) == 0xdfffffff && rtc_rtp_get32(captured + 4) == 0xc0000000);
	}
	fakeReceive(f->srtp, report, sizeof report); // now it knows
	f->srtp->count = 0;
	f->frame.key = 0;
	deliver(f, fakeNow + FRAME);
	rtc_rtp_packet packet = packetAt(f, 0);
	assert_int_equal(rtc_rtp_get16(extension(&packet, TRANSPORT, 2)), 4);
	extension(&packet, MID, 0);
	extension(&packet, DELAY, 0);
	extension(&packet, CAPTURED, 0);
	for (int i = 0; i < 2; i++) {
		fakeNow += i ? SECOND / 10 : 2 * SECOND;
		f->srtp->count = 0;
		picture(f, fakeNow, 1, 100);
		packet = packetAt(f, 0);
		extension(&packet, DELAY, 3);            // with each key frame
		extension(&packet, CAPTURED, i ? 0 : 8); // once a second
	}
	for (int i = 0; i < 2; i++) { // taken in the future, or long ago: its time is another clock's
		fakeNow += 2 * SECOND;
		f->srtp->count = 0;
		picture(f, i ? fakeNow + 1000 : fakeNow - 11 * SECOND, 1, 100);
		packet = packetAt(f, 0);
		extension(&packet, CAPTURED, 0);
	}
	finish(f);
}

// A ring that is small holds what waits, whatever the rate: what is cut next must not overwrite it.
static void aSmallCache(void **state)
{
	(void)state;
	assert_int_equal(rtc_rtp_cache_configure(RTC_RTP_CACHE_MINIMUM, 1000), 0);
	fixture *f = paced(&video, RATE);
	picture(f, fakeNow, 1, 2000); // it leaves
	for (int i = 1; i < 7; i++)
		picture(f, fakeNow + (unsigned)i, 0, 2500);
	assert_true(ofSession(f).queuedBytes > 2500 && ofSession(f).queuedBytes <= RTC_RTP_CACHE_MINIMUM / 4 + 2600);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_true(f->statistics.framesDropped >= 3 && f->statistics.congested >= 1);
	finish(f);
	assert_int_equal(rtc_rtp_cache_configure(RTC_RTP_CACHE_BYTES, RTC_RTP_CACHE_MILLISECONDS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aLargeFrameIsSmoothed), cmocka_unit_test(soundDoesNotWait),
		cmocka_unit_test(aKeyFrameOvertakes),    cmocka_unit_test(tooNarrow),
		cmocka_unit_test(whatWaitsWhenItEnds),   cmocka_unit_test(headerExtensions),
		cmocka_unit_test(aSmallCache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
