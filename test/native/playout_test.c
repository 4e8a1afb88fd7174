// SPDX-License-Identifier: Apache-2.0
// Packets in, sound out, in virtual time: a tone that was encoded comes out as a tone, whatever the network and the
// clocks do to it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "numbers.h"
#include "rtc_audio_codec.h"
#include "rtc_playout.h"

#define RATE 48000u
#define CHUNK 960u
#define PERIOD 20000u // microseconds
#define TONE 440.0    // Hz
#define AMPLITUDE 8000.0
#define START 1000000u

// What a sender makes.
typedef struct {
	const rtc_codec *codec;
	rtc_audio_codec *encoder;
	uint32_t sequence, timestamp;
	uint64_t samples;
	uint8_t data[1500];
	int size;
} speaker;

static speaker speak(const rtc_codec *codec)
{
	speaker it = {.codec = codec, .sequence = 0x10000, .timestamp = 0xffffff00u};
	it.encoder = codec->audio->make(RATE, 1, 32000);
	assert_non_null(it.encoder);
	return it;
}

static void say(speaker *it, double amplitude)
{
	int16_t pcm[CHUNK];
	for (uint32_t i = 0; i < CHUNK; i++)
		pcm[i] = (int16_t)(amplitude * sin(2 * M_PI * TONE * (double)it->samples++ / RATE));
	it->size = it->encoder->encode(it->encoder, pcm, CHUNK, it->data, sizeof it->data);
	assert_true(it->size > 0);
}

static void send(speaker *it, rtc_playout *playout, uint64_t arrival, int isLost)
{
	rtc_frame frame = {.format = RTC_FORMAT_ENCODED, .codec = it->codec, .data = it->data, .size = (uint32_t)it->size};
	frame.time = arrival;
	frame.sequence = it->sequence++;
	frame.timestamp = it->timestamp;
	it->timestamp += it->codec->clockRate / 50;
	if (!isLost)
		rtc_playout_put(playout, &frame);
}

// How much of a signal is the tone: 1 for all of it.
static double purity(const int16_t *pcm, uint32_t count)
{
	double best = 0;
	for (double tone = TONE * 0.99; tone <= TONE * 1.011; tone += TONE * 0.005) {
		double re = 0, im = 0, all = 1e-9;
		for (uint32_t i = 0; i < count; i++) {
			re += pcm[i] * cos(2 * M_PI * tone * i / RATE);
			im += pcm[i] * sin(2 * M_PI * tone * i / RATE);
			all += (double)pcm[i] * pcm[i];
		}
		double part = (re * re + im * im) * 2 / count / all;
		best = part > best ? part : best;
	}
	return best;
}

static double rms(const int16_t *pcm, uint32_t count)
{
	double sum = 0;
	for (uint32_t i = 0; i < count; i++)
		sum += (double)pcm[i] * pcm[i];
	return sqrt(sum / count);
}

// The greatest step from sample to sample: of the tone alone AMPLITUDE × 2π × TONE / RATE, about 460.
static int greatestStep(const int16_t *pcm, uint32_t count)
{
	int greatest = 0;
	for (uint32_t i = 1; i < count; i++)
		if (abs(pcm[i] - pcm[i - 1]) > greatest)
			greatest = abs(pcm[i] - pcm[i - 1]);
	return greatest;
}

