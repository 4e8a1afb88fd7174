// SPDX-License-Identifier: Apache-2.0
// A receiver of pictures, and packets that an input makes: of the stream, of its retransmissions, in any order, at any
// time, with any payload. Each step is a byte that says what, one for the number, one for the size, and the payload.
// What may never happen: a frame that does not begin as a key frame where one is needed, one that is larger than its
// room, memory that grows, a request for what was never there.
#include <stdlib.h>
#include <string.h>
#include "rtc_rtp_receiver.h"
#include "rtp_fakes.h"

#define REMOTE 0xa0b0c0d0u
#define RTX 0x91223344u
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static unsigned frames;
static uint32_t newest;

static void destroySink(rtc_sink *sink)
{
	(void)sink;
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	(void)sink;
	CHECK(frame->size > 4 && frame->size <= frame->capacity && frame->codec == &h264);
	CHECK(!memcmp(frame->data, "\0\0\0\1", 4));
	CHECK(frames || frame->key);
	CHECK(!frames || (int32_t)(frame->sequence - newest) > 0);
	newest = frame->sequence;
	frames++;
}

static void check(rtc_srtp *srtp)
{
	for (size_t i = 0; i < srtp->count; i++) {
		rtc_rtcp_reader reader;
		rtc_rtcp_item item;
		CHECK(srtp->packets[i].isRtcp && !rtc_rtcp_begin(&reader, srtp->packets[i].data, srtp->packets[i].size));
		int result;
		while ((result = rtc_rtcp_next(&reader, &item)) > 0)
			CHECK(item.kind == RTC_RTCP_NACK || item.kind == RTC_RTCP_PLI || item.kind == RTC_RTCP_REPORT ||
				  (item.kind == RTC_RTCP_REMB && item.bitrate > 29900 && item.bitrate <= 100000000));
		CHECK(result == 0);
	}
	srtp->count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const rtc_rtp_receiver_options options = {
		.isVideo = 1,
		.formatCount = 1,
		.formats = {{.payloadType = 102, .codec = &h264, .hasRtx = 1, .rtxPayloadType = 103}},
		.ssrc = 1,
		.cname = "here",
		.feedback = RTC_RTP_PICTURES_NACK | RTC_RTP_PICTURES_PLI,
		.isReducedSize = 1,
		.isRated = 1,
		.sendTimeId = 3,
	};
	rtc_sink sink;
	int error;
	fakeNow = 5 * SECOND;
	frames = 0;
	CHECK(!rtc_rtp_receiver_configure(RTC_ASSEMBLY_BYTES_MINIMUM));
	rtc_srtp *srtp = fakeSrtp(1);
	rtc_rtp_session *session = rtc_rtp_session_new(srtp, &error);
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_new(&options, session, NULL, NULL, &error);
	rtc_sink_init(&sink, destroySink, onFrame);
	CHECK(!rtc_source_connect(rtc_rtp_receiver_source(receiver), &sink));
	uint16_t sequence = 65500;
	uint32_t timestamp = 0;
	while (size > 3) {
		uint8_t packet[RTC_RTP_HEADER + 8 + 2 + 1020] = {0x80, 102}, step = data[0];
		size_t length = data[2] * (step & 64 ? 4u : 1u), head = RTC_RTP_HEADER;
		uint16_t number = (uint16_t)(sequence + (int8_t)data[1] * (step & 32 ? 100 : 1));
		data += 3, size -= 3;
		if (!(step & 1)) // most go on
			number = sequence++;
		if (step & 2)
			timestamp += 3000;
		rtc_rtp_stamp(packet, step & 4, number, timestamp);
		rtc_rtp_put32(packet + 8, step & 8 ? RTX : REMOTE);
		if (step & 128) { // a time of sending
			packet[0] = 0x90;
			rtc_rtp_put32(packet + head, 0xbede0001);
			rtc_rtp_put32(packet + head + 4, 0x32000000u | (uint32_t)data[0] << 16 | sequence);
			head += 8;
		}
		if (step & 8) {
			packet[1] = 103;
			rtc_rtp_put16(packet + head, number);
			head += 2;
		}
		size_t given = length < size ? length : size;
		memcpy(packet + head, data, given);
		fakeReceiveRtp(srtp, packet, head + length);
		data += given, size -= given;
		check(srtp);
		fakeRun(srtp, fakeNow + (step & 16 ? 50000 : 100));
		check(srtp);
	}
	rtc_rtp_receiver_close(receiver);
	CHECK(sink.refs == 1);
	rtc_sink_release(&sink);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	CHECK(srtp->refs == 1);
	rtc_srtp_release(srtp);
	return 0;
}
