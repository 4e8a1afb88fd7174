// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_session_core.h"
#include "rtp_fakes.h"

static void aKeyFrame(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 2500);
	assert_int_equal(f->srtp->count, 5); // STAP-A, three FU-A, the report
	assert_int_equal(f->srtp->begins, 1);
	uint64_t headers = 0, payload = 0;
	for (size_t i = 0; i < 4; i++) {
		rtc_rtp_packet packet = packetAt(f, i);
		assert_int_equal(packet.marker, i == 3);
		assert_int_equal(packet.sequence, 0x73f3 + i); // below 2^15
		assert_int_equal(packet.timestamp, packetAt(f, 0).timestamp);
		assert_int_equal(packet.payloadType, 102);
		assert_null(packet.extensions);
		assert_true(f->srtp->packets[i].size <= RTC_RTP_PACKET_MAXIMUM);
		headers += RTC_RTP_HEADER;
		payload += packet.payloadSize;
	}
	assert_int_equal(packetAt(f, 0).payload[0], 0x78); // STAP-A
	assert_true(f->srtp->packets[4].isRtcp);
	assert_int_equal(f->statistics.packetsSent, 4);
	assert_int_equal(f->statistics.bytesSent, payload);
	assert_int_equal(f->statistics.headerBytesSent, headers);
	assert_int_equal(f->statistics.framesSent, 1);
	assert_int_equal(f->statistics.keyFramesSent, 1);
	uint64_t first = f->statistics.firstFrame;
	assert_int_equal(first, fakeNow);
	fakeNow += 40000;
	picture(f, fakeNow, 0, 100);
	assert_int_equal(f->statistics.framesSent, 2);
	assert_int_equal(f->statistics.firstFrame, first);
	finish(f);
}

static void nothingBeforeTheKeys(void **state)
{
	(void)state;
	fixture *f = begin(&video, 0);
	picture(f, fakeNow, 1, 100);
	picture(f, fakeNow, 0, 100);
	assert_int_equal(f->srtp->count, 0);
	assert_int_equal(f->source.keyFrameRequests, 0);
	assert_int_equal(f->statistics.framesDropped, 2);
	assert_int_equal(f->statistics.firstFrame, 0);
	fakeSetReady(f->srtp);
	assert_int_equal(f->source.keyFrameRequests, 1);
	finish(f);
	f = begin(&audio, 0);
	sound(f, fakeNow, 80);
	assert_int_equal(f->srtp->count, 0);
	fakeSetReady(f->srtp);
	assert_int_equal(f->source.keyFrameRequests, 0);
	sound(f, fakeNow, 80);
	assert_int_equal(f->statistics.packetsSent, 1);
	finish(f);
}

static void videoWaitsForAKeyFrame(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 0, 100);
	picture(f, fakeNow += FRAME, 0, 100);
	assert_int_equal(f->srtp->count, 0);
	assert_int_equal(f->source.keyFrameRequests, 1);
	picture(f, fakeNow += 200000, 0, 100); // asks again when none comes
	assert_int_equal(f->source.keyFrameRequests, 2);
	picture(f, fakeNow, 1, 100);
	picture(f, fakeNow, 0, 100);
	assert_int_equal(f->statistics.framesSent, 2);
	assert_int_equal(f->statistics.framesDropped, 3);
	f->srtp->ready = 0; // a frame that cannot leave shuts the gate again
	picture(f, fakeNow, 0, 100);
	f->srtp->ready = 1;
	picture(f, fakeNow, 0, 100);
	assert_int_equal(f->statistics.framesSent, 2);
	assert_int_equal(f->source.keyFrameRequests, 3);
	finish(f);
}

static void anotherSourceBeginsWithAKeyFrame(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	fakeReceive(f->srtp, pli, sizeof pli);
	fake_source other;
	fakeSourceInit(&other);
	rtc_source_disconnect(&f->source.source, rtc_rtp_sender_sink(f->sender));
	assert_int_equal(rtc_source_connect(&other.source, rtc_rtp_sender_sink(f->sender)), 0);
	f->frame.key = 0;
	rtc_source_deliver(&other.source, &f->frame);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_int_equal(f->statistics.framesSent, 1);
	assert_int_equal(other.keyFrameRequests, 1); // although the other one was asked just before
	rtc_source_disconnect_all(&other.source);
	rtc_source_release(&other.source);
	finish(f);
}

// Many viewers who ask at once get one key frame: what is said before it can have arrived asks for nothing more.
static void aKeyFrameAnswersWhatWasSaidBefore(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	rtc_bwe_round_trip(&f->session->bwe, 50000);
	picture(f, fakeNow, 1, 100);
	int asked = f->source.keyFrameRequests;
	for (int i = 0; i < 4; i++) {
		fakeNow += 10000;
		fakeReceive(f->srtp, pli, sizeof pli);
	}
	assert_int_equal(f->source.keyFrameRequests, asked);
	fakeNow += 20000;
	fakeReceive(f->srtp, pli, sizeof pli);
	fakeReceive(f->srtp, pli, sizeof pli);
	assert_int_equal(f->source.keyFrameRequests, asked + 1);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	assert_int_equal(f->statistics.pliCount, 6);
	finish(f);
}