static void aToneIsHeard(const rtc_codec *codec)
{
	enum { COUNT = 150 };
	static int16_t heard[COUNT * CHUNK];
	rtc_playout_statistics counted;
	speaker it = speak(codec);
	rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
	for (uint32_t i = 0; i < COUNT; i++) {
		say(&it, AMPLITUDE);
		send(&it, playout, START + i * PERIOD, 0);
		rtc_playout_read(playout, START + i * PERIOD + 3000, heard + i * CHUNK, CHUNK);
	}
	rtc_playout_get_statistics(playout, &counted);
	for (uint32_t i = 10; i + 5 <= COUNT; i += 5)
		if (purity(heard + i * CHUNK, 5 * CHUNK) < 0.95)
			fail_msg("%s: %u: %f", codec->name, i, purity(heard + i * CHUNK, 5 * CHUNK));
	assert_true(greatestStep(heard + 10 * CHUNK, (COUNT - 10) * CHUNK) < 900);
	double loud = rms(heard + 20 * CHUNK, (COUNT - 20) * CHUNK);
	assert_true(loud > AMPLITUDE / sqrt(2) * 0.9 && loud < AMPLITUDE / sqrt(2) * 1.1);
	assert_true(counted.concealedSamples == 0 && counted.packets == COUNT && counted.packetsDiscarded == 0);
	assert_true(fabs(counted.level * 32768 - loud) < loud * 0.1);
	assert_true(counted.jitterBufferDelay / counted.jitterBufferEmitted < 120000);
	it.encoder->destroy(it.encoder);
	rtc_playout_free(playout);
}

static void tonesOfEachCodec(void **unused)
{
	(void)unused;
	aToneIsHeard(&rtc_codec_opus);
	aToneIsHeard(&rtc_codec_pcmu);
	aToneIsHeard(&rtc_codec_pcma);
}

static void gapsAreConcealed(const rtc_codec *codec)
{
	enum { COUNT = 300 };
	static int16_t heard[COUNT * CHUNK];
	rtc_playout_statistics counted;
	speaker it = speak(codec);
	rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
	for (uint32_t i = 0; i < COUNT; i++) {
		say(&it, AMPLITUDE);
		send(&it, playout, START + i * PERIOD, i % 20 == 7);
		rtc_playout_read(playout, START + i * PERIOD + 3000, heard + i * CHUNK, CHUNK);
	}
	rtc_playout_get_statistics(playout, &counted);
	assert_true(counted.packetsLost >= 14 && counted.packetsLost <= 15);
	assert_true(counted.concealmentEvents == counted.packetsLost);
	assert_int_equal(counted.concealedSamples, counted.packetsLost * CHUNK);
	for (uint32_t i = 20; i < COUNT; i++) {
		double loud = rms(heard + i * CHUNK, CHUNK);
		if (loud < AMPLITUDE * 0.1 || loud > AMPLITUDE * 1.1)
			fail_msg("%s: %u: %f", codec->name, i, loud);
	}
	it.encoder->destroy(it.encoder);
	rtc_playout_free(playout);
}

static void whatIsLostIsConcealed(void **unused)
{
	(void)unused;
	gapsAreConcealed(&rtc_codec_opus);
	gapsAreConcealed(&rtc_codec_pcmu);
}

// In-band FEC brings back what the concealment cannot know: a tone that began in the lost packet.
static void aLostBeginningComesBack(void **unused)
{
	(void)unused;
	double heardOf[2];
	for (int isConsecutive = 0; isConsecutive < 2; isConsecutive++) {
		enum { COUNT = 60 };
		static int16_t heard[COUNT * CHUNK];
		speaker it = speak(&rtc_codec_opus);
		rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
		for (uint32_t i = 0; i < COUNT; i++) {
			say(&it, i < 40 ? 0 : AMPLITUDE);
			send(&it, playout, START + i * PERIOD, i == 41 || (isConsecutive && i == 42));
			rtc_playout_read(playout, START + i * PERIOD + 3000, heard + i * CHUNK, CHUNK);
		}
		heardOf[isConsecutive] = rms(heard + 43 * CHUNK, 2 * CHUNK);
		it.encoder->destroy(it.encoder);
		rtc_playout_free(playout);
	}
	assert_true(heardOf[0] > AMPLITUDE / 4);
}

