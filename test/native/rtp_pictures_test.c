// SPDX-License-Identifier: Apache-2.0
// A receiver of pictures at the end of a network that loses, delays, repeats and reorders, under 1,000 seeds in virtual
// time, against a sender that sends again what it is asked for. Every frame that comes out is one that was sent, in
// order, and what follows on a lost one begins with a key frame.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_h264.h"
#include "rtc_rtp_receiver.h"
#include "rtp_fakes.h"

#define SEEDS 1000
#define FRAMES 90
#define REMOTE 0xa0b0c0d0u
#define RTX 0x91223344u
#define LOCAL 0x01020304u
#define FLYING 4096
#define KEPT 2048
#define LARGEST 16000

typedef struct {
	uint64_t arrival;
	size_t size;
	uint8_t data[RTC_MTU];
} flying;

typedef struct {
	rtc_sink sink;
	uint32_t next; // the frame that follows on the one before
	unsigned frames, keys, gaps;
	rtc_frame *held; // it may keep one for some time
} watcher;

typedef struct {
	rtc_srtp *srtp;
	rtc_rtp_session *session;
	rtc_rtp_receiver *receiver;
	watcher sink;
	uint16_t sequence, rtxSequence, first;
	uint32_t frame;
	int keyWanted, hasRtx;
	unsigned requests, firs, asked, loss, delay, jitter;
	uint8_t fir; // the newest one's number
	struct {
		size_t size;
		uint8_t data[RTC_MTU];
	} kept[KEPT];
	rtc_rtp_receiver_statistics statistics;
} world;

static uint32_t seed;
static flying inFlight[FLYING];
static unsigned flyingCount;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void destroySink(rtc_sink *sink)
{
	(void)sink;
}

static void fill(uint8_t *data, uint32_t frame, size_t size)
{
	uint32_t value = frame * 2654435761u;
	for (size_t i = 0; i < size; i++) {
		value = value * 1664525 + 1013904223;
		data[i] = (uint8_t)(value >> 24) | 1; // no start code
	}
}

// Without zeros, which could be a start code.
static void writeNumber(uint8_t *data, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		data[i] = (uint8_t)(0x80 | (number >> 7 * i & 0x7f));
}

static uint32_t readNumber(const uint8_t *data)
{
	uint32_t number = 0;
	for (int i = 0; i < 4; i++)
		number |= (uint32_t)(data[i] & 0x7f) << 7 * i;
	return number;
}

// A slice that says which frame it is.
static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	static uint8_t expected[LARGEST];
	watcher *it = (watcher *)sink;
	size_t head = frame->key ? 15 : 0;
	assert_true(frame->size > head + 9 && frame->codec == &h264);
	const uint8_t *slice = frame->data + head + 4;
	assert_true((slice[0] & 0x1f) == (frame->key ? 5 : 1));
	uint32_t number = readNumber(slice + 2);
	fill(expected, number, frame->size - head - 10);
	assert_memory_equal(slice + 6, expected, frame->size - head - 10);
	assert_true(number >= it->next && frame->timestamp == number * 3000);
	it->gaps += number != it->next && it->frames;
	assert_true(frame->key || (number == it->next && it->frames));
	it->next = number + 1;
	it->frames++;
	it->keys += frame->key;
	if (it->held)
		rtc_frame_release(it->held);
	it->held = dice(3) ? NULL : rtc_frame_retain(frame);
}

static void fly(world *it, const uint8_t *data, size_t size)
{
	for (int copies = dice(100) < 2 ? 2 : 1; copies; copies--) {
		if (dice(100) < it->loss)
			continue;
		assert_true(flyingCount < FLYING);
		flying *packet = &inFlight[flyingCount++];
		packet->arrival = fakeNow + it->delay + dice(it->jitter + 1);
		packet->size = size;
		memcpy(packet->data, data, size);
	}
}

