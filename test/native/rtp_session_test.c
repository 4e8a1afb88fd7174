// SPDX-License-Identifier: Apache-2.0
// One session, several streams: how packets leave, what they report, and who gets what comes in.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtp_fakes.h"

#define OTHER_SSRC 0x55667788

// A second stream, of sound, in the session of a fixture.
static rtc_rtp_sender *addSound(fixture *f, fake_source *source)
{
	rtc_rtp_stream_options options = audio;
	int error;
	options.ssrc = OTHER_SSRC;
	rtc_rtp_sender *sender = rtc_rtp_sender_new(&options, f->session, &error);
	assert_non_null(sender);
	fakeSourceInit(source);
	assert_int_equal(rtc_source_connect(&source->source, rtc_rtp_sender_sink(sender)), 0);
	return sender;
}

static void playSound(fake_source *source, uint64_t time)
{
	uint8_t data[80] = {1};
	rtc_frame frame = {.data = data,
					   .size = sizeof data,
					   .format = RTC_FORMAT_ENCODED,
					   .codec = &opus,
					   .sampleRate = 48000,
					   .samples = 960,
					   .time = time};
	rtc_source_deliver(&source->source, &frame);
}

static void removeSound(rtc_rtp_sender *sender, fake_source *source)
{
	rtc_rtp_sender_close(sender);
	rtc_source_release(&source->source);
}

// No lock that others want is held for a whole frame.
static void aLargeFrameLeavesInRuns(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	options.maximumPacketSize = 200;
	fixture *f = begin(&options, 1);
	picture(f, fakeNow, 1, 5900);
	assert_int_equal(f->statistics.packetsSent, f->srtp->count - 1);
	assert_true(f->statistics.packetsSent > 30 && f->srtp->most <= 16);
	assert_int_equal(f->srtp->begins, (f->srtp->count + 15) / 16);
	for (uint16_t i = 0; i < f->statistics.packetsSent; i++)
		assert_int_equal(packetAt(f, i).sequence, 0x73f3 + i);
	finish(f);
}

static size_t countReports(const fixture *f, size_t index, uint32_t ssrcs[RTC_RTP_STREAMS])
{
	const fake_packet *packet = &f->srtp->packets[index];
	size_t count = 0;
	assert_true(packet->isRtcp);
	for (size_t at = 0; at < packet->size; at += 4u + 4u * rtc_rtp_get16(packet->data + at + 2))
		if (packet->data[at + 1] == 200)
			ssrcs[count++] = rtc_rtp_get32(packet->data + at + 4);
	return count;
}

// The first report of a stream comes with its first frame, later ones tell of all streams at once.
static void oneScheduleOfReports(void **state)
{
	(void)state;
	fake_source source;
	uint32_t ssrcs[RTC_RTP_STREAMS];
	fixture *f = begin(&video, 1);
	rtc_rtp_sender *sound = addSound(f, &source);
	picture(f, fakeNow, 1, 100);
	assert_int_equal(countReports(f, f->srtp->count - 1, ssrcs), 1);
	assert_int_equal(ssrcs[0], SSRC);
	f->srtp->count = 0;
	playSound(&source, fakeNow);
	assert_int_equal(f->srtp->count, 2);
	assert_int_equal(countReports(f, 1, ssrcs), 1);
	assert_int_equal(ssrcs[0], OTHER_SSRC);
	f->srtp->count = 0;
	playSound(&source, fakeNow + 20000);
	assert_int_equal(f->srtp->count, 1);
	fakeNow += 2 * SECOND;
	f->srtp->count = 0;
	playSound(&source, fakeNow);
	assert_int_equal(countReports(f, 1, ssrcs), 2);
	assert_true(ssrcs[0] == SSRC && ssrcs[1] == OTHER_SSRC);
	f->srtp->count = 0;
	f->frame.key = 0;
	deliver(f, fakeNow);
	assert_false(f->srtp->packets[f->srtp->count - 1].isRtcp);
	removeSound(sound, &source);
	finish(f);
}