// Two minutes with a sender whose crystal is off: nothing is lost or doubled, and it grows no older.
static void anotherClockIsFollowed(void **unused)
{
	(void)unused;
	for (int drift = -300; drift <= 300; drift += 600) {
		enum { COUNT = 6000 };
		static int16_t heard[CHUNK * 50];
		rtc_playout_statistics counted;
		speaker it = speak(&rtc_codec_pcmu);
		rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
		uint64_t sent = 0;
		for (uint64_t i = 0; i < COUNT; i++) {
			uint64_t now = START + i * PERIOD;
			for (uint64_t leaves; (leaves = START + (sent * PERIOD * (uint64_t)(1000000 + drift)) / 1000000) <= now;
				 sent++) {
				say(&it, AMPLITUDE);
				send(&it, playout, leaves, 0);
			}
			rtc_playout_read(playout, now, heard + i % 50 * CHUNK, CHUNK);
			if (i > 500 && i % 500 == 49) {
				double pure = purity(heard, 50 * CHUNK);
				if (pure < 0.9 || greatestStep(heard, 50 * CHUNK) > 900)
					fail_msg("%d: %u: %f, %d", drift, (unsigned)i, pure, greatestStep(heard, 50 * CHUNK));
				it.samples %= RATE;
			}
		}
		rtc_playout_get_statistics(playout, &counted);
		assert_true(counted.concealedSamples < CHUNK * 4 && counted.packetsDiscarded == 0);
		assert_true(counted.jitterBufferDelay / counted.jitterBufferEmitted < 90000);
		it.encoder->destroy(it.encoder);
		rtc_playout_free(playout);
	}
}

// Half a second of the tone and half a second of silence, by turns, is to be 200 ms older from the third second on: it
// is so within a second, by silence that is longer, and comes back when it need not be. What is said of the time at
// which it is heard is so.
static void soundIsHeldBack(void **unused)
{
	(void)unused;
	enum { COUNT = 700, HOLD = 200000, FROM = 150, UNTIL = 400, SECOND = 50 };
	static int16_t heard[COUNT * CHUNK];
	rtc_playout_statistics counted;
	rtc_playout_head head, newest = {0};
	speaker it = speak(&rtc_codec_opus);
	rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
	int64_t ages[COUNT] = {0};
	for (uint32_t i = 0; i < COUNT; i++) {
		uint64_t now = START + i * PERIOD;
		say(&it, i % SECOND < SECOND / 2 ? AMPLITUDE : 0);
		rtc_frame frame = {.format = RTC_FORMAT_ENCODED, .codec = it.codec, .data = it.data, .size = (uint32_t)it.size};
		frame.time = now;
		frame.sequence = it.sequence++;
		frame.timestamp = it.timestamp;
		frame.sent = i < 20 ? 0 : now + 7000000000; // reports come late
		it.timestamp += 960;
		rtc_playout_put(playout, &frame);
		rtc_playout_hold(playout, i >= FROM && i < UNTIL ? HOLD : 0);
		rtc_playout_read(playout, now + 3000, heard + i * CHUNK, CHUNK);
		if (rtc_playout_take_head(playout, &head)) {
			assert_true(i >= 20);
			newest = head;
		}
		ages[i] = newest.sent ? (int64_t)(newest.time + 7000000000 - newest.sent) : 0;
		if (i == FROM + 5)
			assert_true(newest.early > 100000 && newest.held == HOLD);
	}
	int64_t before = ages[FROM - 1], held = ages[UNTIL - 1], after = ages[COUNT - 1];
	assert_in_range(before, 40000, 110000);
	assert_in_range(held - before, HOLD - 50000, HOLD + 30000); // it was old in the beginning
	assert_true(ages[FROM + SECOND + 5] - before > HOLD - 60000);
	assert_true(after - before < 30000 && after < 110000);
	// The tone begins in the file when the head says that it does.
	for (uint32_t second = 2; second < COUNT / SECOND; second++) {
		uint32_t begins = second * SECOND * CHUNK + (uint32_t)(ages[second * SECOND] * RATE / 1000000), at = begins;
		for (at -= 8000; abs(heard[at]) < AMPLITUDE / 8; at++)
			;
		int late = (int)(at - begins) * 1000 / (int)RATE, changes = second == FROM / SECOND || second == UNTIL / SECOND;
		if (!changes && abs(late) > 20)
			fail_msg("the tone of second %u is %d ms late", second, late);
	}
	rtc_playout_get_statistics(playout, &counted);
	assert_true(counted.samplesInserted > HOLD * (RATE / 1000) / 1000 / 2 && !counted.concealedSamples);
	it.encoder->destroy(it.encoder);
	rtc_playout_free(playout);
}

