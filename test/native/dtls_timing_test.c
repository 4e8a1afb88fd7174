// SPDX-License-Identifier: Apache-2.0
// When a lost flight is sent again, and what comes twice or late, in virtual time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "dtls_world.h"

enum { CLIENT, SERVER };
#define PATIENCE 30000 // milliseconds

static rtc_certificate *certificates[2];
static rtc_dtls *ends[2];
static unsigned sent[2];
static int lost[2]; // so many datagrams of a side, its first, are lost
static uint32_t dice;
static unsigned loss, twice, late; // of a hundred
static uint8_t lastData[WORLD_DATAGRAM];
static size_t lastSize;

static unsigned roll(void)
{
	return (unsigned)((dice = dice * 1664525 + 1013904223) >> 8) % 100;
}

static void onSend(int from, const uint8_t *data, size_t size)
{
	sent[from]++;
	if (data[0] == 23 && size <= sizeof lastData)
		memcpy(lastData, data, lastSize = size);
	if (lost[from] > 0) {
		lost[from]--;
		return;
	}
	if (roll() < loss)
		return;
	world_fly(!from, data, size, roll() < late ? 0 : WORLD_LAST);
	if (roll() < twice)
		world_fly(!from, data, size, WORLD_LAST);
}

static void make(uint64_t delay)
{
	world_reset(onSend);
	worldDelay = delay * 1000;
	memset(sent, 0, sizeof sent);
	memset(lost, 0, sizeof lost);
	loss = twice = late = 0;
	dice = 1;
	for (int side = 0; side < 2; side++) {
		int error;
		rtc_dtls_options options = world_options(side, NULL, certificates, PATIENCE, 0);
		options.withoutSrtp = 1;
		ends[side] = rtc_dtls_new(&options, &error);
		assert_non_null(ends[side]);
	}
}

// Milliseconds until both are connected.
static unsigned connect(uint32_t roundTrip)
{
	uint64_t start = worldNow;
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_dtls_start(ends[side], roundTrip), 0);
	while (rtc_dtls_get_state(ends[CLIENT]) == RTC_DTLS_CONNECTING ||
		   rtc_dtls_get_state(ends[SERVER]) == RTC_DTLS_CONNECTING)
		world_run(ends, worldNow + 1000);
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_dtls_get_state(ends[side]), RTC_DTLS_CONNECTED);
	return (unsigned)((worldNow - start) / 1000);
}

static void shut(void)
{
	for (int side = 0; side < 2; side++)
		rtc_dtls_close(ends[side]);
}

// Whatever the delay, nothing is sent a second time: the peer's answer is on its way.
static void waitsForTheRoundTrip(void **state)
{
	static const unsigned roundTrips[] = {10, 100, 300, 600};
	unsigned least[2];
	(void)state;
	make(0);
	connect(0);
	memcpy(least, sent, sizeof sent);
	shut();
	for (int i = 0; i < 4; i++) {
		make(roundTrips[i] / 2);
		unsigned time = connect(roundTrips[i]);
		assert_in_range(time, 2 * roundTrips[i], 2 * roundTrips[i] + 50); // two round trips, and arrivals
		assert_int_equal(sent[CLIENT], least[CLIENT]);
		assert_int_equal(sent[SERVER], least[SERVER]);
		shut();
	}
	make(300); // not told, it cannot know
	connect(0);
	assert_true(sent[CLIENT] > least[CLIENT]);
	shut();
}

// A lost flight comes after two round trips, but not before 50 ms.
static void sendsAgainInTime(void **state)
{
	static const struct {
		unsigned roundTrip, wait;
	} rows[] = {{0, 50}, {4, 50}, {25, 50}, {40, 80}, {200, 400}, {600, 1200}, {749, 1498}, {900, 1500}, {5000, 1500}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(0);
		lost[CLIENT] = 1;
		assert_in_range(connect(rows[i].roundTrip), rows[i].wait, rows[i].wait + 10);
		shut();
	}
}