static void sendFrame(world *it)
{
	static uint8_t data[LARGEST + 64];
	static const uint8_t parameters[] = {0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 5};
	rtc_nal_packetizer packetizer;
	int key = it->frame == 0 || it->keyWanted, last = 0;
	size_t head = key ? sizeof parameters : 0, size = dice(key ? LARGEST : 5000);
	memcpy(data, parameters, head);
	memcpy(data + head, "\0\0\0\1", 4);
	data[head + 4] = key ? 0x65 : 0x41;
	data[head + 5] = 0x80;
	writeNumber(data + head + 6, it->frame);
	fill(data + head + 10, it->frame, size);
	it->keyWanted = 0;
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, data, head + 10 + size, 1, 1000), 0);
	while (!last) {
		uint8_t *packet = it->kept[it->sequence % KEPT].data;
		packet[0] = 0x80;
		packet[1] = 102;
		size_t payload = rtc_nal_packetizer_next(&packetizer, packet + RTC_RTP_HEADER, &last);
		rtc_rtp_stamp(packet, last, it->sequence, it->frame * 3000);
		rtc_rtp_put32(packet + 8, REMOTE);
		it->kept[it->sequence++ % KEPT].size = RTC_RTP_HEADER + payload;
		fly(it, packet, RTC_RTP_HEADER + payload);
	}
	it->frame++;
}

static void sendAgain(world *it, uint16_t sequence)
{
	uint8_t packet[RTC_MTU + 2];
	const uint8_t *kept = it->kept[sequence % KEPT].data;
	size_t size = it->kept[sequence % KEPT].size;
	assert_true((uint16_t)(sequence - it->first) < (uint16_t)(it->sequence - it->first)); // one that was sent
	it->asked++;
	if (!it->hasRtx) {
		fly(it, kept, size);
		return;
	}
	memcpy(packet, kept, RTC_RTP_HEADER);
	packet[1] = (uint8_t)((kept[1] & 0x80) | 103);
	rtc_rtp_put16(packet + 2, it->rtxSequence++);
	rtc_rtp_put32(packet + 8, RTX);
	rtc_rtp_put16(packet + RTC_RTP_HEADER, sequence);
	memcpy(packet + RTC_RTP_HEADER + 2, kept + RTC_RTP_HEADER, size - RTC_RTP_HEADER);
	fly(it, packet, size + 2);
}

static void hearFeedback(world *it)
{
	for (size_t i = 0; i < it->srtp->count; i++) {
		rtc_rtcp_reader reader;
		rtc_rtcp_item item;
		assert_true(it->srtp->packets[i].isRtcp);
		assert_int_equal(rtc_rtcp_begin(&reader, it->srtp->packets[i].data, it->srtp->packets[i].size), 0);
		if (dice(100) < it->loss)
			continue;
		while (rtc_rtcp_next(&reader, &item) > 0) {
			int isNew = item.kind == RTC_RTCP_FIR && (!it->requests || item.sequence != it->fir);
			if (item.kind == RTC_RTCP_PLI || isNew) {
				it->keyWanted = 1;
				it->requests++;
				it->fir = item.sequence;
			}
			assert_true(item.kind != RTC_RTCP_FIR || (item.sender == LOCAL && item.target == REMOTE));
			it->firs += item.kind == RTC_RTCP_FIR;
			if (item.kind != RTC_RTCP_NACK)
				continue;
			sendAgain(it, item.nack.packet);
			for (uint16_t j = 0; j < 16; j++)
				if (item.nack.following >> j & 1)
					sendAgain(it, (uint16_t)(item.nack.packet + j + 1));
		}
	}
	it->srtp->count = 0;
}

// What arrives until then, each at its time, and what the receiver does of its own.
static void pass(world *it, uint64_t until)
{
	for (;;) {
		flying *earliest = NULL;
		for (unsigned i = 0; i < flyingCount; i++)
			if (inFlight[i].arrival <= until && (!earliest || inFlight[i].arrival < earliest->arrival))
				earliest = &inFlight[i];
		uint64_t time = earliest ? earliest->arrival : until;
		while (fakeNow < time) {
			fakeRun(it->srtp, fakeNow + 2000 < time ? fakeNow + 2000 : time);
			hearFeedback(it);
		}
		if (!earliest)
			return;
		static flying packet;
		packet = *earliest;
		*earliest = inFlight[--flyingCount];
		fakeReceiveRtp(it->srtp, packet.data, packet.size);
		fakeRun(it->srtp, fakeNow);
		hearFeedback(it);
	}
}

