// SPDX-License-Identifier: Apache-2.0
// The cache and the pacer under 1,000 seeds: two peers of one source, frames of any size, rates that change, requests
// for what was sent, is not yet, or never will be. Whole frames leave in their order, repairs are what was sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_rtp_cache.h"
#include "rtp_fakes.h"

#define SEEDS 1000
#define STEPS 60
#define PEERS 2
#define RTX 0x91223344u
#define PAYLOADS 65536
#define LARGEST 24000

typedef struct {
	rtc_srtp *srtp;
	rtc_rtp_session *session;
	rtc_rtp_sender *sender;
	uint32_t *payloads; // a hash of each, by sequence number
	uint16_t next, first;
	int begun; // packets of a frame have left, the last has not
	uint32_t timestamp;
} peer;

static uint32_t seed;
static uint64_t originals, repairs;
static unsigned broken; // frames that had waited for so long that others were written over their rest

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static uint32_t hash(const uint8_t *data, size_t size)
{
	uint32_t value = 2166136261u;
	for (size_t i = 0; i < size; i++)
		value = (value ^ data[i]) * 16777619u;
	return value ^ (uint32_t)size;
}

static void checkOriginal(peer *it, const rtc_rtp_packet *packet)
{
	assert_int_equal(packet->sequence, it->next);
	it->payloads[it->next++] = hash(packet->payload, packet->payloadSize);
	broken += it->begun && packet->timestamp != it->timestamp;
	it->timestamp = packet->timestamp;
	it->begun = !packet->marker;
	originals++;
}

static void check(peer *it)
{
	for (size_t i = 0; i < it->srtp->count; i++) {
		rtc_rtp_packet packet;
		const fake_packet *sent = &it->srtp->packets[i];
		if (sent->isRtcp)
			continue;
		assert_int_equal(rtc_rtp_parse(&packet, sent->data, sent->size), 0);
		if (packet.ssrc != RTX) {
			checkOriginal(it, &packet);
			continue;
		}
		uint16_t number = rtc_rtp_get16(packet.payload);
		assert_true((uint16_t)(it->next - number - 1) < (uint16_t)(it->next - it->first));
		assert_int_equal(hash(packet.payload + 2, packet.payloadSize - 2u), it->payloads[number]);
		repairs++;
	}
	it->srtp->count = 0;
}

static void lack(peer *it)
{
	uint8_t nack[] = {0x81, 205, 0, 3, THEIRS, OURS, 0, 0, 0, 0};
	uint16_t back = (uint16_t)(dice(20) ? dice(60) : dice(65536));
	rtc_rtp_put16(nack + 12, (uint16_t)(it->next - back));
	rtc_rtp_put16(nack + 14, (uint16_t)dice(65536));
	fakeReceive(it->srtp, nack, sizeof nack);
}

static void deliverTo(rtc_source *source, rtc_frame *frame)
{
	static uint32_t serial;
	static const uint8_t start[] = {0, 0, 0, 1};
	memcpy(frame->data, start, sizeof start);
	frame->key = (uint8_t)(dice(8) == 0);
	frame->data[4] = frame->key ? 0x65 : 0x41;
	frame->size = 6 + dice(dice(4) ? 2000 : frame->key ? LARGEST : 6000);
	for (size_t i = 5; i < frame->size; i++)
		frame->data[i] = (uint8_t)(1 + dice(255)); // no start code
	frame->time = fakeNow;
	frame->serial = dice(5) ? ++serial : 0;
	rtc_source_deliver(source, frame);
}

static void step(peer *peers, rtc_source *source, rtc_frame *frame)
{
	peer *it = &peers[dice(PEERS)];
	switch (dice(10)) {
	case 0:
		rtc_rtp_session_set_pacing(it->session, 100000 + dice(20000000));
		break;
	case 1:
		it->srtp->ready = dice(4) != 0;
		break;
	case 2:
		lack(it);
		break;
	default:
		deliverTo(source, frame);
	}
	uint64_t until = fakeNow + dice(50000), from = fakeNow;
	for (int i = 0; i < PEERS; i++) {
		check(&peers[i]);
		for (uint64_t now = from; now < until; now += 2000) { // or too many would have to be remembered
			fakeNow = now;
			fakeRun(peers[i].srtp, now);
			check(&peers[i]);
		}
	}
	fakeNow = until;
}

static void aSeed(uint32_t number)
{
	static uint8_t data[LARGEST + 16];
	peer peers[PEERS] = {0};
	fake_source source;
	int error;
	seed = number;
	fakeNow = 5 * SECOND;
	assert_int_equal(rtc_rtp_cache_configure(16384u << dice(5), 100 + dice(2000)), 0);
	fakeSourceInit(&source);
	rtc_rtp_stream_options options = video;
	options.rtxSsrc = RTX;
	options.rtxPayloadType = 103;
	for (int i = 0; i < PEERS; i++) {
		peers[i].srtp = fakeSrtp(1);
		peers[i].session = rtc_rtp_session_new(peers[i].srtp, &error);
		options.maximumPacketSize = (uint16_t)(dice(2) ? 0 : 800 + dice(300));
		peers[i].sender = rtc_rtp_sender_new(&options, peers[i].session, &error);
		assert_int_equal(rtc_source_connect(&source.source, rtc_rtp_sender_sink(peers[i].sender)), 0);
		peers[i].next = peers[i].first = 0x73f3;
		peers[i].payloads = calloc(PAYLOADS, sizeof *peers[i].payloads);
	}
	rtc_frame frame = {.data = data, .format = RTC_FORMAT_ENCODED, .codec = &h264};
	for (int i = 0; i < STEPS; i++)
		step(peers, &source.source, &frame);
	for (int i = 0; i < PEERS; i++) {
		rtc_rtp_sender_close(peers[i].sender);
		check(&peers[i]);
		rtc_rtp_session_close(peers[i].session);
		rtc_rtp_session_release(peers[i].session);
		assert_int_equal(peers[i].srtp->refs, 1);
		rtc_srtp_release(peers[i].srtp);
		free(peers[i].payloads);
	}
	assert_int_equal(source.source.refs, 1);
	rtc_source_release(&source.source);
}

static void seeds(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= SEEDS; number++)
		aSeed(number);
	print_message("%llu packets, %llu repairs, %u frames in part\n", (unsigned long long)originals,
				  (unsigned long long)repairs, broken);
	assert_true(originals > 100000 && repairs > 5000 && broken < originals / 1000);
	assert_int_equal(rtc_rtp_cache_configure(RTC_RTP_CACHE_BYTES, RTC_RTP_CACHE_MILLISECONDS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