// Half a second after the age that sound should have has changed, by samples that were inserted or removed.
static uint64_t changedBy(double amplitude, uint32_t before, uint32_t after)
{
	int16_t pcm[CHUNK];
	rtc_playout_statistics then, now;
	speaker it = speak(&rtc_codec_pcmu);
	rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
	rtc_playout_hold(playout, before);
	for (uint32_t i = 0; i < 175; i++) {
		if (i == 150) {
			rtc_playout_get_statistics(playout, &then);
			rtc_playout_hold(playout, after);
		}
		say(&it, amplitude);
		send(&it, playout, START + i * PERIOD, 0);
		rtc_playout_read(playout, START + i * PERIOD, pcm, CHUNK);
	}
	rtc_playout_get_statistics(playout, &now);
	rtc_playout_free(playout);
	it.encoder->destroy(it.encoder);
	return after < before ? now.samplesRemoved - then.samplesRemoved : now.samplesInserted - then.samplesInserted;
}

// Whole packets of silence alone: sound changes its speed a little.
static void silenceIsWhereTimeIsMade(void **unused)
{
	(void)unused;
	assert_in_range(changedBy(AMPLITUDE, 0, 200000), 50, 400);  // 1 %
	assert_in_range(changedBy(AMPLITUDE, 200000, 0), 100, 800); // 2 %
	assert_true(changedBy(100, 0, 200000) > 4000);
	assert_true(changedBy(100, 200000, 0) > 4000);
}

// Networks of many seeds: what is heard is the tone but for what cannot be there.
static void networksOfAllKinds(void **unused)
{
	(void)unused;
	enum { COUNT = 400 };
	static int16_t heard[COUNT * CHUNK];
	static uint8_t packets[COUNT][400];
	static int sizes[COUNT];
	static uint64_t arrivals[COUNT];
	speaker it = speak(&rtc_codec_opus);
	for (int i = 0; i < COUNT; i++) {
		say(&it, AMPLITUDE);
		memcpy(packets[i], it.data, (size_t)it.size);
		sizes[i] = it.size;
	}
	it.encoder->destroy(it.encoder);
	for (uint32_t seed = 1; seed <= 50; seed++) {
		rtc_playout_statistics counted;
		state = seed * 2654435761u;
		uint32_t spread = below(60000) + 1, loss = below(100), stall = below(4) ? 0 : 200 + below(50);
		rtc_playout *playout = rtc_playout_new(RATE, 1, RTC_PLAYOUT_BYTES);
		for (uint32_t i = 0; i < COUNT; i++) {
			arrivals[i] = below(1000) < loss ? 0 : START + i * PERIOD + below(spread);
			if (stall && i >= stall && i < stall + 15 && arrivals[i]) // nothing comes for 300 ms, then all
				arrivals[i] = START + (stall + 15) * PERIOD;
		}
		for (uint32_t now = 0; now < COUNT; now++) {
			for (uint32_t i = 0; i < COUNT; i++)
				if (arrivals[i] > START + (now - 1) * PERIOD && arrivals[i] <= START + now * PERIOD) {
					rtc_frame frame = {.format = RTC_FORMAT_ENCODED,
									   .codec = &rtc_codec_opus,
									   .data = packets[i],
									   .size = (uint32_t)sizes[i],
									   .time = arrivals[i],
									   .sequence = 0x10000 + i,
									   .timestamp = i * CHUNK};
					rtc_playout_put(playout, &frame);
				}
			rtc_playout_read(playout, START + now * PERIOD, heard + now * CHUNK, CHUNK);
		}
		rtc_playout_get_statistics(playout, &counted);
		double loud = rms(heard + 20 * CHUNK, (COUNT - 20) * CHUNK) / (AMPLITUDE / sqrt(2));
		uint64_t delay = counted.jitterBufferDelay / counted.jitterBufferEmitted;
		if (loud < 0.85 || delay > spread + 120000 + (stall ? 100000 : 0))
			fail_msg("seed %u: %f, %u ms, spread %u, loss %u, stall %u", seed, loud, (unsigned)(delay / 1000), spread,
					 loss, stall);
		rtc_playout_free(playout);
	}
}