static world *setUp(const rtc_rtp_receiver_options *options)
{
	int error;
	world *it = calloc(1, sizeof *it);
	fakeNow = 5 * SECOND;
	flyingCount = 0;
	it->srtp = fakeSrtp(1);
	it->session = rtc_rtp_session_new(it->srtp, &error);
	it->receiver = rtc_rtp_receiver_new(options, it->session, NULL, NULL, &error);
	assert_int_equal(error, 0);
	rtc_sink_init(&it->sink.sink, destroySink, onFrame);
	it->sequence = it->first = (uint16_t)dice(65536);
	it->hasRtx = 1;
	return it;
}

static void end(world *it)
{
	rtc_rtp_receiver_close(it->receiver);
	rtc_frame_release(it->sink.held);
	assert_int_equal(it->sink.sink.refs, 1);
	rtc_sink_release(&it->sink.sink);
	rtc_rtp_session_close(it->session);
	rtc_rtp_session_release(it->session);
	assert_int_equal(it->srtp->refs, 1);
	rtc_srtp_release(it->srtp);
	free(it);
}

static void watch(world *it)
{
	assert_int_equal(rtc_source_connect(rtc_rtp_receiver_source(it->receiver), &it->sink.sink), 0);
}

static const rtc_rtp_receiver_options wanted = {
	.isVideo = 1,
	.formatCount = 1,
	.formats = {{.payloadType = 102, .codec = &h264, .hasRtx = 1, .rtxPayloadType = 103}},
	.ssrc = LOCAL,
	.cname = "here",
	.midId = 1,
	.mid = "0",
	.feedback = RTC_RTP_PICTURES_NACK | RTC_RTP_PICTURES_PLI,
	.isReducedSize = 1,
};

static void play(world *it, unsigned frames)
{
	while (frames--) {
		sendFrame(it);
		pass(it, fakeNow + FRAME);
		if (dice(2) && it->sink.held) {
			rtc_frame_release(it->sink.held);
			it->sink.held = NULL;
		}
	}
	rtc_rtp_receiver_get_statistics(it->receiver, &it->statistics);
}

static uint64_t sentFrames, seenFrames, lostFrames, asks;

static void aSeed(uint32_t number)
{
	rtc_rtp_receiver_options options = wanted;
	seed = number;
	options.isReducedSize = dice(2);
	world *it = setUp(&options);
	it->hasRtx = dice(4) != 0;
	it->loss = dice(4) ? dice(12) : 0;
	it->delay = 1000 + dice(120000);
	it->jitter = dice(3) ? dice(40000) : 0;
	watch(it);
	play(it, FRAMES);
	uint64_t repairs = it->statistics.pictures.repairs;
	unsigned gaps = it->sink.gaps;
	sentFrames += FRAMES;
	seenFrames += it->sink.frames;
	lostFrames += it->statistics.pictures.losses;
	asks += it->asked;
	assert_true(it->loss || it->jitter || it->sink.frames >= FRAMES - 6);
	assert_true(it->statistics.pictures.pliCount <= 2 + FRAMES / 15 && (it->hasRtx || !repairs));
	assert_true(it->statistics.reportsSent >= 2 &&
				gaps <= it->statistics.pictures.losses + it->statistics.pictures.framesDropped);
	it->loss = it->jitter = 0; // the network is well again: so is the picture, soon
	pass(it, fakeNow + SECOND);
	it->keyWanted = 0;
	unsigned before = it->sink.frames;
	play(it, 90);
	pass(it, fakeNow + SECOND);
	assert_int_equal(it->sink.next, it->frame);
	assert_true(it->sink.frames > before + 20);
	end(it);
}

