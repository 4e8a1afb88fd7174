// SPDX-License-Identifier: Apache-2.0
// A whole session over a link of some rate, with a queue of 300 ms and a round trip of 50 ms, in virtual time: an
// encoder that follows what it is told, at 30 frames a second; a receiver that reports arrivals as libwebrtc does, and
// asks for what it lacks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtp_fakes.h"

#define TRANSPORT_ID 3
#define WAY 0.025 // seconds, each way
#define QUEUE 0.3 // seconds of the rate
#define BELOW 38  // bytes below RTP
#define PLACES 65536

typedef struct {
	double arrives;
	uint8_t isLost, isReported;
} flight;

typedef struct {
	fixture *f;
	uint8_t data[400000];
	double rate, loss, cross; // bit/s of the link, loss 0 … 1, bit/s of others in its queue
	double free;              // when the link has sent all
	double nextFrame, nextFeedback, start;
	double pauses;          // until when the receiver takes nothing in
	uint32_t limit, target; // bit/s, of the encoder
	double excess;          // bytes that it owes
	int wantsKey;
	int isDeaf, layers; // the encoder follows others; it makes so many layers: 1 or 3
	unsigned frame, keys;
	flight flights[PLACES];
	uint16_t sent, reported;
	uint8_t number;
	uint32_t random;
	// Since it was last begun:
	double delays[100000];
	unsigned delayCount;
	double bytes, since;
} world;

static world *of; // the source's

static void setBitrate(rtc_source *source, uint32_t bitsPerSecond)
{
	(void)source;
	if (of->isDeaf)
		return;
	of->target = bitsPerSecond < of->limit ? bitsPerSecond : of->limit;
}

static void wantKey(rtc_source *source)
{
	(void)source;
	of->wantsKey = 1;
	of->keys++;
}

static double dice(world *w)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 8) / 16777216.0;
}

static double seconds(void)
{
	return (double)fakeNow / 1e6;
}

static world *open(double rate, uint32_t limit)
{
	world *w = of = calloc(1, sizeof *w);
	rtc_rtp_stream_options options = video;
	options.rtxSsrc = SSRC + 1;
	options.rtxPayloadType = 103;
	options.ids.transportSequence = TRANSPORT_ID;
	w->f = begin(&options, 1);
	w->f->source.source.setBitrate = setBitrate;
	w->f->source.source.requestKeyFrame = wantKey;
	atomic_store(&w->f->source.source.limit, limit);
	w->rate = rate;
	w->target = w->limit = limit;
	w->random = 1;
	w->wantsKey = 1;
	w->nextFrame = w->nextFeedback = w->start = seconds();
	return w;
}

static void shut(world *w)
{
	finish(w->f);
	free(w);
}

// A frame of the encoder: of about the size that the rate gives it, a key frame of six times that.
static void encode(world *w)
{
	static const uint8_t start[] = {0, 0, 0, 1};
	static const uint8_t layers[] = {0, 2, 1, 2};
	static const double shares[] = {1.6, 1.2, 0.6}; // of the mean, as OpenH264 has them
	uint8_t layer = w->layers == 3 ? layers[w->frame % 4] : 0;
	w->frame = w->wantsKey ? 1 : w->frame + 1;
	double mean = w->target / 8.0 / 30, size = mean * (0.7 + 0.6 * dice(w)) * (w->wantsKey ? 6 : 1) - w->excess * 0.2;
	if (w->layers == 3 && !w->wantsKey)
		size *= shares[layer];
	if (size < 100)
		size = 100;
	if (size > sizeof w->data - 10)
		size = sizeof w->data - 10;
	w->excess += size - mean;
	memset(w->data, 0xaa, (size_t)size);
	memcpy(w->data, start, sizeof start);
	w->data[4] = w->wantsKey ? 0x65 : 0x41;
	w->f->frame.data = w->data;
	w->f->frame.key = (uint8_t)w->wantsKey;
	w->f->frame.layer = w->wantsKey ? 0 : layer;
	w->f->frame.size = (uint32_t)size;
	w->wantsKey = 0;
	deliver(w->f, fakeNow);
}

