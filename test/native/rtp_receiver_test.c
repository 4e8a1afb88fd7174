// SPDX-License-Identifier: Apache-2.0
// What comes in becomes frames, and is reported, whoever sends it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_receiver.h"
#include "rtc_sync.h"
#include "rtp_fakes.h"

#define REMOTE 0xa0b0c0d0
#define LOCAL 0x01020304

typedef struct {
	rtc_sink sink;
	unsigned count;
	rtc_frame last;
	uint8_t data[RTC_MTU];
	rtc_frame *kept[8];
	unsigned keeps, held;
} fake_sink;

typedef struct {
	rtc_srtp *srtp;
	rtc_rtp_session *session;
	rtc_rtp_receiver *receiver;
	fake_sink sink;
	unsigned changes;
	uint16_t sequence;
	uint32_t timestamp;
	uint64_t sent;
	rtc_rtp_receiver_statistics statistics;
} listener;

static const rtc_rtp_receiver_options wanted = {
	.formatCount = 2,
	.formats = {{.payloadType = 111, .codec = &opus}, {.payloadType = 8, .codec = &pcma}},
	.ssrc = LOCAL,
	.cname = "here",
	.midId = 1,
	.mid = "0"};

static void destroySink(rtc_sink *sink)
{
	(void)sink;
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	fake_sink *it = (fake_sink *)sink;
	it->count++;
	it->last = *frame;
	memcpy(it->data, frame->data, frame->size);
	if (it->held < it->keeps)
		it->kept[it->held++] = rtc_frame_retain(frame);
}

static void onChange(void *context)
{
	((listener *)context)->changes++;
}

static listener *listen(const rtc_rtp_receiver_options *options)
{
	int error = -1;
	listener *it = calloc(1, sizeof *it);
	fakeNow = 5 * SECOND;
	it->srtp = fakeSrtp(1);
	it->session = rtc_rtp_session_new(it->srtp, &error);
	it->receiver = rtc_rtp_receiver_new(options, it->session, onChange, it, &error);
	assert_int_equal(error, 0);
	rtc_sink_init(&it->sink.sink, destroySink, onFrame);
	assert_int_equal(rtc_source_connect(rtc_rtp_receiver_source(it->receiver), &it->sink.sink), 0);
	it->sequence = 65530;
	return it;
}

static void end(listener *it)
{
	if (it->receiver)
		rtc_rtp_receiver_close(it->receiver);
	assert_int_equal(it->sink.sink.refs, 1);
	while (it->sink.held)
		rtc_frame_release(it->sink.kept[--it->sink.held]);
	rtc_sink_release(&it->sink.sink);
	rtc_rtp_session_close(it->session);
	rtc_rtp_session_release(it->session);
	assert_int_equal(it->srtp->refs, 1);
	rtc_srtp_release(it->srtp);
	free(it);
}

static void arrive(listener *it, uint32_t ssrc, uint8_t payloadType, size_t size)
{
	uint8_t data[RTC_MTU] = {0x80, payloadType};
	rtc_rtp_stamp(data, 0, it->sequence++, it->timestamp);
	rtc_rtp_put32(data + 8, ssrc);
	memset(data + RTC_RTP_HEADER, it->sequence & 0xff, size);
	it->timestamp += 960;
	fakeNow += 20000;
	fakeReceiveRtp(it->srtp, data, RTC_RTP_HEADER + size);
	rtc_rtp_receiver_get_statistics(it->receiver, &it->statistics);
}