static void whatCannotBeSent(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	options.packetizationMode = 0;
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 1300);
	assert_int_equal(f->srtp->count, 0);
	picture(f, fakeNow, 1, 1000);
	assert_int_equal(f->statistics.packetsSent, 3);
	f->frame.format = RTC_FORMAT_I420;
	picture(f, fakeNow, 1, 1000);
	f->frame.format = RTC_FORMAT_ENCODED;
	f->frame.size = 0;
	deliver(f, fakeNow);
	assert_int_equal(f->statistics.framesDropped, 3);
	finish(f);
	f = begin(&audio, 1);
	sound(f, fakeNow, 0);
	sound(f, fakeNow, RTC_RTP_PACKET_MAXIMUM - RTC_RTP_OVERHEAD + 1);
	f->frame.sampleRate = 0;
	sound(f, fakeNow, 80);
	assert_int_equal(f->srtp->count, 0);
	f->frame.sampleRate = 48000;
	sound(f, fakeNow, RTC_RTP_PACKET_MAXIMUM - RTC_RTP_OVERHEAD);
	assert_int_equal(f->statistics.framesDropped, 3);
	assert_int_equal(f->statistics.packetsSent, 1);
	finish(f);
}

static void failedCommitsAreNotCounted(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	f->srtp->failing = 1;
	picture(f, fakeNow, 1, 100);
	assert_int_equal(f->statistics.packetsSent, 0);
	assert_int_equal(f->statistics.headerBytesSent, 0);
	finish(f);
}

// The receiver would wait for what was lost here before it asks for a key frame: most of a second without a picture.
static void aSendingErrorCostsNoWait(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	int requests = f->source.keyFrameRequests;
	f->srtp->losing = 1;
	picture(f, fakeNow += FRAME, 0, 100);
	assert_int_equal(f->source.keyFrameRequests, requests + 1);
	assert_int_equal(f->statistics.framesSent, 2);
	assert_int_equal(f->statistics.framesDropped, 0);
	f->srtp->count = 0;
	picture(f, fakeNow += FRAME, 0, 100); // cannot be decoded
	assert_int_equal(f->srtp->count, 0);
	picture(f, fakeNow += FRAME, 1, 100);
	assert_true(f->srtp->count > 0);
	assert_int_equal(f->source.keyFrameRequests, requests + 1);
	// A key frame that is lost in part is asked for at once, too; one that libsrtp refuses as well.
	f->srtp->losing = 3;
	picture(f, fakeNow += FRAME, 1, 2000);
	assert_int_equal(f->source.keyFrameRequests, requests + 2);
	f->srtp->failing = 1;
	picture(f, fakeNow += SECOND, 1, 100);
	assert_int_equal(f->source.keyFrameRequests, requests + 3);
	finish(f);
	f = begin(&audio, 1);
	f->srtp->losing = 1;
	sound(f, fakeNow, 80);
	sound(f, fakeNow + 20000, 80);
	assert_int_equal(f->statistics.framesSent, 2);
	finish(f);
}

static void midUntilItHasArrived(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	options.ids.mid = 4;
	memcpy(options.mid, "0123456789abcde", 16);
	options.maximumPacketSize = 300;
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 2000);
	size_t size = 0;
	for (size_t i = 0; i < f->srtp->count - 1; i++) {
		rtc_rtp_packet packet = packetAt(f, i);
		const uint8_t *mid = rtc_rtp_find_extension(&packet, 4, &size);
		assert_non_null(mid);
		assert_int_equal(size, 15);
		assert_memory_equal(mid, options.mid, 15);
		assert_true(f->srtp->packets[i].size <= 300);
	}
	assert_int_equal(f->statistics.headerBytesSent, 32 * f->statistics.packetsSent);
	f->srtp->count = 0;
	fakeReceive(f->srtp, report, sizeof report);
	picture(f, fakeNow, 0, 2000);
	for (size_t i = 0; i < f->srtp->count; i++) {
		rtc_rtp_packet packet = packetAt(f, i);
		assert_null(packet.extensions);
		assert_int_equal(packet.payloadType, 102);
	}
	finish(f);
}