static void feedbackGoesToItsStream(void **state)
{
	(void)state;
	static const uint8_t remb[] = {0x8f, 206, 0, 5, THEIRS, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0x0b, 0xff, 0xff, OURS};
	static const uint8_t nobody[] = {0x8f, 206, 0,   5,   THEIRS, 0,    0,    0,    0,
									 'R',  'E', 'M', 'B', 1,      0x0b, 0xff, 0xf0, THEIRS};
	static const uint8_t others[] = {0x81, 206, 0, 2, THEIRS, 9, 9, 9, 9};
	uint8_t block[sizeof report];
	fake_source source;
	rtc_rtp_stream_statistics heard;
	rtc_rtp_session_statistics session;
	fixture *f = begin(&video, 1);
	rtc_rtp_sender *sound = addSound(f, &source);
	picture(f, fakeNow, 1, 100);
	fakeReceive(f->srtp, pli, sizeof pli);
	fakeReceive(f->srtp, others, sizeof others);
	memcpy(block, report, sizeof block);
	rtc_rtp_put32(block + 8, OTHER_SSRC);
	fakeReceive(f->srtp, block, sizeof block);
	fakeReceive(f->srtp, remb, sizeof remb);
	fakeReceive(f->srtp, nobody, sizeof nobody);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
	rtc_rtp_sender_get_statistics(sound, &heard);
	rtc_rtp_session_get_statistics(f->session, &session);
	assert_true(f->statistics.pliCount == 1 && f->statistics.reportsReceived == 0);
	assert_true(heard.pliCount == 0 && heard.reportsReceived == 1);
	assert_int_equal(f->source.keyFrameRequests, 1);
	assert_int_equal(source.keyFrameRequests, 0);
	assert_int_equal(session.receiverBitrate, 0x3ffffu << 2);
	removeSound(sound, &source);
	fakeReceive(f->srtp, block, sizeof block); // about one that has gone
	finish(f);
}

static struct {
	rtc_rtp_inbound inbound; // first
	unsigned count;
} taken[3];

static void takePacket(rtc_rtp_inbound *inbound, const rtc_rtp_packet *packet, uint64_t now,
					   rtc_rtp_deliveries *deliveries)
{
	(void)now;
	assert_true(packet->payloadSize == 4 && deliveries->count == 0);
	for (int i = 0; i < 3; i++)
		taken[i].count += inbound == &taken[i].inbound;
}

static uint64_t never(rtc_rtp_inbound *inbound)
{
	(void)inbound;
	return UINT64_MAX;
}

static size_t reportNothing(rtc_rtp_inbound *inbound, uint8_t *buffer, uint64_t now)
{
	(void)inbound;
	(void)buffer;
	(void)now;
	return 0;
}

static rtc_rtp_route route(int index, const char *mid, const char *rid, uint8_t payloadType)
{
	rtc_rtp_route route = {.midId = 1, .ridId = 2, .repairedId = 3, .context = &taken[index].inbound};
	taken[index].inbound = (rtc_rtp_inbound){.take = takePacket, .report = reportNothing, .due = never};
	snprintf(route.mid, sizeof route.mid, "%s", mid);
	snprintf(route.rid, sizeof route.rid, "%s", rid);
	route.payloadTypes[payloadType >> 5] |= 1u << (payloadType & 31);
	return route;
}

// An RTP packet with up to one extension element.
static void arrive(fixture *f, uint32_t ssrc, uint8_t payloadType, uint8_t id, const char *text)
{
	uint8_t data[64] = {0x80, payloadType};
	size_t size = RTC_RTP_HEADER, length = strlen(text);
	rtc_rtp_put32(data + 8, ssrc);
	if (id) {
		data[0] |= 0x10;
		rtc_rtp_put16(data + 12, 0xbede);
		rtc_rtp_put16(data + 14, (uint16_t)((1 + length + 3) / 4));
		data[16] = (uint8_t)(id << 4 | (length - 1));
		memcpy(data + 17, text, length);
		size += 4 + (1 + length + 3) / 4 * 4;
	}
	fakeReceiveRtp(f->srtp, data, size + 4);
}

static void expect(unsigned first, unsigned second, unsigned third)
{
	assert_true(taken[0].count == first && taken[1].count == second && taken[2].count == third);
	taken[0].count = taken[1].count = taken[2].count = 0;
}