static void framesAreWhatCame(void **unused)
{
	(void)unused;
	listener *it = listen(&wanted);
	assert_false(rtc_rtp_receiver_is_active(it->receiver));
	uint32_t before = 0;
	for (unsigned i = 0; i < 100; i++) {
		arrive(it, REMOTE, i < 50 ? 111 : 8, 40 + i);
		const rtc_frame *frame = &it->sink.last;
		assert_true(it->sink.count == i + 1 && frame->size == 40 + i && it->sink.data[39 + i] == (it->sequence & 0xff));
		assert_true(frame->codec == (i < 50 ? &opus : &pcma) && frame->format == RTC_FORMAT_ENCODED);
		assert_true(frame->timestamp == it->timestamp - 960 && frame->time == fakeNow);
		assert_true(i == 0 || i == 50 || frame->sequence == before + 1);
		assert_true(frame->sequence > before);
		before = frame->sequence;
	}
	assert_true(it->changes == 1 && rtc_rtp_receiver_is_active(it->receiver));
	assert_true(it->statistics.ssrc == REMOTE && it->statistics.payloadType == 8);
	assert_true(it->statistics.packetsReceived == 100 && it->statistics.bytesReceived == 100 * 40 + 99 * 50);
	assert_true(it->statistics.headerBytesReceived == 1200 && it->statistics.packetsLost == 0);
	end(it);
}

static void whatIsNotWantedIsCounted(void **unused)
{
	(void)unused;
	listener *it = listen(&wanted);
	arrive(it, REMOTE, 111, 10);
	arrive(it, REMOTE, 13, 10); // comfort noise, which was not agreed on
	assert_true(it->sink.count == 1);
	for (uint32_t i = 0; i < 2000; i++) // a flood of SSRCs
		arrive(it, REMOTE + 1 + i % 20, 111, 10), fakeNow -= 20000;
	assert_true(it->sink.count == 1 && it->statistics.ssrc == REMOTE);
	arrive(it, REMOTE, 111, 0); // padding
	assert_true(it->sink.count == 1 && it->statistics.packetsDiscarded >= 2000);
	fakeNow += SECOND; // it has gone silent: another takes its place, and numbers go on
	uint32_t before = it->sink.last.sequence;
	it->sequence = 3;
	arrive(it, REMOTE + 7, 111, 10);
	assert_true(it->sink.count == 2 && it->sink.last.sequence > before + 65536);
	end(it);
}

static void anAnnouncedSourceIsBelieved(void **unused)
{
	(void)unused;
	rtc_rtp_receiver_options options = wanted;
	options.sourceCount = 1;
	options.sources[0] = REMOTE + 1;
	listener *it = listen(&options);
	arrive(it, REMOTE, 111, 10);
	arrive(it, REMOTE + 1, 111, 10);
	arrive(it, REMOTE, 111, 10);
	assert_true(it->sink.count == 2 && it->statistics.ssrc == REMOTE + 1);
	end(it);
}

// Once its sender has reported, a frame says when it was taken, by the clock that is its other streams', too.
static void framesSayWhenTheyWereTaken(void **unused)
{
	(void)unused;
	uint8_t report[RTC_RTCP_REPORT_SIZE];
	rtc_rtcp_sender_info info = {.ssrc = REMOTE, .ntp = 3900000000ull << 32};
	listener *it = listen(&wanted);
	arrive(it, REMOTE, 111, 10);
	assert_int_equal(it->sink.last.sent, 0);
	info.timestamp = it->timestamp - 48000;
	fakeReceive(it->srtp, report, rtc_rtcp_write_report(report, &info, "there"));
	arrive(it, REMOTE, 111, 10);
	assert_int_equal(it->sink.last.sent, 3900000001ull * SECOND);
	rtc_sync *sync = rtc_rtp_receiver_source(it->receiver)->sync;
	assert_true(sync && sync == rtc_rtp_session_sync(it->session));
	rtc_sync_retain(sync); // as who plays it does
	end(it);
	assert_int_equal(rtc_sync_hold(sync, 0), 0);
	rtc_sync_release(sync);
}

// A sink that keeps what it is given costs frames, not memory.
static void framesAreBounded(void **unused)
{
	(void)unused;
	listener *it = listen(&wanted);
	it->sink.keeps = 8;
	for (int i = 0; i < 10; i++)
		arrive(it, REMOTE, 111, 10);
	assert_true(it->sink.count == 4 && it->statistics.packetsDiscarded == 6);
	rtc_rtp_receiver_close(it->receiver); // frames outlive it
	it->receiver = NULL;
	end(it);
}

