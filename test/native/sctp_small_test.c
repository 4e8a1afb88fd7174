// SPDX-License-Identifier: Apache-2.0
// What an association takes: of messages of a few bytes that nobody reads, though usrsctp counts their bytes only (and
// when somebody reads, all of them come, each once and in order); with the limits for a small chip; and with all the
// streams that there are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
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

// `smallData` of modules/peer/channels.ts, and what docs/data-channels.md says of it, without DTLS.
static void theSmallProfile(void **state)
{
	const rtc_sctp_options options = {
		.port = 5000, .streams = 32, .window = 8192, .sendQueue = 8192, .receiveQueue = 16384, .largest = 16384};
	static const uint8_t data[8000];
	int error;
	(void)state;
	size_t before = used();
	for (int side = 0; side < 2; side++)
		assert_non_null(sides[side] = sctp_world_open(side, &options, &error));
	size_t outboxes = used() - before; // of a desktop: 32 packets each, of which a chip has 4
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
	sctp_world_run(1000000);
	size_t idle = used() - before;
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_open(sides[side], 1, &(rtc_sctp_channel_options){0}), 0);
	size_t most = 0;
	for (int i = 0; i < 300; i++) {
		for (int side = 0; side < 2; side++)
			while (!rtc_sctp_send(sides[side], 1, RTC_SCTP_BINARY, data, i % 2 ? 10 : sizeof data))
				;
		sctp_world_run(10000);
		if (used() - before > most)
			most = used() - before;
	}
	print_message("of each side: at rest %zu bytes (%zu of them its own), full %zu\n", idle / 2, outboxes / 2,
				  most / 2);
	assert_true((idle - outboxes) / 2 <= 15000);
	assert_true((most - outboxes) / 2 <= 70000);
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
}

// Each stream takes 104 bytes and a quarter of one, the last one serves as the first does, and all is given back.
static void allTheStreamsThereAre(void **state)
{
	const rtc_sctp_options options = {.port = 5000,
									  .streams = RTC_SCTP_STREAMS,
									  .window = 65536,
									  .sendQueue = 65536,
									  .receiveQueue = 65536,
									  .largest = 16384};
	static const uint16_t streams[] = {0, 1, 40000, RTC_SCTP_STREAMS - 1};
	int error;
	(void)state;
	size_t before = used();
	for (int side = 0; side < 2; side++)
		assert_non_null(sides[side] = sctp_world_open(side, &options, &error));
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
	sctp_world_run(1000000);
	size_t held = used() - before;
	print_message("%zu bytes of each side\n", held / 2);
	assert_true(held / 2 <= RTC_SCTP_STREAMS * 105 + 100000);
	for (int side = 0; side < 2; side++) {
		rtc_sctp_event *up = rtc_sctp_read(sides[side], 0);
		assert_true(up && up->type == RTC_SCTP_EVENT_UP && up->stream == RTC_SCTP_STREAMS);
		rtc_free(up);
	}
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
			for (int side = 0; side < 2; side++)
				assert_int_equal(rtc_sctp_open(sides[side], streams[i], &(rtc_sctp_channel_options){0}), 0);
			assert_int_equal(rtc_sctp_send(sides[0], streams[i], RTC_SCTP_BINARY, "x", 1), 0);
			sctp_world_run(100000);
			for (int side = 0; side < 2; side++)
				assert_int_equal(rtc_sctp_close_stream(sides[side], streams[i]), 0);
			sctp_world_run(500000);
			unsigned messages = 0, closed = 0;
			for (int side = 0; side < 2; side++) {
				for (rtc_sctp_event *event; (event = rtc_sctp_read(sides[side], UINT32_MAX)); rtc_free(event)) {
					assert_int_equal(event->stream, streams[i]);
					messages += event->type == RTC_SCTP_EVENT_MESSAGE;
					closed += event->type == RTC_SCTP_EVENT_CLOSED;
				}
			}
			assert_int_equal(messages, 1);
			assert_int_equal(closed, 2);
		}
	}
	assert_int_equal(rtc_sctp_open(sides[0], 65535, &(rtc_sctp_channel_options){0}), ERANGE);
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
	sctp_world_run(1000000);
	assert_true(used() - before <= 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobodyReads),
		cmocka_unit_test(theSmallProfile),
		cmocka_unit_test(allTheStreamsThereAre),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