static void carry(world *w)
{
	for (size_t i = 0; i < w->f->srtp->count; i++) {
		const fake_packet *packet = &w->f->srtp->packets[i];
		if (packet->isRtcp)
			continue;
		double now = seconds(), begins = now > w->free ? now : w->free, queued = begins - now;
		flight *it = &w->flights[w->sent++];
		it->isLost = queued > QUEUE || dice(w) < w->loss;
		it->isReported = 0;
		if (queued <= QUEUE) {
			w->free = begins + (packet->size + BELOW) * 8 / (w->rate - w->cross);
			w->bytes += (double)packet->size + BELOW;
		}
		it->arrives = w->free + WAY;
		if (it->arrives < w->pauses)
			it->arrives = w->pauses;
		if (w->delayCount < sizeof w->delays / sizeof w->delays[0])
			w->delays[w->delayCount++] = queued;
	}
	w->f->srtp->count = 0;
}

// What has come since the last time, in the form of two bits for each packet.
static void report_arrivals(world *w)
{
	uint8_t packet[1400] = {0x8f, 205, 0, 0, THEIRS, OURS};
	uint16_t count = 0, base = w->reported;
	double last = 0;
	size_t size = 20;
	while ((uint16_t)(base + count) != w->sent && count < 400 &&
		   w->flights[(uint16_t)(base + count)].arrives <= seconds() - WAY)
		count++;
	while (count && w->flights[(uint16_t)(base + count - 1)].isLost)
		count--; // of those nothing is known yet
	if (!count)
		return;
	uint16_t chunks = (uint16_t)((count + 6) / 7);
	uint8_t *delta = packet + size + 2 * chunks;
	int64_t reference = (int64_t)(w->flights[base].arrives * 1000 / 64), at = reference * 64 * 4;
	for (uint16_t i = 0; i < count; i++) {
		flight *it = &w->flights[(uint16_t)(base + i)];
		if (it->isLost)
			continue;
		int64_t ticks = (int64_t)(it->arrives * 4000) - at;
		rtc_rtp_put16(delta, (uint16_t)ticks);
		delta += 2;
		at += ticks;
		uint8_t *chunk = packet + size + 2 * (i / 7);
		rtc_rtp_put16(chunk, (uint16_t)(rtc_rtp_get16(chunk) | 2 << (12 - 2 * (i % 7))));
		last = it->arrives;
	}
	for (uint16_t i = 0; i < chunks; i++)
		packet[size + 2 * i] |= 0xc0;
	rtc_rtp_put16(packet + 12, base);
	rtc_rtp_put16(packet + 14, count);
	rtc_rtp_put32(packet + 16, (uint32_t)reference << 8 | w->number++);
	size_t whole = ((size_t)(delta - packet) + 3) & ~3u;
	rtc_rtp_put16(packet + 2, (uint16_t)(whole / 4 - 1));
	if (packet + whole > delta) { // libwebrtc says so, although RFC 3550 has it in words
		packet[0] |= 0x20;
		packet[whole - 1] = (uint8_t)(packet + whole - delta);
	}
	w->reported = (uint16_t)(base + count);
	(void)last;
	fakeReceive(w->f->srtp, packet, whole);
}

static void pass(world *w, double time)
{
	for (double end = seconds() + time; seconds() < end;) {
		double now = seconds();
		if (now >= w->nextFrame) {
			w->nextFrame += 1 / 30.0;
			encode(w);
			carry(w);
		}
		if (now >= w->nextFeedback) {
			w->nextFeedback += 0.05;
			if (now >= w->pauses)
				report_arrivals(w);
		}
		fakeRun(w->f->srtp, fakeNow);
		carry(w);
		fakeNow += 500;
	}
}