static size_t lastRtcp(const listener *it, const uint8_t **data)
{
	const fake_packet *packet = &it->srtp->packets[it->srtp->count - 1];
	assert_true(it->srtp->count && packet->isRtcp);
	*data = packet->data;
	return packet->size;
}

static void receptionIsReported(void **unused)
{
	(void)unused;
	static const uint8_t senderReport[28] = {0x80, 200, 0, 6, 0xa0, 0xb0, 0xc0, 0xd0, 1, 2,  3, 4, 5, 6,
											 7,    8,   0, 0, 0,    9,    0,    0,    0, 77, 0, 0, 1, 0};
	const uint8_t *data;
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	listener *it = listen(&wanted);
	for (int i = 0; i < 12; i++) {
		it->sequence = (uint16_t)(it->sequence + (i == 5));
		arrive(it, REMOTE, 111, 10);
	}
	assert_int_equal(it->srtp->count, 0);
	fakeReceive(it->srtp, senderReport, sizeof senderReport);
	for (int i = 0; i < 5; i++)
		arrive(it, REMOTE, 111, 10);
	assert_int_equal(it->srtp->count, 1); // the first after 300 ms
	size_t size = lastRtcp(it, &data);
	assert_int_equal(rtc_rtcp_begin(&reader, data, size), 0);
	assert_int_equal(rtc_rtcp_next(&reader, &item), 1);
	assert_true(item.kind == RTC_RTCP_REPORT && item.sender == LOCAL && item.target == REMOTE);
	assert_true(item.report.packetsLost == 1 && item.report.fractionLost == 256 / 17);
	assert_true(item.report.lastReport == 0x03040506 && item.report.delay > 0);
	assert_true(data[32 + 1] == 202 && !memcmp(data + 32 + 10, "here", 4)); // SDES
	assert_true(it->statistics.reportsReceived == 1 && it->statistics.remote.packets == 77);
	for (int i = 0; i < 1500; i++) // half a minute
		arrive(it, REMOTE, 111, 10);
	assert_true(it->statistics.reportsSent >= 4 && it->statistics.reportsSent <= 13);
	size_t sent = it->srtp->count;
	rtc_rtp_receiver_close(it->receiver);
	it->receiver = NULL;
	assert_int_equal(it->srtp->count, sent + 1);
	size = lastRtcp(it, &data);
	assert_true(data[1] == 201 && data[size - 8 + 1] == 203 && rtc_rtp_get32(data + size - 4) == LOCAL);
	end(it);
}

static void arrivalsAreTold(void **unused)
{
	(void)unused;
	rtc_rtp_receiver_options options = wanted;
	options.transportSequenceId = 3;
	listener *it = listen(&options);
	for (uint16_t i = 0; i < 12; i++) {
		uint8_t data[RTC_RTP_HEADER + 8 + 20] = {0x90, 111};
		rtc_rtp_stamp(data, 0, i, i * 960u);
		rtc_rtp_put32(data + 8, REMOTE);
		rtc_rtp_put32(data + 12, 0xbede0001);
		data[16] = 0x31;
		rtc_rtp_put16(data + 17, (uint16_t)(65530 + i));
		fakeNow += 20000;
		fakeReceiveRtp(it->srtp, data, sizeof data);
	}
	const uint8_t *data;
	assert_int_equal(it->srtp->count, 2); // one each 100 ms
	size_t size = lastRtcp(it, &data);
	assert_true(data[0] == 0x8f && data[1] == 205 && rtc_rtp_get32(data + 4) == LOCAL && size > 24);
	end(it);
}