static void seeds(void **unused)
{
	(void)unused;
	for (uint32_t number = 1; number <= SEEDS; number++)
		aSeed(number);
	print_message("%llu frames, %llu seen while packets were lost, %llu lost for good, %llu packets asked for\n",
				  (unsigned long long)sentFrames, (unsigned long long)seenFrames, (unsigned long long)lostFrames,
				  (unsigned long long)asks);
	assert_true(seenFrames > sentFrames / 10 * 8 && asks > 10000);
}

// With 5 % lost and round trips of 50 ms hardly a frame is missing.
static void lossesAreRepaired(void **unused)
{
	(void)unused;
	seed = 7;
	world *it = setUp(&wanted);
	it->loss = 5;
	it->delay = 50000;
	watch(it);
	play(it, 900);
	pass(it, fakeNow + SECOND);
	assert_true(it->sink.frames >= 890 && it->statistics.pictures.losses <= 1);
	assert_true(it->statistics.pictures.repairs > 100 && it->statistics.retransmittedPacketsReceived > 100);
	assert_true(it->statistics.packetsLost > 50); // by the stream's own packets
	assert_true(it->statistics.pictures.roundTrip < 80000 && it->statistics.pictures.roundTrip > 40000);
	end(it);
}

static void nothingIsAskedForWithoutSinks(void **unused)
{
	(void)unused;
	seed = 8;
	world *it = setUp(&wanted);
	it->loss = 5;
	play(it, 60);
	assert_true(!it->asked && !it->requests && it->statistics.packetsReceived > 100);
	it->loss = 0;
	watch(it); // in the middle: a key frame comes at once
	play(it, 10);
	assert_true(it->requests == 1 && it->sink.keys == 1 && it->sink.frames >= 8);
	rtc_source_disconnect(rtc_rtp_receiver_source(it->receiver), &it->sink.sink);
	unsigned frames = it->sink.frames;
	play(it, 10);
	assert_int_equal(it->sink.frames, frames);
	end(it);
}

static void aSinkAsksForAKeyFrame(void **unused)
{
	(void)unused;
	seed = 9;
	world *it = setUp(&wanted);
	watch(it);
	play(it, 30);
	assert_int_equal(it->sink.keys, 1);
	for (int i = 0; i < 20; i++)
		rtc_sink_request_key_frame(&it->sink.sink);
	play(it, 30);
	assert_true(it->sink.keys == 2 && it->requests == 1);
	end(it);
}

// Who hears no PLI may hear FIR: each asks anew.
static void anotherRequestIsSentWhereItIsHeard(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t feedback;
		unsigned keys, firs;
	} cases[] = {{RTC_RTP_PICTURES_FIR, 3, 2}, {RTC_RTP_PICTURES_FIR | RTC_RTP_PICTURES_PLI, 3, 0}, {0, 1, 0}};
	for (int i = 0; i < 3; i++) {
		rtc_rtp_receiver_options options = wanted;
		options.feedback = cases[i].feedback;
		world *it = setUp(&options);
		watch(it);
		play(it, 40);
		for (int loss = 0; loss < 2; loss++) {
			it->loss = 100;
			play(it, 1);
			it->loss = 0;
			play(it, 40);
		}
		assert_int_equal(it->sink.keys, cases[i].keys);
		assert_int_equal(it->firs, cases[i].firs);
		assert_int_equal(it->statistics.pictures.firCount, cases[i].firs);
		end(it);
	}
}

// Who does not answer is asked seldom, and not at all once nothing comes.
static void requestsAreBounded(void **unused)
{
	(void)unused;
	seed = 10;
	world *it = setUp(&wanted);
	it->frame = 1; // no key frame
	watch(it);
	for (int i = 0; i < 30 * 60; i++) {
		it->keyWanted = 0;
		play(it, 1);
	}
	assert_true(it->requests > 20 && it->requests < 40 && !it->sink.frames);
	unsigned requests = it->requests;
	pass(it, fakeNow + 60 * SECOND);
	assert_true(it->requests <= requests + 2);
	assert_true(it->srtp->task->time == UINT64_MAX); // nothing keeps the thread awake
	end(it);
}

