// SPDX-License-Identifier: Apache-2.0
// Messages of a few bytes that nobody reads: they take what was said, though usrsctp counts their bytes only, and when
// somebody reads, all of them come, each once and in order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <malloc.h>
#include <string.h>
#include "rtc_port.h"
#include "sctp_world.h"

#define WINDOW 8192
#define MOST (9 * WINDOW) // of both sides, beyond what they hold at rest

static rtc_sctp *sides[2];
static uint32_t expected;

static size_t used(void)
{
	struct mallinfo2 information = mallinfo2();
	return information.uordblks + information.hblkhd;
}

static void readAll(int side)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(sides[side], UINT32_MAX))) {
		if (event->type == RTC_SCTP_EVENT_MESSAGE) {
			uint32_t number;
			memcpy(&number, event->data, sizeof number);
			assert_int_equal(number, expected);
			expected++;
		}
		rtc_free(event);
	}
}

static void nobodyReads(void **state)
{
	const rtc_sctp_options options = {
		.port = 5000, .streams = 16, .window = WINDOW, .sendQueue = 8192, .receiveQueue = 16384, .largest = 16384};
	int error;
	(void)state;
	for (int side = 0; side < 2; side++)
		assert_non_null(sides[side] = sctp_world_open(side, &options, &error));
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
	sctp_world_run(1000000);
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_sctp_open(sides[side], 1, &(rtc_sctp_channel_options){0}), 0);
		assert_int_equal(rtc_sctp_acknowledge(sides[side], 1), 0);
		readAll(side);
	}
	size_t before = used(), most = 0;
	uint32_t sent = 0;
	for (int i = 0; i < 500; i++) {
		uint8_t data[10] = {0};
		memcpy(data, &sent, sizeof sent);
		while (!rtc_sctp_send(sides[0], 1, RTC_SCTP_BINARY, data, sizeof data)) {
			sent++;
			memcpy(data, &sent, sizeof sent);
		}
		sctp_world_run(10000);
		readAll(0);
		if (used() > before + most)
			most = used() - before;
	}
	print_message("%u messages of 10 bytes were taken, and took %zu bytes\n", sent, most);
	assert_true(most <= MOST);
	for (int i = 0; i < 3000 && expected < sent; i++) {
		readAll(1);
		sctp_world_run(10000);
	}
	assert_int_equal(expected, sent); // what was not let in has come again
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobodyReads)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