// RFC 3711 section 3.3.2: what begins anew would be a replay.
static void anotherFormatGoesOn(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	rtc_rtp_packet last = packetAt(f, 0);
	f->srtp->count = 0;
	options.payloadType = 120;
	assert_int_equal(rtc_rtp_sender_change(f->sender, &options), 0);
	picture(f, fakeNow += FRAME, 0, 100); // no key frame is needed
	assert_int_equal(packetAt(f, 0).payloadType, 120);
	assert_int_equal(packetAt(f, 0).sequence, (uint16_t)(last.sequence + 1));
	assert_in_range(packetAt(f, 0).timestamp - last.timestamp, 2999, 3000);
	assert_int_equal(packetAt(f, 0).ssrc, SSRC);
	options.ssrc++;
	assert_int_equal(rtc_rtp_sender_change(f->sender, &options), EINVAL);
	options = video;
	options.payloadType = 128;
	assert_int_equal(rtc_rtp_sender_change(f->sender, &options), EINVAL);
	finish(f);
	f = begin(&audio, 1);
	sound(f, fakeNow, 80);
	last = packetAt(f, 0);
	f->srtp->count = 0;
	options = audio;
	options.codec = &pcma;
	options.payloadType = 8;
	assert_int_equal(rtc_rtp_sender_change(f->sender, &options), 0);
	sound(f, fakeNow, 80); // of the former codec
	assert_int_equal(f->srtp->count, 0);
	f->frame.codec = options.codec;
	rtc_source_deliver(&f->source.source, &f->frame);
	assert_int_equal(packetAt(f, 0).sequence, (uint16_t)(last.sequence + 1));
	assert_int_equal(packetAt(f, 0).payloadType, 8);
	finish(f);
}

static void byeOnClose(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	rtc_rtp_sender_close(f->sender);
	assert_int_equal(f->srtp->count, 0); // nothing was sent: no BYE
	f->sender = NULL;
	finish(f);
	f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	f->srtp->count = 0;
	rtc_sink *sink = rtc_sink_retain(rtc_rtp_sender_sink(f->sender));
	rtc_rtp_sender_close(f->sender);
	f->sender = NULL;
	assert_int_equal(f->srtp->count, 1);
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	assert_int_equal(f->srtp->packets[0].data[1], 200);
	assert_int_equal(rtc_rtcp_begin(&reader, f->srtp->packets[0].data, f->srtp->packets[0].size), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_SENDER);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_int_equal(item.kind, RTC_RTCP_BYE);
	assert_int_equal(item.target, SSRC);
	sink->frame(sink, &f->frame); // one that was being delivered meanwhile
	assert_int_equal(f->srtp->count, 1);
	rtc_sink_release(sink);
	finish(f);
}

static void refusals(void **state)
{
	(void)state;
	rtc_srtp *srtp = fakeSrtp(1);
	int error = 0;
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	rtc_rtp_stream_options bad[] = {video, video, video, video, video, video, video, video};
	bad[0].codec = NULL;
	bad[1].payloadType = 128;
	bad[2].ssrc = 0;
	bad[3].packetizationMode = 2;
	bad[4].maximumPacketSize = RTC_RTP_PACKET_MAXIMUM + 1;
	bad[5].maximumPacketSize = RTC_RTP_PACKET_MINIMUM - 1;
	bad[6].ids.mid = 15;
	memset(bad[7].cname, 'x', sizeof bad[7].cname);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_null(rtc_rtp_sender_new(&bad[i], session, &error));
		assert_int_equal(error, EINVAL);
	}
	rtc_rtp_sender *senders[RTC_RTP_STREAMS];
	for (uint32_t i = 0; i < RTC_RTP_STREAMS; i++) {
		rtc_rtp_stream_options options = video;
		options.ssrc = i + 1;
		senders[i] = rtc_rtp_sender_new(&options, session, &error);
		assert_non_null(senders[i]);
	}
	assert_null(rtc_rtp_sender_new(&video, session, &error));
	assert_int_equal(error, ENOSPC);
	for (uint32_t i = 0; i < RTC_RTP_STREAMS; i++)
		rtc_rtp_sender_close(senders[i]);
	fakeRandomFails = 1;
	assert_null(rtc_rtp_sender_new(&video, session, &error));
	assert_int_equal(error, EIO);
	assert_null(rtc_rtp_session_new(srtp, &error));
	assert_int_equal(error, EIO);
	fakeRandomFails = 0;
	srtp->full = 1;
	assert_null(rtc_rtp_session_new(srtp, &error));
	assert_int_equal(error, ENOSPC);
	rtc_rtp_session_close(session);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	assert_int_equal(srtp->refs, 1);
	rtc_srtp_release(srtp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aKeyFrame),
		cmocka_unit_test(aSendingErrorCostsNoWait),
		cmocka_unit_test(nothingBeforeTheKeys),
		cmocka_unit_test(videoWaitsForAKeyFrame),
		cmocka_unit_test(anotherSourceBeginsWithAKeyFrame),
		cmocka_unit_test(aKeyFrameAnswersWhatWasSaidBefore),
		cmocka_unit_test(whatCannotBeSent),
		cmocka_unit_test(failedCommitsAreNotCounted),
		cmocka_unit_test(midUntilItHasArrived),
		cmocka_unit_test(anotherFormatGoesOn),
		cmocka_unit_test(byeOnClose),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
