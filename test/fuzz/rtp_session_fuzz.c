// SPDX-License-Identifier: Apache-2.0
// Feedback of a peer about a session at work: NACK, RTX, transport-wide feedback, REMB and whatever else an input
// makes, between frames, with header extensions, time, and ways that close. Each step is a byte that says what, one for
// the size, and data. What may never happen: rates out of bounds, more repairs than the rate has room for, numbers of a
// stream that are not in sequence.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_bwe.h"
#include "rtp_fakes.h"

#define RTX_SSRC 0x91223344u
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static uint16_t next, transport;
static uint64_t repaired;
static uint16_t lost; // packets that could not be protected, at most

static void check(fixture *f)
{
	for (size_t i = 0; i < f->srtp->count; i++) {
		rtc_rtp_packet packet;
		const fake_packet *sent = &f->srtp->packets[i];
		if (sent->isRtcp)
			continue;
		CHECK(!rtc_rtp_parse(&packet, sent->data, sent->size));
		size_t size = 0;
		const uint8_t *number = rtc_rtp_find_extension(&packet, 2, &size);
		CHECK(number && size == 2 && rtc_rtp_get16(number) == transport++);
		if (packet.ssrc == RTX_SSRC)
			repaired += sent->size;
		else {
			CHECK(packet.ssrc == SSRC && (uint16_t)(packet.sequence - next) <= lost);
			next = (uint16_t)(packet.sequence + 1);
		}
	}
	f->srtp->count = 0;
	rtc_rtp_session_statistics statistics;
	rtc_rtp_session_get_statistics(f->session, &statistics);
	CHECK(!statistics.availableBitrate ||
		  (statistics.availableBitrate >= RTC_BWE_MINIMUM && statistics.availableBitrate <= 100000000));
	CHECK(statistics.loss >= 0 && statistics.loss <= 1 && statistics.queuedBytes <= 200000);
}

// An input of feedback, made to be about this session where it is about anything.
static void feedback(fixture *f, uint8_t step, const uint8_t *data, size_t size)
{
	uint8_t packet[300] = {0x80, 205, 0, 0, THEIRS, OURS};
	size_t whole = 12 + ((size + 3) & ~3u);
	static const uint8_t formats[] = {1, 15, 1, 15};
	packet[0] |= formats[step & 3];
	packet[1] = step & 2 && size > 3 && data[0] & 1 ? 206 : 205;
	memcpy(packet + 12, data, size);
	if (packet[1] == 205 && (step & 3) == 0 && size >= 2) // of packets that were sent
		rtc_rtp_put16(packet + 12, (uint16_t)(next - rtc_rtp_get16(packet + 12) % 300));
	if (packet[1] == 205 && (step & 3) == 1 && size >= 4) {
		rtc_rtp_put16(packet + 12, (uint16_t)(transport - packet[12] % 64));
		rtc_rtp_put16(packet + 14, packet[15] % 80);
	}
	rtc_rtp_put16(packet + 2, (uint16_t)(whole / 4 - 1));
	fakeReceive(f->srtp, packet, whole);
}

static void takeStep(fixture *f, uint8_t step, const uint8_t *data, size_t size)
{
	switch (step >> 4 & 7) {
	case 0:
		picture(f, fakeNow, size & 1, size * 20);
		break;
	case 1:
		f->srtp->ready = step & 1;
		break;
	case 2:
		if (size >= 8)
			fakeReceive(f->srtp, data, size);
		break;
	case 3:
		f->srtp->failing = step & 1;
		lost = 1000;
		break;
	default:
		feedback(f, step, data, size);
	}
	check(f);
	for (int i = step >> 7 ? 20 : 1; i; i--) {
		fakeRun(f->srtp, fakeNow + 1000 + size * 10);
		check(f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rtc_rtp_stream_options options = video;
	options.rtxSsrc = RTX_SSRC;
	options.rtxPayloadType = 103;
	options.ids =
		(rtc_rtp_extension_ids){.mid = 1, .transportSequence = 2, .sendTime = 3, .playoutDelay = 4, .captureTime = 14};
	memcpy(options.mid, "0123456789abcde", 16);
	fixture *f = begin(&options, 1);
	next = 0x73f3;
	transport = 0;
	lost = 0;
	repaired = 0;
	uint64_t start = fakeNow;
	picture(f, fakeNow, 1, 5000);
	check(f);
	while (size > 2) {
		size_t length = data[1] < size - 2 ? data[1] : size - 2;
		takeStep(f, data[0], data + 2, length);
		data += 2 + length;
		size -= 2 + length;
	}
	// Half of 100 Mbit/s, and a burst of half a second.
	CHECK(repaired <= (fakeNow - start + 600000) * 50 / 8);
	f->srtp->failing = 0;
	finish(f);
	return 0;
}
