// SPDX-License-Identifier: Apache-2.0
// The certificate, DTLS over a path that loses datagrams, SRTP, and the RTP sender above it: over Mbed TLS and libsrtp.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chip.h"
#include "chip_link.h"
#include "rtc_crypto.h"
#include "rtc_dtls.h"
#include "rtc_payload.h"
#include "rtc_rtp_sender.h"

enum { CLIENT, SERVER };

typedef struct {
	rtc_certificate *certificates[2];
	rtc_srtp *srtp[2];
	rtc_dtls *dtls[2];
	unsigned received[2];
} pair;

static rtc_certificate *made;

static void make(void *argument)
{
	int error = 0;
	(void)argument;
	made = rtc_certificate_generate(&error);
	CHECK(made && !error);
}

static rtc_certificate *certificate(int measured)
{
	chip_heap heap = chipHeap;
	uint64_t begin = chip_instructions();
	make(NULL);
	if (measured) {
		chip_result("certificate", chip_instructions() - begin);
		chip_heap_result("certificate", chipHeap, heap);
		rtc_certificate *kept = made;
		chip_result("stack-certificate", chip_stack(make, NULL));
		rtc_certificate_release(made);
		made = kept;
	}
	return made;
}

static void onPacket(void *context, const uint8_t *packet, size_t size)
{
	(void)packet;
	CHECK(size >= 12);
	++*(unsigned *)context;
}

static void expect(rtc_dtls_options *options, rtc_certificate *remote, int wrong)
{
	rtc_fingerprint *fingerprint = &options->fingerprints[0];
	strcpy(fingerprint->algorithm, "sha-256");
	fingerprint->size = RTC_FINGERPRINT_SIZE;
	memcpy(fingerprint->value, rtc_certificate_fingerprint(remote), RTC_FINGERPRINT_SIZE);
	fingerprint->value[0] ^= (uint8_t)wrong;
	options->fingerprintCount = 1;
}

static void open_side(pair *it, int side, int wrong)
{
	int error = 0;
	it->srtp[side] = rtc_srtp_new(chip_link_path(side), &error);
	CHECK(it->srtp[side] && !error);
	CHECK(rtc_srtp_add_handler(it->srtp[side], onPacket, NULL, NULL, &it->received[side]) == 0);
	rtc_dtls_options options = {
		.path = chip_link_path(side),
		.srtp = it->srtp[side],
		.certificate = it->certificates[side],
		.isClient = side == CLIENT,
		.timeout = 20000,
	};
	expect(&options, it->certificates[!side], wrong);
	it->dtls[side] = rtc_dtls_new(&options, &error);
	CHECK(it->dtls[side] && !error);
}

static void open_pair(pair *it, uint32_t seed, unsigned loss, int wrong)
{
	chip_link_open(seed, loss);
	it->received[0] = it->received[1] = 0;
	for (int side = 0; side < 2; side++)
		open_side(it, side, wrong);
	CHECK(rtc_dtls_start(it->dtls[SERVER], 0) == 0 && rtc_dtls_start(it->dtls[CLIENT], 0) == 0);
}

static void close_pair(pair *it)
{
	for (int side = 0; side < 2; side++) {
		rtc_dtls_close(it->dtls[side]);
		rtc_srtp_close(it->srtp[side]);
		rtc_srtp_release(it->srtp[side]);
	}
	chip_link_close();
}

static int are_over(void *context)
{
	pair *it = context;
	for (int side = 0; side < 2; side++)
		if (rtc_dtls_get_state(it->dtls[side]) < RTC_DTLS_CONNECTED)
			return 0;
	return 1;
}

static void connect_pair(void *argument)
{
	CHECK(chip_link_run(are_over, argument, 20000000));
}

// Without loss: what a handshake costs each side, and what it takes meanwhile and afterwards.
static void handshake(pair *it)
{
	chip_heap before = chipHeap;
	chipHeapPeak = before;
	open_pair(it, 1, 0, 0);
	chip_result("stack-dtls", chip_stack(connect_pair, it));
	chip_result("handshake-client", chipSpent[CLIENT]);
	chip_result("handshake-server", chipSpent[SERVER]);
	chip_result("handshake-datagrams", chipDatagrams);
	chip_heap_result("handshake-pair", chipHeapPeak, before);
	for (int side = 0; side < 2; side++)
		CHECK(rtc_dtls_get_state(it->dtls[side]) == RTC_DTLS_CONNECTED && rtc_srtp_ready(it->srtp[side]));
}

// What each part gives back tells what it took.
static void shares(pair *it, chip_heap before)
{
	chip_heap heap = chipHeap;
	rtc_dtls_close(it->dtls[SERVER]);
	chip_heap_result("dtls-server", heap, chipHeap);
	heap = chipHeap;
	rtc_srtp_close(it->srtp[SERVER]);
	rtc_srtp_release(it->srtp[SERVER]);
	chip_heap_result("srtp", heap, chipHeap);
	heap = chipHeap;
	rtc_dtls_close(it->dtls[CLIENT]);
	chip_heap_result("dtls-client", heap, chipHeap);
	rtc_srtp_close(it->srtp[CLIENT]);
	rtc_srtp_release(it->srtp[CLIENT]);
	chip_link_close();
	CHECK(chip_heap_is(before));
}

