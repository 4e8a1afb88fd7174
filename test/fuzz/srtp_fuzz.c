// SPDX-License-Identifier: Apache-2.0
// RTP and RTCP behind SRTP, by a peer that has the keys: the input's packets are protected, maybe damaged on the way,
// and taken in by a session with a sender and a receiver on it. Each step is a byte that says what, one for the size,
// and the packet. What may never happen: a packet that is heard twice or was damaged; more SSRCs than there are places.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dtls_world.h"
#include "rtc_payload.h"
#include "rtc_rtp_sender.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static uint8_t protected[WORLD_DATAGRAM], before[WORLD_DATAGRAM];
static size_t protectedSize, beforeSize;
static unsigned heard, seen;

static void keep(int from, const uint8_t *data, size_t size)
{
	if (from)
		return;
	memcpy(before, protected, beforeSize = protectedSize);
	memcpy(protected, data, protectedSize = size);
}

static void onRtp(void *context, const uint8_t *data, size_t size)
{
	rtc_rtp_packet packet;
	(void)context;
	CHECK(size >= RTC_RTP_HEADER);
	heard++;
	if (!rtc_rtp_parse(&packet, data, size) && packet.payloadSize)
		seen += packet.payload[packet.payloadSize - 1];
}

static void onRtcp(void *context, const uint8_t *data, size_t size)
{
	(void)context;
	CHECK(size >= 8);
	heard++;
	seen += data[size - 1];
}

static unsigned deliver(const uint8_t *data, size_t size)
{
	rtc_dtls *const nobody[2] = {NULL, NULL};
	unsigned count = heard;
	world_fly(1, data, size, WORLD_LAST);
	world_run(nobody, worldNow + 1000);
	CHECK(heard - count <= 1);
	return heard - count;
}

static rtc_rtp_sender *openSender(rtc_rtp_session *session)
{
	static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
	int error;
	rtc_rtp_stream_options options = {.codec = &h264, .payloadType = 102, .ssrc = 0x11223344, .cname = "a"};
	rtc_rtp_sender *sender = rtc_rtp_sender_new(&options, session, &error);
	CHECK(sender);
	return sender;
}

// Protects a packet of the input's as the peer. Returns whether libsrtp took it.
static int protect(rtc_srtp *peer, const uint8_t *data, size_t size, int isRtcp)
{
	rtc_srtp_transmit *transmit = rtc_srtp_begin(peer);
	uint8_t *buffer = rtc_srtp_buffer(transmit);
	memcpy(buffer, data, size);
	buffer[0] = (uint8_t)((buffer[0] & 0x3f) | 0x80);
	if (isRtcp)
		buffer[1] = (uint8_t)(192 + (buffer[1] & 31)); // RFC 5761 section 4
	else
		buffer[1] = (uint8_t)(buffer[1] & 0xbf); // payload types below 64
	int error = rtc_srtp_commit(transmit, size, isRtcp);
	rtc_srtp_end(transmit);
	return !error;
}

static void damaged(uint8_t how)
{
	uint8_t copy[WORLD_DATAGRAM];
	memcpy(copy, protected, protectedSize);
	copy[how % protectedSize] ^= (uint8_t)(how | 1);
	CHECK(!deliver(copy, protectedSize));
	(void)deliver(copy, how % protectedSize);
}

static void take(rtc_srtp *peer, uint8_t step, const uint8_t *data, size_t size)
{
	worldNow += (uint64_t)(step >> 5) * (step >> 5) * 1000000;
	if (size < 8 || !protect(peer, data, size, step & 1))
		return;
	if (step & 2)
		damaged((uint8_t)(step ^ data[size - 1]));
	if (step & 4) // the one before comes later, or a second time
		(void)deliver(before, beforeSize);
	deliver(protected, protectedSize);
	CHECK(!deliver(protected, protectedSize));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t material[RTC_SRTP_MATERIAL] = {1, 2, 3};
	rtc_srtp *srtp[2];
	rtc_srtp_statistics statistics;
	int error;
	world_reset(keep);
	heard = 0;
	protectedSize = beforeSize = 0;
	for (int side = 0; side < 2; side++) {
		srtp[side] = rtc_srtp_new(world_path(side), &error);
		CHECK(srtp[side]);
	}
	CHECK(!rtc_srtp_add_handler(srtp[1], onRtp, onRtcp, NULL, NULL));
	rtc_rtp_session *session = rtc_rtp_session_new(srtp[1], &error);
	CHECK(session);
	rtc_rtp_sender *sender = openSender(session);
	size_t expected = rtc_srtp_material_size(RTC_SRTP_AES128_CM_SHA1_80);
	for (int side = 0; side < 2; side++)
		CHECK(!rtc_srtp_set_keys(srtp[side], RTC_SRTP_AES128_CM_SHA1_80, material, expected, side == 0));
	while (size >= 2) {
		size_t length = data[1];
		const uint8_t step = data[0];
		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		take(srtp[0], step, data, length);
		data += length;
		size -= length;
	}
	rtc_srtp_get_statistics(srtp[1], &statistics);
	CHECK(statistics.protectFailed == 0);
	rtc_rtp_sender_close(sender);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	for (int side = 0; side < 2; side++)
		rtc_srtp_release(srtp[side]);
	return 0;
}
