// SPDX-License-Identifier: Apache-2.0
// What the two streams of a peer hold at most on a board: pictures that never become whole, sound that nobody plays,
// and sinks that keep what they are given. Pointers are twice as long here as there, so it is an upper bound.
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_audio_codec.h"
#include "rtc_playout.h"
#include "rtc_rtp_receiver.h"
#include "rtp_fakes.h"

#define MOST (100u * 1024)
#define SAMPLE_RATE 16000 // the default of a board's player

typedef struct {
	rtc_sink sink;
	rtc_playout *playout; // NULL: pictures
	rtc_frame *kept[16];
	unsigned count;
} greedy;

static void destroySink(rtc_sink *sink)
{
	(void)sink;
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	greedy *it = (greedy *)sink;
	if (it->playout)
		rtc_playout_put(it->playout, frame);
	else if (it->count < 16)
		it->kept[it->count++] = rtc_frame_retain(frame);
}

static size_t held(void)
{
	return mallinfo2().uordblks;
}

static void arrive(rtc_srtp *srtp, uint8_t type, uint16_t sequence, uint32_t timestamp, const uint8_t *payload,
				   size_t size)
{
	uint8_t data[RTC_MTU] = {0x80, type};
	rtc_rtp_stamp(data, type == 102 && size < 100, sequence, timestamp);
	rtc_rtp_put32(data + 8, type);
	memcpy(data + RTC_RTP_HEADER, payload, size);
	fakeReceiveRtp(srtp, data, RTC_RTP_HEADER + size);
}

// Key frames that are kept, then one that lacks its middle, as large as there is room for.
static void fillPictures(rtc_srtp *srtp)
{
	static const uint8_t whole[] = {24, 0, 4, 0x67, 1, 2, 3, 0, 3, 0x68, 4, 5, 0, 2, 0x65, 0x88}; // STAP-A
	uint8_t part[1150] = {0x7c, 0x85};
	uint16_t sequence = 0;
	for (uint32_t i = 0; i < 16; i++, fakeNow += FRAME)
		arrive(srtp, 102, sequence++, i * 3000, whole, sizeof whole);
	sequence++;
	for (uint32_t i = 0; i < 200; i++)
		arrive(srtp, 102, sequence++, 17 * 3000, part, sizeof part);
}

static void aBoardHoldsThisMuch(void **unused)
{
	(void)unused;
	int error;
	static const rtc_rtp_receiver_options pictures = {.isVideo = 1,
													  .formatCount = 1,
													  .formats = {{.payloadType = 102, .codec = &h264}},
													  .ssrc = 1,
													  .cname = "here",
													  .mid = "0",
													  .transportSequenceId = 1,
													  .feedback = RTC_RTP_PICTURES_NACK | RTC_RTP_PICTURES_PLI};
	static const rtc_rtp_receiver_options sound = {.formatCount = 1,
												   .formats = {{.payloadType = 111, .codec = &rtc_codec_opus}},
												   .ssrc = 2,
												   .cname = "here",
												   .mid = "1",
												   .transportSequenceId = 1};
	fakeNow = 5 * SECOND;
	rtc_srtp *srtp = fakeSrtp(1);
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	greedy watching = {.count = 0}, hearing = {.count = 0};
	int16_t pcm[SAMPLE_RATE / 50];
	uint8_t payload[1150] = {0xf8, 0xff, 0xfe}; // Opus: silence
	rtc_sink_init(&watching.sink, destroySink, onFrame);
	rtc_sink_init(&hearing.sink, destroySink, onFrame);
	size_t before = held();
	rtc_rtp_receiver *video = rtc_rtp_receiver_new(&pictures, session, NULL, NULL, &error);
	rtc_source_connect(rtc_rtp_receiver_source(video), &watching.sink);
	fillPictures(srtp);
	size_t ofVideo = held() - before;
	rtc_rtp_receiver *audio = rtc_rtp_receiver_new(&sound, session, NULL, NULL, &error);
	hearing.playout = rtc_playout_new(SAMPLE_RATE, 1, RTC_PLAYOUT_BYTES);
	rtc_source_connect(rtc_rtp_receiver_source(audio), &hearing.sink);
	for (uint16_t i = 0; i < 100; i++, fakeNow += 20000) {
		arrive(srtp, 111, i, i * 960u, payload, i < 50 ? 3 : sizeof payload);
		if (i < 50)
			rtc_playout_read(hearing.playout, fakeNow, pcm, SAMPLE_RATE / 50);
	}
	size_t all = held() - before;
	print_message("pictures %zu bytes, sound %zu bytes, together %zu of %u\n", ofVideo, all - ofVideo, all, MOST);
	assert_true(watching.count && all <= MOST && all > MOST / 2);
	rtc_rtp_receiver_close(video);
	rtc_rtp_receiver_close(audio);
	while (watching.count)
		rtc_frame_release(watching.kept[--watching.count]);
	rtc_playout_free(hearing.playout);
	assert_true(held() <= before + 8192); // the session's log of arrivals is its own, until it ends
	rtc_sink_release(&watching.sink);
	rtc_sink_release(&hearing.sink);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	rtc_srtp_release(srtp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(aBoardHoldsThisMuch)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