static void over_loss(pair *it)
{
	uint64_t slowest = 0;
	unsigned lost = 0;
	for (uint32_t seed = 1; seed <= 5; seed++) {
		chip_heap before = chipHeap;
		uint64_t begin = chipNow;
		open_pair(it, seed, 30, 0);
		connect_pair(it);
		for (int side = 0; side < 2; side++)
			CHECK(rtc_dtls_get_state(it->dtls[side]) == RTC_DTLS_CONNECTED);
		if (chipNow - begin > slowest)
			slowest = chipNow - begin;
		lost += chipLost;
		close_pair(it);
		CHECK(chip_heap_is(before));
	}
	CHECK(lost > 0);
	chip_result("lossy-handshake-ms", slowest / 1000);
}

static void wrong_fingerprint(pair *it)
{
	chip_heap before = chipHeap;
	open_pair(it, 1, 0, 1);
	connect_pair(it);
	CHECK(rtc_dtls_get_state(it->dtls[CLIENT]) == RTC_DTLS_FAILED);
	CHECK(rtc_dtls_get_reason(it->dtls[CLIENT]) == RTC_DTLS_FINGERPRINT_MISMATCH);
	CHECK(!rtc_srtp_ready(it->srtp[CLIENT]));
	close_pair(it);
	CHECK(chip_heap_is(before));
}

static int never(void *context)
{
	(void)context;
	return 0;
}

#define PACKETS 32
#define PACKET 1180

// A packet each way: protecting it, and what the other side does with it.
static void media(pair *it)
{
	uint8_t packet[PACKET] = {0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
	uint64_t protecting = 0, receiving = chipSpent[SERVER];
	for (unsigned i = 1; i <= PACKETS; i++) {
		uint64_t begin = chip_instructions();
		rtc_srtp_transmit *transmit = rtc_srtp_begin(it->srtp[CLIENT]);
		CHECK(transmit);
		packet[3] = (uint8_t)i;
		memcpy(rtc_srtp_buffer(transmit), packet, sizeof packet);
		CHECK(rtc_srtp_commit(transmit, sizeof packet, 0) == 0);
		rtc_srtp_end(transmit);
		protecting += chip_instructions() - begin;
		chip_link_run(never, NULL, 0);
	}
	CHECK(it->received[SERVER] == PACKETS);
	chip_result("srtp-protect", protecting / PACKETS);
	chip_result("srtp-unprotect", (chipSpent[SERVER] - receiving) / PACKETS);
}

// A source with one frame.
static void nothing(rtc_source *source)
{
	(void)source;
}

static void keep(rtc_frame *frame)
{
	(void)frame;
}

typedef struct {
	rtc_source source;
	rtc_frame frame;
} video;

static void deliver_frame(void *argument)
{
	video *it = argument;
	rtc_source_deliver(&it->source, &it->frame);
}

static void sender(pair *it)
{
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 1, 2, 3, 4, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
	static uint8_t data[20000];
	static video source;
	int error = 0;
	static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
	rtc_rtp_stream_options options = {.codec = &h264,
									  .payloadType = 96,
									  .packetizationMode = 1,
									  .ssrc = 7,
									  .cname = "chip",
									  .ids = {.mid = 1},
									  .mid = "0"};
	chip_heap before = chipHeap;
	rtc_rtp_session *session = rtc_rtp_session_new(it->srtp[SERVER], &error);
	CHECK(session && !error);
	chip_heap_result("rtp-session", chipHeap, before);
	rtc_rtp_session_set_pacing(session, 4000000000u);
	before = chipHeap;
	rtc_rtp_sender *rtp = rtc_rtp_sender_new(&options, session, &error);
	CHECK(rtp && !error);
	chip_heap_result("rtp-sender", chipHeap, before);
	rtc_source_init(&source.source, nothing);
	CHECK(rtc_source_connect(&source.source, rtc_rtp_sender_sink(rtp)) == 0);
	memset(data, 0x55, sizeof data);
	memcpy(data, sets, sizeof sets);
	memcpy(data + sizeof sets, "\0\0\0\1\x65", 5);
	source.frame = (rtc_frame){.refs = 1,
							   .release = keep,
							   .data = data,
							   .size = sizeof data,
							   .capacity = sizeof data,
							   .format = RTC_FORMAT_ENCODED,
							   .codec = &h264,
							   .key = 1,
							   .time = chipNow};
	chip_result("stack-rtp-sender", chip_stack(deliver_frame, &source));
	chip_link_run(never, NULL, 0);
	rtc_rtp_stream_statistics counted;
	rtc_rtp_sender_get_statistics(rtp, &counted);
	CHECK(counted.framesSent == 1 && counted.keyFramesSent == 1 && counted.packetsSent > 16);
	unsigned packets = (unsigned)counted.packetsSent;
	source.frame.time = chipNow += 66666;
	uint64_t begin = chip_instructions();
	deliver_frame(&source);
	chip_result("rtp-packet", (chip_instructions() - begin) / packets);
	chip_link_run(never, NULL, 0);
	CHECK(it->received[CLIENT] == 2 * packets);
	rtc_rtp_sender_close(rtp);
	rtc_rtp_session_close(session);
	rtc_rtp_session_release(session);
	rtc_source_release(&source.source);
}

int main(void)
{
	static pair it;
	uint64_t begin = chip_instructions();
	rtc_srtp_prepare();
	chip_result("srtp-start", chip_instructions() - begin);
	it.certificates[CLIENT] = certificate(1);
	it.certificates[SERVER] = certificate(0);
	chip_heap before = chipHeap;
	handshake(&it);
	media(&it);
	sender(&it);
	shares(&it, before);
	over_loss(&it);
	wrong_fingerprint(&it);
	for (int side = 0; side < 2; side++)
		rtc_certificate_release(it.certificates[side]);
	printf("done\n");
	return 0;
}
