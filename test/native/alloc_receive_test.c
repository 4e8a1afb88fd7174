// SPDX-License-Identifier: Apache-2.0
// Receivers without enough memory: they are refused, or begin later; nothing is left, and no frame is given in part.
#include <errno.h>
#include <string.h>
#include "alloc_loop.h"
#include "failing_alloc.h"
#include "rtc_audio_codec.h"
#include "rtc_playout.h"
#include "rtc_rtp_receiver.h"
#include "rtp_fakes.h"

#define RATE 16000
#define PICTURES 5
#define PACKETS 30

static rtc_srtp *srtp; // made before memory runs out

typedef struct {
	rtc_sink sink;
	rtc_playout *playout;
	unsigned frames, wrong;
} listener;

// A key frame with its parameter sets (RFC 6184: STAP-A), and as it has to come out.
static const uint8_t aPicture[] = {24, 0, 4, 0x67, 1, 2, 3, 0, 3, 0x68, 4, 5, 0, 2, 0x65, 0x88};
static const uint8_t unit[] = {0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 5, 0, 0, 0, 1, 0x65, 0x88};
static const uint8_t silence[] = {0xf8, 0xff, 0xfe}; // of Opus

static void gone(rtc_sink *sink)
{
	(void)sink; // the scenario's
}

static void got(rtc_sink *sink, rtc_frame *frame)
{
	listener *it = (listener *)sink;
	it->frames++;
	if (it->playout)
		rtc_playout_put(it->playout, frame);
	else
		it->wrong += frame->size != sizeof unit || memcmp(frame->data, unit, sizeof unit) || !frame->key;
}

static void arrive(uint16_t sequence, uint32_t timestamp, const uint8_t *payload, size_t size)
{
	uint8_t data[64] = {0x80, 100};
	rtc_rtp_stamp(data, 1, sequence, timestamp);
	rtc_rtp_put32(data + 8, 7);
	memcpy(data + RTC_RTP_HEADER, payload, size);
	fakeReceiveRtp(srtp, data, RTC_RTP_HEADER + size);
}

static void feed(listener *it, int isVideo)
{
	int16_t pcm[RATE / 50];
	for (uint16_t i = 0; i < (isVideo ? PICTURES : PACKETS); i++) {
		arrive(i, i * (isVideo ? 3000u : 960u), isVideo ? aPicture : silence,
			   isVideo ? sizeof aPicture : sizeof silence);
		fakeRun(srtp, fakeNow + 20000);
		if (it->playout)
			rtc_playout_read(it->playout, fakeNow, pcm, RATE / 50);
	}
}

static alloc_result receives(int isVideo)
{
	int error;
	listener it = {.frames = 0};
	const rtc_rtp_receiver_options options = {
		.isVideo = (uint8_t)isVideo,
		.formatCount = 1,
		.formats = {{.payloadType = 100, .codec = isVideo ? &h264 : &rtc_codec_opus}},
		.ssrc = 1,
		.cname = "here",
		.transportSequenceId = 1,
		.feedback = RTC_RTP_PICTURES_NACK};
	fakeNow = 5 * SECOND;
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	if (!session)
		return error == ENOMEM ? ALLOC_REFUSED : ALLOC_WRONG;
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_new(&options, session, NULL, NULL, &error);
	it.playout = receiver && !isVideo ? rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES) : NULL;
	alloc_result result = !receiver && error != ENOMEM ? ALLOC_WRONG : ALLOC_REFUSED;
	if (receiver && (isVideo || it.playout)) {
		rtc_sink_init(&it.sink, gone, got);
		rtc_source_connect(rtc_rtp_receiver_source(receiver), &it.sink);
		feed(&it, isVideo);
		result = it.wrong ? ALLOC_WRONG : it.frames ? ALLOC_DONE : failing_alloc_hit() ? ALLOC_REFUSED : ALLOC_WRONG;
	}
	if (receiver)
		rtc_rtp_receiver_close(receiver);
	rtc_playout_free(it.playout);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	return result;
}

static alloc_result receivesPictures(void)
{
	return receives(1);
}

static alloc_result receivesSound(void)
{
	return receives(0);
}

int main(void)
{
	static const alloc_scenario scenarios[] = {{"pictures", receivesPictures}, {"sound", receivesSound}};
	srtp = fakeSrtp(0);
	int status = alloc_loop(scenarios, sizeof scenarios / sizeof scenarios[0]);
	rtc_srtp_release(srtp);
	return status;
}