// Plays pictures that nobody can begin with, until it has been asked for a key frame that often.
static uint64_t askedAt(world *it, unsigned requests)
{
	for (int i = 0; i < 300 && it->requests < requests; i++) {
		it->keyWanted = 0;
		play(it, 1);
	}
	assert_int_equal(it->requests, requests);
	return fakeNow;
}

static void whoIsAskedHasTimeToAnswer(void **unused)
{
	(void)unused;
	seed = 14;
	world *it = setUp(&wanted);
	it->frame = 1; // no key frame
	watch(it);
	uint64_t begun = fakeNow, first = askedAt(it, 1), second = askedAt(it, 2), third = askedAt(it, 3);
	assert_in_range(first - begun, 100000, 100000 + 3 * FRAME); // it might have come by itself
	assert_in_range(second - first, 500000 - FRAME, 500000 + 2 * FRAME);
	assert_in_range(third - second, 750000 - FRAME, 750000 + 2 * FRAME);
	// One that goes on after it was silent is asked anew, not before it could have sent one by itself.
	pass(it, fakeNow + 10 * SECOND);
	unsigned requests = it->requests;
	begun = fakeNow;
	assert_in_range(askedAt(it, requests + 1) - begun, 100000, 100000 + 3 * FRAME);
	end(it);
}

static void aPauseIsNoLoss(void **unused)
{
	(void)unused;
	seed = 15;
	world *it = setUp(&wanted);
	watch(it);
	play(it, 10);
	pass(it, fakeNow + 10 * SECOND);
	play(it, 30);
	assert_true(it->sink.frames == 40 && it->sink.keys == 1 && !it->requests);
	end(it);
}

static void withoutFeedbackAFrameIsLostSoon(void **unused)
{
	(void)unused;
	rtc_rtp_receiver_options options = wanted;
	options.feedback = 0;
	seed = 11;
	world *it = setUp(&options);
	watch(it);
	play(it, 10);
	it->loss = 100;
	play(it, 1);
	it->loss = 0;
	play(it, 10);
	assert_true(!it->asked && !it->requests && it->sink.frames == 10 && it->statistics.pictures.losses == 1);
	it->keyWanted = 1;
	play(it, 10);
	assert_int_equal(it->sink.frames, 20);
	end(it);
}

// Its sequence numbers jump, and go on from there.
static void aSenderMayBeginAnew(void **unused)
{
	(void)unused;
	seed = 12;
	world *it = setUp(&wanted);
	watch(it);
	play(it, 10);
	it->sequence = it->first = (uint16_t)(it->sequence + 30000);
	play(it, 30);
	assert_true(it->sink.next == it->frame && it->sink.gaps == 1 && it->requests >= 1);
	end(it);
}

static void repairsOfNothingAreHarmless(void **unused)
{
	(void)unused;
	seed = 13;
	world *it = setUp(&wanted);
	watch(it);
	uint8_t packet[40] = {0x80, 103};
	rtc_rtp_put32(packet + 8, RTX);
	fakeReceiveRtp(it->srtp, packet, sizeof packet); // before there is a stream
	play(it, 5);
	for (uint32_t i = 0; i < 70000; i++) { // of any number
		rtc_rtp_put16(packet + 2, (uint16_t)i);
		rtc_rtp_put16(packet + 12, (uint16_t)(i * 7));
		fakeReceiveRtp(it->srtp, packet, i % 5 ? sizeof packet : 12 + i % 3);
		it->srtp->count = 0;
	}
	play(it, 60);
	assert_int_equal(it->sink.next, it->frame);
	end(it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lossesAreRepaired),
		cmocka_unit_test(nothingIsAskedForWithoutSinks),
		cmocka_unit_test(aSinkAsksForAKeyFrame),
		cmocka_unit_test(anotherRequestIsSentWhereItIsHeard),
		cmocka_unit_test(requestsAreBounded),
		cmocka_unit_test(whoIsAskedHasTimeToAnswer),
		cmocka_unit_test(aPauseIsNoLoss),
		cmocka_unit_test(withoutFeedbackAFrameIsLostSoon),
		cmocka_unit_test(aSenderMayBeginAnew),
		cmocka_unit_test(repairsOfNothingAreHarmless),
		cmocka_unit_test(seeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
