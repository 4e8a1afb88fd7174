// SPDX-License-Identifier: Apache-2.0
// The jitter buffer in virtual time: what a network of any seed does to a stream, and what is played of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_jitter.h"

#define CLOCK 48000u
#define TICKS 960u    // of a packet
#define PERIOD 20000u // microseconds
#define ROOM (16 * 1024)
#define SEEDS 1000

static uint32_t state;

static uint32_t random32(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static uint32_t below(uint32_t bound)
{
	return random32() % bound;
}

static int put(rtc_jitter *jitter, uint32_t sequence, uint32_t timestamp, uint64_t now)
{
	uint8_t payload[80];
	memset(payload, (int)sequence, sizeof payload);
	memcpy(payload, &sequence, sizeof sequence);
	return rtc_jitter_put(jitter, sequence, timestamp, NULL, payload, sizeof payload, now);
}

// What is played of a stream: 20 ms for each 20 ms of the time.
typedef struct {
	rtc_jitter *jitter;
	uint32_t packets, lost, starved, idle, pauses;
	uint32_t last;   // sequence number
	uint64_t oldest; // microseconds that a packet has waited at most
} player;

static void playOne(player *it, uint64_t now)
{
	uint8_t payload[RTC_JITTER_PAYLOAD];
	rtc_jitter_packet packet;
	uint32_t sequence;
	switch (rtc_jitter_get(it->jitter, now, &packet, payload)) {
	case RTC_JITTER_PACKET:
		memcpy(&sequence, payload, sizeof sequence);
		assert_int_equal(packet.size, 80);
		assert_int_equal(payload[79], sequence & 0xff);
		assert_true(!it->packets || (int32_t)(sequence - it->last) > 0);
		it->last = sequence;
		it->packets++;
		if (now - packet.arrival > it->oldest)
			it->oldest = now - packet.arrival;
		rtc_jitter_played(it->jitter, TICKS);
		break;
	case RTC_JITTER_LOST:
		assert_true(packet.ticks > 0 && packet.ticks <= CLOCK);
		it->lost++;
		break;
	case RTC_JITTER_STARVED:
		it->starved++;
		rtc_jitter_concealed(it->jitter, TICKS);
		break;
	case RTC_JITTER_PAUSE:
		assert_true(packet.ticks > 0 && packet.ticks <= TICKS);
		it->pauses++;
		break;
	case RTC_JITTER_IDLE:
		it->idle++;
		break;
	}
}

static void aStreamWithoutFaultIsPlayedWhole(void **unused)
{
	(void)unused;
	player it = {.jitter = rtc_jitter_new(CLOCK, ROOM)};
	for (uint32_t i = 0; i < 500; i++) {
		assert_true(put(it.jitter, 65000 + i, 0xffff0000u + i * TICKS, i * PERIOD)); // both wrap, or would
		playOne(&it, i * PERIOD + 5000);
	}
	assert_int_equal(it.lost + it.starved + it.pauses, 0);
	assert_true(it.idle >= 4 && it.idle <= 5); // RTC_JITTER_START
	assert_int_equal(it.packets, 500 - it.idle);
	assert_true(rtc_jitter_target(it.jitter) == RTC_JITTER_MINIMUM);
	rtc_jitter_free(it.jitter);
}

static void aLostPacketIsToldOfWithTheOneAfterIt(void **unused)
{
	(void)unused;
	uint8_t payload[RTC_JITTER_PAYLOAD];
	rtc_jitter_packet packet;
	rtc_jitter_statistics counted;
	rtc_jitter *jitter = rtc_jitter_new(CLOCK, ROOM);
	for (uint32_t i = 0; i < 10; i++)
		if (i != 3 && i != 6 && i != 7)
			put(jitter, 100 + i, i * TICKS, i * PERIOD);
	for (uint32_t i = 0; i < 10; i++) {
		rtc_jitter_result result = rtc_jitter_get(jitter, RTC_JITTER_START + i * PERIOD, &packet, payload);
		int isLost = i == 3 || i == 6 || i == 7;
		assert_int_equal(result, isLost ? RTC_JITTER_LOST : RTC_JITTER_PACKET);
		if (isLost) {
			assert_int_equal(packet.ticks, TICKS);
			assert_int_equal(packet.size, i == 6 ? 0 : 80);
			if (i != 6)
				assert_int_equal(payload[0], 100 + i + 1);
		} else {
			assert_int_equal(payload[0], 100 + i);
			rtc_jitter_played(jitter, TICKS);
		}
	}
	assert_false(put(jitter, 103, 3 * TICKS, RTC_JITTER_START + 11 * PERIOD)); // too late
	rtc_jitter_get_statistics(jitter, &counted);
	assert_true(counted.lost == 3 && counted.late == 1 && counted.emitted == 7);
	rtc_jitter_free(jitter);
}

static void aPauseIsNoLoss(void **unused)
{
	(void)unused;
	player it = {.jitter = rtc_jitter_new(CLOCK, ROOM)};
	for (uint32_t i = 0; i < 60; i++) {
		if (i < 20 || i >= 28) // eight packets of silence, without a gap in the numbers: two are made up for
			put(it.jitter, i < 20 ? i : i - 8, i * TICKS, i * PERIOD);
		playOne(&it, i * PERIOD + 1000);
	}
	assert_int_equal(it.lost, 0);
	assert_true(it.starved + it.pauses >= 5 && it.starved + it.pauses <= 9);
	assert_true(it.packets >= 47);
	rtc_jitter_free(it.jitter);
}

static void afterTheTimeHasJumpedItBeginsAnew(void **unused)
{
	(void)unused;
	rtc_jitter_statistics counted;
	player it = {.jitter = rtc_jitter_new(CLOCK, ROOM)};
	for (uint32_t i = 0; i < 200; i++) {
		put(it.jitter, 1000 + i, (i < 100 ? 0 : 0x40000000u) + i * TICKS, i * PERIOD);
		playOne(&it, i * PERIOD + 1000);
	}
	rtc_jitter_get_statistics(it.jitter, &counted);
	assert_int_equal(counted.resets, 1);
	assert_true(it.packets > 185);
	rtc_jitter_free(it.jitter);
}

// Nobody reads: what is newest stays.
static void itsRoomIsBounded(void **unused)
{
	(void)unused;
	uint8_t payload[RTC_JITTER_PAYLOAD] = {0};
	rtc_jitter_packet packet;
	rtc_jitter_statistics counted;
	rtc_jitter *jitter = rtc_jitter_new(CLOCK, ROOM);
	for (uint32_t i = 0; i < 10000; i++)
		assert_true(rtc_jitter_put(jitter, i, i * TICKS, NULL, payload, i % sizeof payload + 1, i * PERIOD));
	assert_false(rtc_jitter_put(jitter, 10000, 0, NULL, payload, 0, 0));
	assert_false(rtc_jitter_put(jitter, 10000, 0, NULL, payload, sizeof payload + 1, 0));
	rtc_jitter_get_statistics(jitter, &counted);
	assert_true(counted.overflowed > 9000);
	assert_int_equal(rtc_jitter_get(jitter, 10000 * PERIOD, &packet, payload), RTC_JITTER_PACKET);
	rtc_jitter_free(jitter);
}

typedef struct {
	uint64_t arrival;
	uint32_t sequence;
} flight;

static int byArrival(const void *a, const void *b)
{
	const flight *x = a, *y = b;
	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

// A network of its own for each seed: delay, jitter, loss, duplicates, and clocks that drift.
static void playSeed(uint32_t seed)
{
	enum { COUNT = 1500 };
	static flight flights[2 * COUNT];
	state = seed * 2654435761u + 1;
	uint32_t jitterTime = below(120000), loss = below(150), drift = below(600); // loss in thousandths, millionths
	uint32_t count = 0, sent = 0, sequence = random32(), timestamp = random32();
	for (uint32_t i = 0; i < COUNT; i++) {
		uint64_t leaves = (uint64_t)i * PERIOD * (1000000 - 300 + drift) / 1000000;
		if (below(1000) < loss)
			continue;
		sent++;
		for (uint32_t copy = 0; copy < 1 + (below(50) == 0); copy++)
			flights[count++] =
				(flight){.arrival = 1000000 + leaves + (jitterTime ? below(jitterTime) : 0), .sequence = i};
	}
	qsort(flights, count, sizeof flights[0], byArrival);
	player it = {.jitter = rtc_jitter_new(CLOCK, ROOM)};
	uint32_t next = 0;
	for (uint64_t now = 1000000; now < 1000000 + (uint64_t)COUNT * PERIOD + 500000; now += PERIOD) {
		for (; next < count && flights[next].arrival <= now; next++)
			put(it.jitter, sequence + flights[next].sequence, timestamp + flights[next].sequence * TICKS,
				flights[next].arrival);
		playOne(&it, now);
		// As a player with another clock would: an excess is left out, a want filled up.
		if (rtc_jitter_excess(it.jitter, now, 0) > 60000)
			playOne(&it, now);
	}
	uint32_t target = rtc_jitter_target(it.jitter);
	if (it.packets < sent - sent / 12 - 10 || target < RTC_JITTER_MINIMUM || target > jitterTime + 60000 ||
		it.oldest > jitterTime + 400000)
		fail_msg("seed %u: %u of %u played, %u lost, %u starved, target %u for %u, oldest %u", seed, it.packets, sent,
				 it.lost, it.starved, target, jitterTime, (uint32_t)it.oldest);
	rtc_jitter_free(it.jitter);
}

static void networksOfAllKinds(void **unused)
{
	(void)unused;
	for (uint32_t seed = 0; seed < SEEDS; seed++)
		playSeed(seed);
}

// Whatever comes, it ends, and nothing is given twice.
static void hostileStreams(void **unused)
{
	(void)unused;
	uint8_t payload[RTC_JITTER_PAYLOAD];
	rtc_jitter_packet packet;
	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		state = seed + 1;
		rtc_jitter *jitter = rtc_jitter_new(below(2) ? CLOCK : 8000, below(64 * 1024));
		uint64_t now = random32();
		uint32_t sequence = random32(), timestamp = random32();
		for (int i = 0; i < 400; i++) {
			sequence += below(10) ? 1 : below(20) ? below(200) - 100 : random32();
			timestamp += below(10) ? TICKS : below(20) ? below(TICKS * 60) : random32();
			now += below(40000);
			rtc_jitter_put(jitter, sequence, timestamp, NULL, payload, below(RTC_JITTER_PAYLOAD + 2), now);
			for (uint32_t turns = below(4); turns; turns--) {
				rtc_jitter_result result = rtc_jitter_get(jitter, now, &packet, payload);
				if (result == RTC_JITTER_PACKET)
					rtc_jitter_played(jitter, below(3) * TICKS);
				if (result == RTC_JITTER_STARVED)
					rtc_jitter_concealed(jitter, TICKS);
				assert_true(packet.size <= RTC_JITTER_PAYLOAD && packet.ticks <= CLOCK);
			}
		}
		rtc_jitter_free(jitter);
	}
}

static void timesThatJumpWithEachPacketNeverAddUp(void **unused)
{
	(void)unused;
	static const uint8_t payload[8];
	rtc_jitter *jitter = rtc_jitter_new(CLOCK, ROOM);
	for (uint32_t i = 1; i <= 10000; i++)
		rtc_jitter_put(jitter, i, i * 0x7fffffffu, NULL, payload, sizeof payload, i * PERIOD);
	rtc_jitter_free(jitter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aStreamWithoutFaultIsPlayedWhole),
		cmocka_unit_test(aLostPacketIsToldOfWithTheOneAfterIt),
		cmocka_unit_test(aPauseIsNoLoss),
		cmocka_unit_test(afterTheTimeHasJumpedItBeginsAnew),
		cmocka_unit_test(itsRoomIsBounded),
		cmocka_unit_test(networksOfAllKinds),
		cmocka_unit_test(hostileStreams),
		cmocka_unit_test(timesThatJumpWithEachPacketNeverAddUp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