static int ascending(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static void measure(world *w)
{
	w->delayCount = 0;
	w->bytes = 0;
	w->since = seconds();
}

static double percentile95(world *w)
{
	qsort(w->delays, w->delayCount, sizeof w->delays[0], ascending);
	return w->delayCount ? w->delays[w->delayCount * 95 / 100] : 0;
}

static double used(const world *w)
{
	return w->bytes * 8 / (seconds() - w->since) / w->rate;
}

static uint32_t estimate(const world *w)
{
	rtc_rtp_session_statistics statistics;
	rtc_rtp_session_get_statistics(w->f->session, &statistics);
	return statistics.availableBitrate;
}

// Seconds until a condition on the estimate holds; -1: it did not within `most`.
static double until(world *w, uint32_t least, uint32_t most, double time)
{
	for (double start = seconds(); seconds() - start < time;) {
		pass(w, 0.1);
		if (estimate(w) >= least && estimate(w) <= most)
			return seconds() - start;
	}
	return -1;
}

// 3 Mbit/s, then 600 kbit/s, then 3 Mbit/s.
static void aStep(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++) {
		world *w = open(3e6, 4000000);
		w->random = seed;
		pass(w, 5);
		measure(w);
		pass(w, 5);
		assert_true(used(w) > 0.85 && percentile95(w) < 0.1);
		w->rate = 600e3;
		double down = until(w, 0, 600000, 2);
		assert_true(down > 0);
		pass(w, 3 - down);
		measure(w);
		pass(w, 20);
		assert_true(used(w) > 0.8 && percentile95(w) < 0.15);
		w->rate = 3e6;
		assert_true(until(w, 2400000, UINT32_MAX, 10) > 0);
		measure(w);
		pass(w, 10);
		assert_true(used(w) > 0.85 && percentile95(w) < 0.15);
		shut(w);
	}
}

// Others take half of the way for a while.
static void crossTraffic(void **state)
{
	(void)state;
	world *w = open(3e6, 4000000);
	pass(w, 10);
	w->cross = 1.5e6;
	pass(w, 3);
	measure(w);
	pass(w, 10);
	assert_true(used(w) > 0.4 && used(w) < 0.51 && percentile95(w) < 0.15);
	w->cross = 0;
	assert_true(until(w, 2400000, UINT32_MAX, 10) > 0);
	shut(w);
}

// What little is sent says little of the way. When more is to be sent, it is found out soon what there is.
static void littleToSend(void **state)
{
	(void)state;
	world *w = open(4e6, 300000);
	pass(w, 20);
	assert_in_range(estimate(w), 300000, 700000);
	w->limit = w->target = 3000000;
	atomic_store(&w->f->source.source.limit, w->limit);
	double up = until(w, 2400000, UINT32_MAX, 10);
	assert_true(up > 0);
	measure(w);
	pass(w, 5);
	assert_true(percentile95(w) < 0.1);
	shut(w);
}

// Loss that has nothing to do with the rate leaves it as it is.
static void randomLoss(void **state)
{
	(void)state;
	world *w = open(2e6, 4000000);
	w->loss = 0.05;
	pass(w, 10);
	measure(w);
	pass(w, 30);
	assert_true(used(w) > 0.7 && percentile95(w) < 0.15);
	assert_true(w->f->statistics.congested <= 2);
	shut(w);
}

// A way that is narrower than the least of what is assumed: nothing waits for long all the same.
static void aNarrowWay(void **state)
{
	(void)state;
	world *w = open(150e3, 2000000);
	pass(w, 5);
	measure(w);
	pass(w, 20);
	assert_true(used(w) > 0.75 && percentile95(w) < 0.15);
	shut(w);
}

static unsigned framesSent(world *w)
{
	rtc_rtp_stream_statistics statistics;
	rtc_rtp_sender_get_statistics(w->f->sender, &statistics);
	return (unsigned)statistics.framesSent;
}

// A machine that has something else to do for a moment takes nothing in, and then all at once: that says nothing of the
// way.
static void aReceiverThatPauses(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 10; i++) {
		world *w = open(20e6, 1500000);
		w->random = i;
		pass(w, 10);
		unsigned before = framesSent(w);
		for (int n = 0; n < 4; n++) {
			w->pauses = seconds() + 0.1 * i;
			pass(w, 3);
			assert_true(estimate(w) >= 1500000);
		}
		assert_in_range(framesSent(w) - before, 359, 361);
		shut(w);
	}
}

