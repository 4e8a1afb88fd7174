// SPDX-License-Identifier: Apache-2.0
// A loudspeaker and a microphone in a room that is made up: how much of the one is in the other, with and without the
// canceller, and what becomes of who speaks in the room.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_echo.h"

#define RATE 16000
#define SAMPLES (RATE / 50)
#define REVERBERATION (RATE / 5) // samples, 200 ms

static uint64_t now; // microseconds

uint64_t __wrap_rtc_now(void);
uint64_t __wrap_rtc_now(void)
{
	return now;
}

typedef struct {
	rtc_echo *echo;
	rtc_source microphone, player;
	rtc_sink listener;
	rtc_frame_pool *pool;
	uint32_t latency; // samples from what is written to what leaves the loudspeaker
	double room[REVERBERATION];
	double played[REVERBERATION + RATE]; // the newest last
	uint32_t seed;
	double voice; // of the far side: what its filter has
	uint64_t frames;
	double in, out; // energy of the newest second
	int16_t newest[SAMPLES], heard[SAMPLES];
	uint32_t count;
} bench;

static double randomOf(bench *b)
{
	b->seed = b->seed * 1664525 + 1013904223;
	return (double)(b->seed >> 8) / (1 << 23) - 1;
}

static void nothing(rtc_source *source)
{
	(void)source;
}

static void nobody(rtc_sink *sink)
{
	(void)sink;
}

static void listen_to(rtc_sink *sink, rtc_frame *frame)
{
	bench *b = (bench *)((char *)sink - offsetof(bench, listener));
	assert_int_equal(frame->samples, SAMPLES);
	memcpy(b->newest, frame->data, sizeof b->newest);
	b->count++;
}

// The direct way, and reflections that die away.
static void open_bench(bench *b, uint32_t latency)
{
	int error;
	memset(b, 0, sizeof *b);
	b->seed = 7;
	b->latency = latency * RATE / 1000;
	now = 1000000;
	for (int i = 24; i < REVERBERATION; i++)
		b->room[i] = randomOf(b) * 0.06 * exp(-5.0 * i / REVERBERATION);
	b->room[24] = 0.4;
	b->echo = rtc_echo_new(RATE, RTC_ECHO_TAIL, &error);
	assert_non_null(b->echo);
	b->pool = rtc_frame_pool_new(2, SAMPLES * 2 * 2);
	rtc_source_init(&b->microphone, nothing);
	rtc_source_init(&b->player, nothing);
	rtc_sink_init(&b->listener, nobody, listen_to);
	assert_int_equal(rtc_source_connect(&b->microphone, rtc_echo_microphone(b->echo)), 0);
	assert_int_equal(rtc_source_connect(&b->player, rtc_echo_loudspeaker(b->echo)), 0);
	assert_int_equal(rtc_source_connect(rtc_echo_source(b->echo), &b->listener), 0);
}

static void close_bench(bench *b)
{
	rtc_echo_close(b->echo);
	assert_int_equal(b->microphone.count + b->player.count, 0);
	rtc_frame_pool_close(b->pool);
	rtc_source_release(&b->microphone);
	rtc_source_release(&b->player);
	rtc_sink_release(&b->listener);
}

static void give(bench *b, rtc_source *to, const int16_t *pcm, uint8_t channels)
{
	rtc_frame *frame = rtc_frame_pool_get(b->pool);
	assert_non_null(frame);
	frame->size = SAMPLES * 2u * channels;
	memcpy(frame->data, pcm, SAMPLES * 2);
	frame->format = RTC_FORMAT_PCM;
	frame->sampleRate = RATE;
	frame->channels = channels;
	frame->samples = SAMPLES;
	frame->time = now;
	rtc_source_deliver(to, frame);
	rtc_frame_release(frame);
}