// Each 10 ms a packet that was sent `sent` microseconds after the one before.
static void arriveStamped(listener *it, uint16_t i, uint64_t sent)
{
	uint8_t data[RTC_RTP_HEADER + 8 + 1000] = {0x90, 111};
	it->sent += sent;
	uint32_t time = (uint32_t)((it->sent << 12) / 15625);
	rtc_rtp_stamp(data, 0, i, i * 960u);
	rtc_rtp_put32(data + 8, REMOTE);
	rtc_rtp_put32(data + 12, 0xbede0001);
	rtc_rtp_put32(data + 16, 0x32000000 | (time & 0xffffff));
	fakeReceiveRtp(it->srtp, data, sizeof data);
	fakeRun(it->srtp, fakeNow + 10000);
}

static size_t lastEstimate(const listener *it, rtc_rtcp_item *item)
{
	const uint8_t *data;
	size_t size = lastRtcp(it, &data);
	rtc_rtcp_reader reader;
	assert_int_equal(rtc_rtcp_begin(&reader, data, size), 0);
	while (rtc_rtcp_next(&reader, item) == 1 && item->kind != RTC_RTCP_REMB)
		;
	return size;
}

// Behind a report, or alone where it may be; while something comes, and by the timer.
static void theWayIsTold(void **unused)
{
	(void)unused;
	rtc_rtp_receiver_options options = wanted;
	rtc_rtp_receiver_options silent = wanted; // it is another's to tell
	int error;
	silent.ssrc = LOCAL + 1;
	silent.mid[0] = '1';
	silent.formats[0].payloadType = 96;
	silent.formats[1].payloadType = 97;
	options.isRated = 1;
	options.sendTimeId = 3;
	for (uint8_t reduced = 0; reduced < 2; reduced++) {
		rtc_rtcp_item item;
		rtc_rtp_session_statistics statistics;
		options.isReducedSize = reduced;
		listener *it = listen(&options);
		rtc_rtp_receiver *other = rtc_rtp_receiver_new(&silent, it->session, NULL, NULL, &error);
		assert_non_null(other);
		for (uint16_t i = 0; i < 100; i++)
			arriveStamped(it, i, 10000);        // 816 kbit/s
		assert_in_range(it->srtp->count, 3, 8); // from half a second on, each 200 ms, and a report
		assert_int_equal(lastEstimate(it, &item), reduced ? 24 : 32 + 16 + 24);
		assert_true(item.kind == RTC_RTCP_REMB && item.sender == LOCAL && item.target == REMOTE);
		assert_in_range(item.bitrate, 1100000, 1300000);
		rtc_rtp_session_get_statistics(it->session, &statistics);
		assert_in_range(statistics.incomingBitrate, item.bitrate, item.bitrate + 100000);
		size_t before = it->srtp->count;
		fakeRun(it->srtp, fakeNow + 5 * SECOND);
		assert_in_range(it->srtp->count, before, before + 3); // the last of it, and nothing after that
		rtc_rtp_receiver_close(other);
		end(it);
	}
	options.isRated = 0;
	listener *it = listen(&options);
	for (uint16_t i = 0; i < 100; i++)
		arriveStamped(it, i, 10000);
	rtc_rtp_session_statistics statistics;
	rtc_rtp_session_get_statistics(it->session, &statistics);
	assert_true(it->srtp->count == 1 && !statistics.incomingBitrate);
	end(it);
}

// Packets come later and later, or not at all.
static void aNarrowWayIsTold(void **unused)
{
	(void)unused;
	rtc_rtp_receiver_options options = wanted;
	options.isRated = options.isReducedSize = 1;
	options.sendTimeId = 3;
	for (int loses = 0; loses < 2; loses++) {
		rtc_rtcp_item item;
		listener *it = listen(&options);
		for (uint16_t i = 0; i < 100; i++)
			arriveStamped(it, i, 10000);
		lastEstimate(it, &item);
		assert_true(item.bitrate > 1100000);
		it->srtp->count = 0;
		for (uint16_t i = 0; i < 200; i++)
			arriveStamped(it, (uint16_t)(100 + (loses ? 2 * i : i)), loses ? 10000 : 8000);
		lastEstimate(it, &item);
		assert_true(item.kind == RTC_RTCP_REMB && item.bitrate < 816000);
		end(it);
	}
}