// RFC 8843 section 9.2.
static void packetsFindTheirSection(void **state)
{
	(void)state;
	rtc_rtp_session_statistics session;
	fixture *f = begin(&video, 1);
	arrive(f, 1, 96, 1, "0"); // before anybody wants it
	rtc_rtp_route routes[] = {route(0, "0", "", 96), route(1, "1", "", 97), route(2, "1", "lo", 97)};
	for (int i = 0; i < 3; i++)
		assert_int_equal(rtc_rtp_session_add_inbound(f->session, &taken[i].inbound, &routes[i], NULL, 0), 0);
	rtc_rtp_inbound other = taken[0].inbound;
	assert_int_equal(rtc_rtp_session_add_inbound(f->session, &other, &routes[0], NULL, 0), EEXIST);
	arrive(f, 1, 111, 1, "0"); // by its MID, whatever its type
	arrive(f, 1, 97, 0, "");   // by the SSRC that this has taught
	expect(2, 0, 0);
	arrive(f, 2, 96, 0, ""); // by a type that one section has
	arrive(f, 2, 97, 0, "");
	expect(2, 0, 0);
	arrive(f, 3, 97, 0, ""); // two could have it
	arrive(f, 3, 99, 0, "");
	arrive(f, 3, 96, 1, "7"); // a MID of nobody
	expect(0, 0, 0);
	arrive(f, 4, 97, 2, "lo"); // by its RID, and then by SSRC
	arrive(f, 4, 97, 0, "");
	arrive(f, 5, 97, 3, "lo"); // retransmissions of it
	expect(0, 0, 3);
	arrive(f, 6, 97, 2, "hi");
	expect(0, 0, 0);
	arrive(f, 1, 96, 1, "1"); // the SSRC moves: the newest word counts
	arrive(f, 1, 96, 0, "");
	expect(0, 2, 0);
	for (uint32_t i = 0; i < 1000; i++) // strangers' SSRCs push others out, which find back
		arrive(f, 1000 + i, 96, 1, "0");
	arrive(f, 1, 96, 1, "1");
	arrive(f, 1, 96, 0, "");
	expect(1000, 2, 0);
	rtc_rtp_session_remove_inbound(f->session, &taken[0].inbound, NULL, 0);
	arrive(f, 1, 96, 0, "");
	arrive(f, 1999, 96, 0, "");
	arrive(f, 4, 97, 2, "lo");
	expect(0, 1, 1);
	rtc_rtp_session_get_statistics(f->session, &session);
	assert_int_equal(session.packetsReceived - session.unrouted, 2 + 2 + 3 + 2 + 1002 + 2);
	for (int i = 1; i < 3; i++)
		rtc_rtp_session_remove_inbound(f->session, &taken[i].inbound, NULL, 0);
	finish(f);
}

static void nothingAfterClose(void **state)
{
	(void)state;
	fixture *f = begin(&video, 1);
	picture(f, fakeNow, 1, 100);
	f->srtp->count = 0;
	rtc_rtp_session_close(f->session);
	assert_null(f->srtp->context);
	picture(f, fakeNow + FRAME, 1, 100);
	assert_int_equal(f->srtp->count, 0);
	rtc_rtp_sender_close(f->sender); // and no BYE
	f->sender = NULL;
	assert_int_equal(f->srtp->count, 0);
	finish(f);
}

// What leaves in part is missed at once (rtp_sender_test), also when the way out ends between two runs.
static void theWayOutEndsInAFrame(void **state)
{
	(void)state;
	rtc_rtp_stream_options options = video;
	options.maximumPacketSize = 200;
	fixture *f = begin(&options, 1);
	f->srtp->endsAfter = 1;
	int requests = f->source.keyFrameRequests;
	picture(f, fakeNow, 1, 5900);
	assert_int_equal(f->statistics.packetsSent, 16);
	assert_int_equal(f->srtp->depth, 0);
	f->srtp->endsAfter = 0;
	f->frame.key = 0;
	deliver(f, fakeNow + FRAME);
	assert_int_equal(f->source.keyFrameRequests, requests + 1);
	assert_int_equal(f->statistics.packetsSent, 16);
	finish(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aLargeFrameLeavesInRuns), cmocka_unit_test(oneScheduleOfReports),
		cmocka_unit_test(feedbackGoesToItsStream), cmocka_unit_test(packetsFindTheirSection),
		cmocka_unit_test(nothingAfterClose),       cmocka_unit_test(theWayOutEndsInAFrame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