// Something like speech: noise of a voice's colour that comes and goes.
static void speak(bench *b, int16_t pcm[SAMPLES], double loudness)
{
	double syllable = 0.5 + 0.5 * sin((double)b->frames * 0.4), word = fmod((double)b->frames, 90) < 70;
	for (int i = 0; i < SAMPLES; i++) {
		b->voice = 0.85 * b->voice + randomOf(b);
		pcm[i] = (int16_t)(b->voice * 2500 * loudness * syllable * word);
	}
}

static double echoOf(const bench *b, int at)
{
	double sum = 0;
	size_t newest = sizeof b->played / sizeof *b->played - SAMPLES + (size_t)at - b->latency;
	for (int i = 0; i < REVERBERATION; i++)
		sum += b->room[i] * b->played[newest - (size_t)i];
	return sum;
}

// 20 ms: `loudness` of the far side, `tone` of somebody in the room. `isLate`: the player comes after the microphone.
static void step(bench *b, double loudness, double tone, int isLate)
{
	int16_t far[SAMPLES];
	size_t kept = sizeof b->played / sizeof *b->played - SAMPLES;
	speak(b, far, loudness);
	memmove(b->played, b->played + SAMPLES, kept * sizeof *b->played);
	for (int i = 0; i < SAMPLES; i++)
		b->played[kept + (size_t)i] = far[i];
	for (int i = 0; i < SAMPLES; i++) {
		double near = tone * sin(2 * M_PI * 440 * ((double)b->frames * SAMPLES + i) / RATE);
		b->heard[i] = (int16_t)lrint(echoOf(b, i) + near + randomOf(b) * 3);
	}
	if (!isLate)
		give(b, &b->player, far, 1);
	now += 20000;
	give(b, &b->microphone, b->heard, 1);
	if (isLate)
		give(b, &b->player, far, 1);
	for (int i = 0; i < SAMPLES; i++) {
		b->in = b->in * (1 - 1.0 / RATE) + (double)b->heard[i] * b->heard[i] / RATE;
		b->out = b->out * (1 - 1.0 / RATE) + (double)b->newest[i] * b->newest[i] / RATE;
	}
	b->frames++;
}

static double lessBy(const bench *b)
{
	return 10 * log10(b->in / (b->out + 1e-9));
}

static void test_echo_is_20_dB_less(void **state)
{
	(void)state;
	static const uint32_t latencies[] = {40, 100};
	for (int k = 0; k < 2; k++) {
		bench b;
		open_bench(&b, latencies[k]);
		double least = 100;
		for (int i = 0; i < 800; i++) {
			step(&b, 1, 0, b.seed >> 30 == 0); // the threads tremble
			if (i > 400 && b.in > 10000 && lessBy(&b) < least)
				least = lessBy(&b);
		}
		rtc_echo_statistics statistics;
		rtc_echo_get_statistics(b.echo, &statistics);
		print_message("loudspeaker after %u ms: the echo is %.1f dB less at least after 8 s\n", (unsigned)latencies[k],
					  least);
		assert_true(least >= 20);
		assert_true(statistics.cancelled > 790 && !statistics.restarts && b.count == 800);
		close_bench(&b);
	}
}

static double toneIn(const int16_t *pcm, uint64_t frame)
{
	double cosine = 0, sine = 0;
	for (int i = 0; i < SAMPLES; i++) {
		double phase = 2 * M_PI * 440 * ((double)frame * SAMPLES + i) / RATE;
		cosine += pcm[i] * cos(phase);
		sine += pcm[i] * sin(phase);
	}
	return 2 * hypot(cosine, sine) / SAMPLES;
}

static void test_who_speaks_in_the_room_is_heard(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 60);
	for (int i = 0; i < 500; i++)
		step(&b, 1, 0, 0);
	double together = 0;
	for (int i = 0; i < 50; i++) {
		step(&b, 0.5, 3000, 0);
		together += i < 10 ? 0 : toneIn(b.newest, b.frames - 1) / 40;
	}
	double alone = 0;
	for (int i = 0; i < 60; i++) {
		step(&b, 0, 3000, 0);
		alone += i < 20 ? 0 : toneIn(b.newest, b.frames - 1) / 40;
	}
	print_message("a tone of 3000 in the room: %.0f with the far side, %.0f alone\n", together, alone);
	assert_true(together > 1500 && alone > 2500 && alone < 3500);
	close_bench(&b);
}