static void goodbyeIsHeard(void **unused)
{
	(void)unused;
	static const uint8_t bye[] = {0x81, 203, 0, 1, 0xa0, 0xb0, 0xc0, 0xd0}, other[] = {0x81, 203, 0, 1, 9, 9, 9, 9};
	listener *it = listen(&wanted);
	arrive(it, REMOTE, 111, 10);
	fakeReceive(it->srtp, other, sizeof other);
	assert_int_equal(it->changes, 1);
	fakeReceive(it->srtp, bye, sizeof bye);
	assert_true(it->changes == 2 && !rtc_rtp_receiver_is_active(it->receiver));
	arrive(it, REMOTE, 111, 10);
	assert_true(it->changes == 3 && it->sink.count == 2);
	end(it);
}

// A section that stops to receive, and goes on to send by the same SSRC, has not left.
static void whoSendsDoesNotSayGoodbye(void **unused)
{
	(void)unused;
	int error;
	rtc_rtp_stream_options sending = audio;
	sending.ssrc = LOCAL;
	listener *it = listen(&wanted);
	rtc_rtp_sender *sender = rtc_rtp_sender_new(&sending, it->session, &error);
	for (int i = 0; i < 20; i++)
		arrive(it, REMOTE, 111, 10);
	assert_int_equal(it->statistics.reportsSent, 1);
	size_t sent = it->srtp->count;
	rtc_rtp_receiver_close(it->receiver);
	it->receiver = NULL;
	assert_int_equal(it->srtp->count, sent);
	rtc_rtp_sender_close(sender);
	end(it);
}

static void optionsAreChecked(void **unused)
{
	(void)unused;
	int error;
	listener *it = listen(&wanted);
	rtc_rtp_receiver_options bad[6] = {wanted, wanted, wanted, wanted, wanted, wanted};
	bad[0].formatCount = 0;
	bad[1].formats[1].codec = &h264;
	bad[2].ssrc = 0;
	bad[3].midId = 15;
	bad[4].sourceCount = RTC_RTP_RECEIVER_SOURCES + 1;
	bad[5].sendTimeId = 15;
	for (int i = 0; i < 6; i++) {
		assert_null(rtc_rtp_receiver_new(&bad[i], it->session, NULL, NULL, &error));
		assert_int_equal(error, EINVAL);
		assert_int_equal(rtc_rtp_receiver_change(it->receiver, &bad[i]), EINVAL);
	}
	assert_null(rtc_rtp_receiver_new(&wanted, it->session, NULL, NULL, &error));
	assert_int_equal(error, EEXIST);
	rtc_rtp_receiver_options other = wanted;
	other.formats[0].payloadType = 96;
	assert_int_equal(rtc_rtp_receiver_change(it->receiver, &other), 0);
	arrive(it, REMOTE, 111, 10);
	arrive(it, REMOTE, 96, 10);
	assert_int_equal(it->sink.count, 1);
	end(it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framesAreWhatCame),
		cmocka_unit_test(whatIsNotWantedIsCounted),
		cmocka_unit_test(anAnnouncedSourceIsBelieved),
		cmocka_unit_test(framesSayWhenTheyWereTaken),
		cmocka_unit_test(framesAreBounded),
		cmocka_unit_test(receptionIsReported),
		cmocka_unit_test(goodbyeIsHeard),
		cmocka_unit_test(arrivalsAreTold),
		cmocka_unit_test(theWayIsTold),
		cmocka_unit_test(aNarrowWayIsTold),
		cmocka_unit_test(whoSendsDoesNotSayGoodbye),
		cmocka_unit_test(optionsAreChecked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