// Codecs may change from packet to packet, and packets may hold anything.
static void hostilePackets(void **unused)
{
	(void)unused;
	static const rtc_codec foreign = {.name = "foreign", .clockRate = 48000};
	const rtc_codec *const codecs[] = {&rtc_codec_opus, &rtc_codec_pcmu, &rtc_codec_pcma, &foreign};
	int16_t pcm[CHUNK * 2];
	for (uint32_t seed = 1; seed <= 100; seed++) {
		state = seed * 2654435761u;
		rtc_playout *playout = rtc_playout_new(RATE, (uint8_t)(1 + below(2)), RTC_PLAYOUT_BYTES);
		uint64_t now = START;
		uint32_t sequence = 0x10000, timestamp = 0;
		const rtc_codec *codec = codecs[0];
		for (int i = 0; i < 200; i++) {
			uint8_t data[1500];
			for (size_t k = 0; k < sizeof data; k++)
				data[k] = (uint8_t)below(256);
			if (!below(30))
				codec = codecs[below(4)];
			rtc_frame frame = {.format = RTC_FORMAT_ENCODED, .codec = codec, .data = data, .size = below(1501)};
			frame.time = now;
			frame.sequence = sequence += below(10) ? 1 : below(100);
			frame.timestamp = timestamp += below(10) ? 960 : below(UINT32_MAX);
			rtc_playout_put(playout, &frame);
			now += below(30000);
			if (below(8))
				rtc_playout_read(playout, now, pcm, CHUNK);
		}
		rtc_playout_free(playout);
	}
}

// Each of 256 codes, and what encodes to it.
static void g711IsItsInverse(void **unused)
{
	(void)unused;
	for (int code = 0; code < 256; code++) {
		assert_int_equal(rtc_g711_alaw(rtc_g711_from_alaw((uint8_t)code)), code);
		if (code != 0x7f) // the second zero
			assert_int_equal(rtc_g711_ulaw(rtc_g711_from_ulaw((uint8_t)code)), code);
	}
	assert_true(rtc_g711_from_ulaw(0xff) == 0 && rtc_g711_from_ulaw(0x00) == -32124 &&
				rtc_g711_from_ulaw(0x80) == 32124);
	assert_true(rtc_g711_from_alaw(0xd5) == 8 && rtc_g711_from_alaw(0x2a) == -32256 &&
				rtc_g711_from_alaw(0xaa) == 32256);
	assert_null(rtc_codec_pcmu.audio->makeDecoder(44100, 1));
	assert_null(rtc_codec_opus.audio->makeDecoder(48000, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g711IsItsInverse),         cmocka_unit_test(tonesOfEachCodec),
		cmocka_unit_test(whatIsLostIsConcealed),    cmocka_unit_test(aLostBeginningComesBack),
		cmocka_unit_test(anotherClockIsFollowed),   cmocka_unit_test(networksOfAllKinds),
		cmocka_unit_test(silenceIsWhereTimeIsMade), cmocka_unit_test(soundIsHeldBack),
		cmocka_unit_test(hostilePackets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