// The interval doubles up to 1.5 s, and begins anew with the next flight.
static void doublesTheInterval(void **state)
{
	(void)state;
	make(0);
	lost[CLIENT] = 4;
	lost[SERVER] = 1;
	// 200 + 400 + 800 + 1500, then the server's flight: 200.
	assert_in_range(connect(100), 3100, 3150);
	shut();
}

static int ascending(const void *a, const void *b)
{
	return *(const unsigned *)a < *(const unsigned *)b ? -1 : *(const unsigned *)a > *(const unsigned *)b;
}

static void bearsSeeds(void **state)
{
	unsigned times[120];
	const unsigned count = sizeof times / sizeof times[0];
	(void)state;
	for (unsigned i = 0; i < count; i++) {
		unsigned delay = i % 6 * 50; // to 250 ms
		make(delay);
		dice = i + 1;
		loss = 20;
		twice = late = 10;
		times[i] = connect(2 * delay);
		shut();
	}
	qsort(times, count, sizeof times[0], ascending);
	print_message("20 %% lost, delays to 250 ms: %u / %u / %u ms\n", times[0], times[count / 2], times[count - 1]);
	assert_in_range(times[count - 1], 0, PATIENCE);
}

static unsigned arrived;

static void onData(void *context, const uint8_t *data, size_t size)
{
	(void)context, (void)data, (void)size;
	arrived++;
}

static void onState(void *context)
{
	(void)context;
}

static void speak(uint8_t byte)
{
	assert_int_equal(rtc_dtls_begin(ends[CLIENT]), 0);
	assert_int_equal(rtc_dtls_write(ends[CLIENT], &byte, 1), 0);
	assert_int_equal(rtc_dtls_end(ends[CLIENT]), 0);
}

static void flyAgain(const uint8_t *data, size_t size)
{
	world_fly(SERVER, data, size, WORLD_LAST);
	world_run(ends, worldNow + 10000);
}

// RFC 6347 section 4.1.2.6: a record is taken once, and none that the window has left behind.
static void takesNoRecordTwice(void **state)
{
	static uint8_t first[WORLD_DATAGRAM], held[WORLD_DATAGRAM];
	const rtc_dtls_handlers handlers = {.state = onState, .data = onData};
	(void)state;
	make(0);
	connect(0);
	assert_int_equal(rtc_dtls_set_handlers(ends[SERVER], &handlers), 0);
	arrived = 0;
	speak(1);
	size_t size = lastSize;
	memcpy(first, lastData, size);
	world_run(ends, worldNow + 10000);
	assert_int_equal(arrived, 1);
	flyAgain(first, size);
	assert_int_equal(arrived, 1);
	lost[CLIENT] = 2; // held back: one comes late, the other too late
	speak(2);
	memcpy(held, lastData, lastSize);
	speak(3);
	memcpy(first, lastData, lastSize);
	for (uint8_t i = 0; i < 40; i++)
		speak(i);
	world_run(ends, worldNow + 100000);
	assert_int_equal(arrived, 41);
	flyAgain(first, size);
	flyAgain(first, size);
	assert_int_equal(arrived, 42);
	for (uint8_t i = 0; i < 40; i++)
		speak(i);
	world_run(ends, worldNow + 100000);
	flyAgain(held, size);
	assert_int_equal(arrived, 82);
	assert_int_equal(rtc_dtls_get_state(ends[SERVER]), RTC_DTLS_CONNECTED);
	shut();
}

int main(void)
{
	int error;
	for (int side = 0; side < 2; side++) {
		certificates[side] = rtc_certificate_generate(&error);
		if (!certificates[side])
			return 1;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waitsForTheRoundTrip), cmocka_unit_test(sendsAgainInTime),
		cmocka_unit_test(doublesTheInterval),   cmocka_unit_test(bearsSeeds),
		cmocka_unit_test(takesNoRecordTwice),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int side = 0; side < 2; side++)
		rtc_certificate_release(certificates[side]);
	return failed;
}