static void test_nothing_is_changed_while_nothing_is_played(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 60);
	rtc_source_disconnect(&b.player, rtc_echo_loudspeaker(b.echo));
	for (int i = 0; i < 20; i++) {
		step(&b, 0, 2000, 0);
		assert_memory_equal(b.newest, b.heard, sizeof b.heard);
	}
	int16_t stereo[SAMPLES] = {0};
	give(&b, &b.microphone, stereo, 2);
	rtc_echo_statistics statistics;
	rtc_echo_get_statistics(b.echo, &statistics);
	assert_true(statistics.unfit == 1 && statistics.cancelled == 0 && statistics.frames == 20);
	close_bench(&b);
}

// The player stops, and begins again elsewhere; the microphone stands still for a while.
static void test_both_may_stop_and_go_on(void **state)
{
	(void)state;
	bench b;
	open_bench(&b, 60);
	for (int i = 0; i < 500; i++)
		step(&b, 1, 0, 0);
	int16_t silence[SAMPLES] = {0};
	for (int i = 0; i < 30; i++) { // nothing comes of the player
		now += 20000;
		give(&b, &b.microphone, silence, 1);
	}
	assert_memory_equal(b.newest, silence, sizeof silence);
	for (int i = 0; i < 30; i++) // nothing comes of the microphone
		give(&b, &b.player, silence, 1);
	for (int i = 0; i < 600; i++)
		step(&b, 1, 0, 0);
	print_message("after both had stopped: %.1f dB less\n", lessBy(&b));
	assert_true(lessBy(&b) >= 20);
	close_bench(&b);
}

// One of the two may run ahead, or stop: it is noticed after a while, and then they go on together.
static void test_who_runs_ahead_is_waited_for(void **state)
{
	(void)state;
	bench b;
	int16_t silence[SAMPLES] = {0};
	rtc_echo_statistics seen, before;
	open_bench(&b, 60);
	give(&b, &b.player, silence, 1);
	give(&b, &b.microphone, silence, 1);
	rtc_echo_get_statistics(b.echo, &seen);
	assert_true(!seen.cancelled && seen.frames == 1); // what is played is kept behind, by two frames
	for (int i = 0; i < 50; i++)
		step(&b, 1, 0, 0);
	rtc_echo_get_statistics(b.echo, &before);
	assert_true(before.cancelled >= 49 && !before.restarts);
	for (int i = 0; i < 20; i++)
		give(&b, &b.player, silence, 1);
	for (int i = 0; i < 6; i++)
		step(&b, 1, 0, 0);
	rtc_echo_get_statistics(b.echo, &seen);
	assert_int_equal(seen.restarts, 1);
	for (int i = 0; i < 30; i++)
		give(&b, &b.microphone, silence, 1);
	rtc_echo_get_statistics(b.echo, &seen);
	assert_in_range(seen.restarts, 2, 4);
	for (int i = 0; i < 20; i++)
		step(&b, 1, 0, 0);
	rtc_echo_get_statistics(b.echo, &before);
	for (int i = 0; i < 30; i++) { // nothing is played any more
		now += 20000;
		give(&b, &b.microphone, silence, 1);
	}
	rtc_echo_get_statistics(b.echo, &seen);
	assert_in_range(seen.cancelled - before.cancelled, 9, 11); // for 200 ms
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_is_20_dB_less),
		cmocka_unit_test(test_who_speaks_in_the_room_is_heard),
		cmocka_unit_test(test_nothing_is_changed_while_nothing_is_played),
		cmocka_unit_test(test_both_may_stop_and_go_on),
		cmocka_unit_test(test_who_runs_ahead_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