// Who is not heard of any more does not count where others are; who is heard of again does.
static void whoFallsSilent(void **state)
{
	(void)state;
	rtc_sink others;
	world *w = open(3e6, 1500000);
	rtc_source *source = &w->f->source.source;
	rtc_sink *sink = rtc_rtp_sender_sink(w->f->sender);
	pass(w, 10);
	assert_int_equal(atomic_load(&sink->silent), 0);
	rtc_sink_init(&others, NULL, NULL);
	atomic_store(&others.wish, 1200000);
	assert_true(source->count == 1 && atomic_load(&sink->wish) > 1200000);
	source->sinks[source->count++] = &others;
	assert_int_equal(rtc_source_wish(source, RTC_WISH_SLOWEST), 1200000);
	source->count--;
	uint32_t before = rtc_source_wish(source, RTC_WISH_SLOWEST), known = estimate(w);
	w->pauses = seconds() + 12;
	pass(w, 11);
	assert_int_equal(atomic_load(&sink->silent), 1);
	assert_true(estimate(w) < known / 2); // it is sent less
	assert_int_equal(rtc_source_wish(source, RTC_WISH_SLOWEST), before);
	source->sinks[source->count++] = &others;
	assert_int_equal(rtc_source_wish(source, RTC_WISH_SLOWEST), 1200000);
	assert_int_equal(rtc_source_wish(source, RTC_WISH_MEDIAN), 1200000);
	source->count--;
	pass(w, 3);
	assert_int_equal(atomic_load(&sink->silent), 0);
	pthread_mutex_destroy(&others.lock);
	shut(w);
}

// A way that carries next to nothing all at once: pictures become fewer bits, and go on.
static void aDeepFall(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		world *w = open(3e6, 1500000);
		w->random = seed;
		pass(w, 10);
		w->rate = 100e3;
		double longest = 0, gap = 0;
		for (int k = 0; k < 600; k++) {
			unsigned before = framesSent(w);
			pass(w, 1 / 30.0);
			gap = framesSent(w) > before ? 0 : gap + 1 / 30.0;
			longest = gap > longest ? gap : longest;
		}
		assert_true(longest < 0.5);
		shut(w);
	}
}

// The encoder makes twice what this way carries, for others. Of its layers those that fit go, without a break; nobody
// pays for it with key frames.
static void farBelowTheOthers(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 3; seed++) {
		world *w = open(500e3, 1000000);
		w->random = seed;
		w->isDeaf = 1;
		w->layers = 3;
		pass(w, 10);
		measure(w);
		unsigned keys = w->keys, before = framesSent(w);
		pass(w, 20);
		double rate = (framesSent(w) - before) / 20.0;
		printf("with layers: %.1f pictures/s, %.2f used, p95 %.0f ms, %u key frames\n", rate, used(w),
			   percentile95(w) * 1e3, w->keys - keys);
		assert_true(rate >= 6.5 && percentile95(w) < 0.15);
		assert_in_range(w->keys - keys, 0, 1);
		w->rate = 2e6; // and all of them, when there is room
		pass(w, 15);
		before = framesSent(w);
		pass(w, 5);
		assert_true((framesSent(w) - before) / 5.0 > 29);
		shut(w);
	}
}

// Without layers it is what follows a key frame, as far as it goes.
static void farBelowWithoutLayers(void **state)
{
	(void)state;
	world *w = open(500e3, 1000000);
	w->isDeaf = 1;
	pass(w, 10);
	measure(w);
	unsigned keys = w->keys, before = framesSent(w);
	pass(w, 20);
	double rate = (framesSent(w) - before) / 20.0;
	printf("without: %.1f pictures/s, %.2f used, p95 %.0f ms, %u key frames\n", rate, used(w), percentile95(w) * 1e3,
		   w->keys - keys);
	assert_true(rate >= 6 && percentile95(w) < 0.25);
	assert_in_range(w->keys - keys, 5, 11);
	shut(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aStep),
		cmocka_unit_test(crossTraffic),
		cmocka_unit_test(littleToSend),
		cmocka_unit_test(randomLoss),
		cmocka_unit_test(aNarrowWay),
		cmocka_unit_test(aReceiverThatPauses),
		cmocka_unit_test(whoFallsSilent),
		cmocka_unit_test(aDeepFall),
		cmocka_unit_test(farBelowTheOthers),
		cmocka_unit_test(farBelowWithoutLayers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
