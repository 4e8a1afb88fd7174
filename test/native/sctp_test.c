// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtc_port.h"
#include "sctp_pair.h"

static void fill(uint8_t *data, uint32_t size, uint32_t seed)
{
	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
}

static void openBoth(sctp_pair *pair, uint16_t stream, const rtc_sctp_channel_options *options)
{
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_sctp_open(sctp_pair_side(pair, side), stream, options), 0);
		assert_int_equal(rtc_sctp_acknowledge(sctp_pair_side(pair, side), stream), 0);
	}
}

// The next event has to be a message; the caller frees it.
static rtc_sctp_event *message(sctp_pair *pair, int side)
{
	rtc_sctp_event *event = sctp_pair_await(pair, side);
	assert_int_equal(event->type, RTC_SCTP_EVENT_MESSAGE);
	return event;
}

static void expectEvent(sctp_pair *pair, int side, rtc_sctp_event_type type, uint16_t stream)
{
	rtc_sctp_event *event = sctp_pair_await(pair, side);
	assert_int_equal(event->type, type);
	assert_int_equal(event->stream, stream);
	rtc_free(event);
}

static void expectEqual(const rtc_sctp_event *event, uint16_t stream, uint32_t ppid, const uint8_t *data, uint32_t size)
{
	assert_int_equal(event->stream, stream);
	assert_int_equal(event->ppid, ppid);
	assert_int_equal(event->size, size);
	assert_true(event->isFirst && event->isLast);
	assert_memory_equal(event->data, data, size);
}

static const uint32_t sizes[] = {0, 1, 1199, 1200, 16384, 16385, 65536, 100001, 262144};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void messagesOfAllSizes(void **state)
{
	uint8_t *data = malloc(262144);
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
	openBoth(pair, 3, &(rtc_sctp_channel_options){0});
	for (int from = 0; from < 2; from++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < SIZES; i++) {
			uint32_t ppid = sizes[i] ? RTC_SCTP_BINARY : RTC_SCTP_BINARY_EMPTY;
			fill(data, sizes[i], (uint32_t)i);
			sctp_pair_send(pair, from, 3, ppid, data, sizes[i]);
			sum += sizes[i];
			rtc_sctp_event *event = message(pair, !from);
			expectEqual(event, 3, ppid, data, sizes[i]);
			rtc_free(event);
		}
		assert_null(sctp_pair_poll(pair, from, 20));
		assert_int_equal(sctp_pair_sent(pair, from), sum);
		assert_int_equal(rtc_sctp_queued(sctp_pair_side(pair, from)), 0);
		rtc_sctp_statistics statistics;
		rtc_sctp_get_statistics(sctp_pair_side(pair, from), &statistics);
		assert_int_equal(statistics.messagesSent, SIZES);
		assert_int_equal(statistics.bytesSent, sum);
		assert_int_equal(statistics.streams, 128);
		assert_in_range(statistics.mtu, 1150, RTC_DTLS_PAYLOAD);
		rtc_sctp_get_statistics(sctp_pair_side(pair, !from), &statistics);
		assert_int_equal(statistics.messagesReceived, SIZES);
		assert_int_equal(statistics.bytesReceived, sum);
	}
	sctp_pair_close(pair);
	free(data);
}

// A window that is smaller than the message, on both sides.
static void messagesLargerThanTheWindow(void **state)
{
	uint8_t *data = malloc(262144);
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.window = 32768, .receiveQueue = 16384});
	openBoth(pair, 0, &(rtc_sctp_channel_options){0});
	openBoth(pair, 1, &(rtc_sctp_channel_options){0});
	fill(data, 262144, 5);
	sctp_pair_send(pair, 0, 0, RTC_SCTP_BINARY, data, 262144);
	sctp_pair_send(pair, 0, 1, RTC_SCTP_BINARY, data, 10); // not before the other is over
	sctp_pair_send(pair, 0, 0, RTC_SCTP_BINARY, data, 65536);
	const uint32_t expected[][2] = {{0, 262144}, {1, 10}, {0, 65536}};
	for (int i = 0; i < 3; i++) {
		rtc_sctp_event *event = message(pair, 1);
		expectEqual(event, (uint16_t)expected[i][0], RTC_SCTP_BINARY, data, expected[i][1]);
		rtc_free(event);
	}
	sctp_pair_close(pair);
	free(data);
}

static void chunksOnRequest(void **state)
{
	uint8_t *data = malloc(262144), *got = malloc(262144);
	uint32_t size = 0, chunks = 0;
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.window = 65536});
	openBoth(pair, 7, &(rtc_sctp_channel_options){.chunks = 1});
	fill(data, 262144, 9);
	sctp_pair_send(pair, 0, 7, RTC_SCTP_BINARY, data, 262144);
	for (int last = 0; !last; chunks++) {
		rtc_sctp_event *event = message(pair, 1);
		assert_in_range(event->size, 1, RTC_SCTP_CHUNK);
		assert_int_equal(event->isFirst, chunks == 0);
		assert_int_equal(event->ppid, RTC_SCTP_BINARY);
		memcpy(got + size, event->data, event->size);
		size += event->size;
		last = event->isLast;
		rtc_free(event);
	}
	assert_int_equal(size, 262144);
	assert_memory_equal(got, data, size);
	assert_true(chunks >= 16);
	sctp_pair_send(pair, 0, 7, RTC_SCTP_STRING, "short", 5);
	rtc_sctp_event *event = message(pair, 1);
	expectEqual(event, 7, RTC_SCTP_STRING, (const uint8_t *)"short", 5);
	rtc_free(event);
	sctp_pair_close(pair);
	free(data);
	free(got);
}

static void whatIsTooLongIsDropped(void **state)
{
	uint8_t *data = calloc(1, 200000);
	(void)state;
	for (int chunks = 0; chunks < 2; chunks++) {
		sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.largest = 50000});
		openBoth(pair, 2, &(rtc_sctp_channel_options){.chunks = (uint8_t)chunks});
		openBoth(pair, 4, &(rtc_sctp_channel_options){0});
		sctp_pair_send(pair, 0, 2, RTC_SCTP_BINARY, data, 200000);
		sctp_pair_send(pair, 0, 4, RTC_SCTP_BINARY, data, 50000);
		rtc_sctp_event *event = sctp_pair_await(pair, 1);
		while (chunks && event->type == RTC_SCTP_EVENT_MESSAGE) {
			assert_false(event->isLast);
			rtc_free(event);
			event = sctp_pair_await(pair, 1);
		}
		assert_int_equal(event->type, RTC_SCTP_EVENT_OVERLONG);
		assert_int_equal(event->stream, 2);
		rtc_free(event);
		event = message(pair, 1);
		assert_int_equal(event->stream, 4);
		assert_int_equal(event->size, 50000);
		rtc_free(event);
		sctp_pair_close(pair);
	}
	free(data);
}

static void nothingIsLostOverLoss(void **state)
{
	static const int losses[] = {1, 5, 20};
	static const uint32_t counts[] = {300, 120, 40}; // retransmissions take their time
	enum { COUNT = 300 };
	uint8_t data[3000];
	(void)state;
	for (int i = 0; i < 6; i++) {
		int unordered = i & 1;
		uint32_t count = counts[i / 2];
		sctp_pair *pair =
			sctp_pair_open(&(sctp_pair_options){.seed = (uint32_t)i + 1, .loss = losses[i / 2], .reorder = 10});
		uint8_t got[COUNT] = {0};
		openBoth(pair, 1, &(rtc_sctp_channel_options){.unordered = (uint8_t)unordered});
		for (uint32_t k = 0; k < count; k++) {
			uint32_t size = 4 + k * 997 % 2900;
			fill(data, size, k);
			memcpy(data, &k, sizeof k);
			sctp_pair_send(pair, 0, 1, RTC_SCTP_BINARY, data, size);
		}
		for (uint32_t k = 0; k < count; k++) {
			uint32_t number;
			rtc_sctp_event *event = message(pair, 1);
			memcpy(&number, event->data, sizeof number);
			if (!unordered)
				assert_int_equal(number, k);
			assert_in_range(number, 0, count - 1);
			assert_false(got[number]++);
			fill(data, event->size, number);
			memcpy(data, &number, sizeof number);
			assert_int_equal(event->size, 4 + number * 997 % 2900);
			assert_memory_equal(event->data, data, event->size);
			rtc_free(event);
		}
		assert_true(sctp_pair_wire(pair, 0).lost > 0);
		assert_true(sctp_pair_wire(pair, 0).again > 0);
		sctp_pair_close(pair);
	}
}

static void noRetransmissionsMeansNone(void **state)
{
	uint8_t data[900];
	(void)state;
	for (int ordered = 0; ordered < 2; ordered++) {
		const rtc_sctp_channel_options options = {
			.unordered = (uint8_t)!ordered, .policy = RTC_SCTP_RETRANSMITS, .value = 0};
		sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.seed = 3, .loss = 20});
		uint32_t count = 0, last = 0;
		openBoth(pair, 5, &options);
		for (uint32_t k = 1; k <= 500; k++) {
			fill(data, sizeof data, k);
			memcpy(data, &k, sizeof k);
			sctp_pair_send(pair, 0, 5, RTC_SCTP_BINARY, data, sizeof data);
		}
		rtc_sctp_event *event;
		while ((event = sctp_pair_poll(pair, 1, 6000))) {
			uint32_t number;
			assert_int_equal(event->type, RTC_SCTP_EVENT_MESSAGE);
			memcpy(&number, event->data, sizeof number);
			if (ordered)
				assert_true(number > last);
			last = number;
			count++;
			rtc_free(event);
			if (last == 500)
				break;
		}
		sctp_wire wire = sctp_pair_wire(pair, 0);
		print_message("%s, 20 %% lost: %u of 500 came, %u chunks sent twice\n", ordered ? "ordered" : "unordered",
					  count, wire.again);
		assert_int_equal(wire.again, 0);
		assert_in_range(count, 250, 470);
		sctp_pair_close(pair);
	}
}

static void lifetimesEnd(void **state)
{
	uint8_t *data = calloc(1, 60000);
	(void)state;
	// The other side does not read: what waits grows old.
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.window = 32768, .receiveQueue = 20000});
	openBoth(pair, 5, &(rtc_sctp_channel_options){.policy = RTC_SCTP_LIFETIME, .value = 50});
	for (int k = 0; k < 15; k++)
		assert_int_equal(rtc_sctp_send(sctp_pair_side(pair, 0), 5, RTC_SCTP_BINARY, data, 20000), 0);
	usleep(300000);
	assert_int_equal(rtc_sctp_send(sctp_pair_side(pair, 0), 5, RTC_SCTP_STRING, "new", 3), 0);
	rtc_sctp_event *event;
	uint32_t old = 0;
	while ((event = message(pair, 1))->ppid != RTC_SCTP_STRING) {
		old++;
		rtc_free(event);
	}
	rtc_free(event);
	assert_in_range(old, 1, 10);
	assert_null(sctp_pair_poll(pair, 0, 100));
	assert_int_equal(rtc_sctp_queued(sctp_pair_side(pair, 0)), 0);
	assert_int_equal(sctp_pair_sent(pair, 0), 15 * 20000 + 3); // what was given up waits no longer, either
	rtc_sctp_statistics statistics;
	rtc_sctp_get_statistics(sctp_pair_side(pair, 0), &statistics);
	assert_true(statistics.messagesExpired > 0);
	sctp_pair_close(pair);
	free(data);
}

static void streamsCloseAndServeAgain(void **state)
{
	uint8_t data[5000];
	(void)state;
	for (int i = 0; i < 4; i++) {
		sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.seed = (uint32_t)i, .loss = i < 2 ? 0 : 10});
		int closing = i & 1;
		for (uint8_t round = 0; round < 5; round++) {
			openBoth(pair, 6, &(rtc_sctp_channel_options){0});
			memset(data, round, sizeof data);
			for (int k = 0; k < 20; k++)
				for (int side = 0; side < 2; side++)
					sctp_pair_send(pair, side, 6, RTC_SCTP_BINARY, data, sizeof data);
			assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, closing), 6), 0);
			assert_int_equal(rtc_sctp_send(sctp_pair_side(pair, closing), 6, RTC_SCTP_BINARY, data, 1), EPIPE);
			for (int side = 0; side < 2; side++) {
				int it = side ? closing : !closing; // the other one first: it answers
				rtc_sctp_event *event;
				uint32_t count = 0;
				while ((event = sctp_pair_await(pair, it))->type == RTC_SCTP_EVENT_MESSAGE) {
					assert_int_equal(event->data[0], round);
					count++;
					rtc_free(event);
				}
				assert_int_equal(count, 20); // what was sent before comes
				if (!side) {
					assert_int_equal(event->type, RTC_SCTP_EVENT_RESET);
					rtc_free(event);
					assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, it), 6), 0);
					event = sctp_pair_await(pair, it);
				}
				assert_int_equal(event->type, RTC_SCTP_EVENT_CLOSED);
				assert_int_equal(event->stream, 6);
				rtc_free(event);
			}
		}
		sctp_pair_close(pair);
	}
}

static void bothMayCloseAtOnce(void **state)
{
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
	for (int round = 0; round < 20; round++) {
		openBoth(pair, 9, &(rtc_sctp_channel_options){0});
		for (int side = 0; side < 2; side++)
			assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, side), 9), 0);
		for (int side = 0; side < 2; side++) {
			rtc_sctp_event *event = sctp_pair_await(pair, side);
			if (event->type == RTC_SCTP_EVENT_RESET) { // the other one was faster
				rtc_free(event);
				event = sctp_pair_await(pair, side);
			}
			assert_int_equal(event->type, RTC_SCTP_EVENT_CLOSED);
			rtc_free(event);
		}
	}
	sctp_pair_close(pair);
}

// Who refuses a stream closes what it has not opened, and who reads late hears of a reset when both sides are done.
static void resetsAreAnsweredOnce(void **state)
{
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
	for (int round = 0; round < 10; round++) {
		assert_int_equal(rtc_sctp_open(sctp_pair_side(pair, 0), 8, &(rtc_sctp_channel_options){0}), 0);
		sctp_pair_send(pair, 0, 8, RTC_SCTP_BINARY, "x", 1);
		if (round & 1)
			assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 0), 8), 0);
		rtc_free(message(pair, 1));
		assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 1), 8), 0);
		if (!(round & 1)) {
			expectEvent(pair, 0, RTC_SCTP_EVENT_RESET, 8);
			assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 0), 8), 0);
		}
		for (int side = 0; side < 2; side++) {
			rtc_sctp_event *event = sctp_pair_await(pair, side);
			if (event->type == RTC_SCTP_EVENT_RESET) { // it came before this side closed
				rtc_free(event);
				(void)rtc_sctp_close_stream(sctp_pair_side(pair, side), 8);
				event = sctp_pair_await(pair, side);
			}
			assert_int_equal(event->type, RTC_SCTP_EVENT_CLOSED);
			rtc_free(event);
		}
		sctp_wire before = sctp_pair_wire(pair, 0);
		for (int side = 0; side < 2; side++)
			assert_null(sctp_pair_poll(pair, side, 100));
		assert_in_range(sctp_pair_wire(pair, 0).packets - before.packets, 0, 6);
	}
	assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 1), 8), 0); // as a peer that answers each answer
	assert_null(sctp_pair_poll(pair, 0, 300));
	sctp_pair_close(pair);
}

// What was opened and closed before anybody read of it.
static void endsBeforeItIsRead(void **state)
{
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
	for (int round = 0; round < 5; round++) {
		assert_int_equal(rtc_sctp_open(sctp_pair_side(pair, 0), 4, &(rtc_sctp_channel_options){0}), 0);
		sctp_pair_send(pair, 0, 4, RTC_SCTP_DCEP, "open", 4);
		assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 0), 4), 0);
		usleep(300000);
		rtc_free(message(pair, 1));
		assert_int_equal(rtc_sctp_open(sctp_pair_side(pair, 1), 4, &(rtc_sctp_channel_options){0}), 0);
		expectEvent(pair, 1, RTC_SCTP_EVENT_RESET, 4);
		assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, 1), 4), 0);
		uint64_t begun = rtc_now();
		for (int side = 0; side < 2; side++)
			expectEvent(pair, side, RTC_SCTP_EVENT_CLOSED, 4);
		assert_in_range(rtc_now() - begun, 0, 10000000); // not by the time that is given to those who do not answer
	}
	sctp_pair_close(pair);
}

static void hundredChannels(void **state)
{
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
	uint32_t sums[100] = {0};
	uint8_t data[700];
	for (uint16_t i = 0; i < 100; i++)
		openBoth(pair, i, &(rtc_sctp_channel_options){0});
	for (uint32_t k = 0; k < 10; k++)
		for (uint16_t i = 0; i < 100; i++) {
			memset(data, i, sizeof data);
			sctp_pair_send(pair, 0, i, RTC_SCTP_BINARY, data, sizeof data);
		}
	for (int k = 0; k < 1000; k++) {
		rtc_sctp_event *event = message(pair, 1);
		assert_in_range(event->stream, 0, 99);
		assert_int_equal(event->data[699], event->stream);
		sums[event->stream]++;
		rtc_free(event);
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(sums[i], 10);
	for (uint16_t i = 0; i < 100; i++)
		assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, i & 1), i), 0);
	for (int closed = 0, resets[2] = {0}; closed < 200;) {
		for (int side = 0; side < 2; side++) {
			rtc_sctp_event *event = sctp_pair_poll(pair, side, 5);
			if (!event)
				continue;
			if (event->type == RTC_SCTP_EVENT_RESET) {
				resets[side]++;
				assert_int_equal(rtc_sctp_close_stream(sctp_pair_side(pair, side), event->stream), 0);
			} else {
				assert_int_equal(event->type, RTC_SCTP_EVENT_CLOSED);
				closed++;
			}
			rtc_free(event);
		}
	}
	sctp_pair_close(pair);
}

// One that ignores what waits is refused at the bound; one that reads nothing makes the other stop. Neither costs more
// memory than was said.
static void boundsHold(void **state)
{
	enum { WINDOW = 65536, QUEUE = 100000, ROUNDS = 2000 };
	static uint8_t data[4000];
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.window = WINDOW, .sendQueue = QUEUE, .receiveQueue = QUEUE});
	openBoth(pair, 0, &(rtc_sctp_channel_options){0});
	size_t before = rtc_heap_used();
	int sent = 0, refused = 0;
	for (int i = 0; i < ROUNDS; i++) {
		int error = rtc_sctp_send(sctp_pair_side(pair, 0), 0, RTC_SCTP_BINARY, data, sizeof data);
		assert_true(error == 0 || error == ENOBUFS);
		sent += !error;
		refused += error != 0;
		assert_true(rtc_sctp_queued(sctp_pair_side(pair, 0)) <= QUEUE);
		usleep(100);
	}
	usleep(200000);
	size_t used = rtc_heap_used() - before;
	print_message("%d of %d messages taken, %zu bytes held\n", sent, ROUNDS, used);
	assert_true(refused > ROUNDS / 2);
	assert_true((size_t)sent * sizeof data <= 2 * QUEUE + 2 * 2 * WINDOW + 2 * RTC_SCTP_CHUNK);
	assert_true(used <= 2 * QUEUE + 2 * 2 * 2 * WINDOW + 65536);
	for (int i = 0; i < sent; i++) {
		rtc_sctp_event *event = message(pair, 1);
		assert_int_equal(event->size, sizeof data);
		rtc_free(event);
	}
	sctp_pair_send(pair, 0, 0, RTC_SCTP_STRING, "on", 2); // all goes on
	rtc_sctp_event *event = message(pair, 1);
	assert_int_equal(event->size, 2);
	rtc_free(event);
	sctp_pair_close(pair);
}

static void whatCannotBe(void **state)
{
	const rtc_sctp_channel_options options = {0};
	(void)state;
	sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.streams = 16, .sendQueue = 1000});
	rtc_sctp *sctp = sctp_pair_side(pair, 0);
	assert_int_equal(rtc_sctp_start(sctp, 5000), EALREADY);
	assert_int_equal(rtc_sctp_open(sctp, 16, &options), ERANGE);
	assert_int_equal(rtc_sctp_open(sctp, 15, &options), 0);
	assert_int_equal(rtc_sctp_open(sctp, 15, &options), EEXIST);
	assert_int_equal(rtc_sctp_send(sctp, 14, RTC_SCTP_BINARY, "", 1), ENOENT);
	assert_int_equal(rtc_sctp_send(sctp, 15, RTC_SCTP_BINARY, sctp, 1000 - RTC_SCTP_MESSAGE_COST + 1), ENOBUFS);
	assert_int_equal(rtc_sctp_send(sctp, 15, RTC_SCTP_BINARY, sctp, UINT32_MAX), ENOBUFS);
	// What a channel says of itself finds room beside messages, a quarter more.
	static const uint8_t open[1250];
	assert_int_equal(rtc_sctp_send(sctp, 15, RTC_SCTP_DCEP, open, 1250 - RTC_SCTP_MESSAGE_COST + 1), ENOBUFS);
	assert_int_equal(rtc_sctp_send(sctp, 15, RTC_SCTP_DCEP, open, 1250 - RTC_SCTP_MESSAGE_COST), 0);
	assert_int_equal(rtc_sctp_acknowledge(sctp, 3), ENOENT);
	assert_int_equal(rtc_sctp_set_chunks(sctp, 3, 1), ENOENT);
	int error;
	assert_null(rtc_sctp_new(&(rtc_sctp_options){0}, &error));
	assert_int_equal(error, EINVAL);
	sctp_pair_close(pair);
}

static void hearsThatThePeerHasGone(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){0});
		sctp_pair_close_side(pair, side);
		expectEvent(pair, !side, RTC_SCTP_EVENT_DOWN, 0);
		assert_null(sctp_pair_poll(pair, !side, 50));
		sctp_pair_close(pair);
	}
}

// Closed at any moment, with data under way; after all of that nothing is left.
static void cyclesLeaveNothing(void **state)
{
	enum { CYCLES = 200 };
	uint8_t data[10000];
	size_t early = 0;
	(void)state;
	memset(data, 1, sizeof data);
	for (int i = 0; i < CYCLES; i++) {
		int isEarly = i % 4 == 3;
		sctp_pair *pair = sctp_pair_open(&(sctp_pair_options){.streams = 16, .unread = {isEarly, isEarly}});
		openBoth(pair, 1, &(rtc_sctp_channel_options){0});
		for (int k = 0; k < 10; k++)
			for (int side = 0; side < 2; side++)
				(void)rtc_sctp_send(sctp_pair_side(pair, side), 1, RTC_SCTP_BINARY, data, sizeof data);
		if (isEarly)
			usleep((useconds_t)(i * 50));
		else if (i % 4)
			rtc_free(message(pair, i & 1));
		sctp_pair_close_side(pair, i >> 1 & 1);
		sctp_pair_close(pair);
		if (i == CYCLES / 2)
			early = rtc_heap_used();
	}
	size_t late = rtc_heap_used();
	print_message("after %d cycles %zu bytes, after %d %zu\n", CYCLES / 2, early, CYCLES, late);
	assert_true(late <= early + 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messagesOfAllSizes),
		cmocka_unit_test(messagesLargerThanTheWindow),
		cmocka_unit_test(chunksOnRequest),
		cmocka_unit_test(whatIsTooLongIsDropped),
		cmocka_unit_test(nothingIsLostOverLoss),
		cmocka_unit_test(noRetransmissionsMeansNone),
		cmocka_unit_test(lifetimesEnd),
		cmocka_unit_test(streamsCloseAndServeAgain),
		cmocka_unit_test(bothMayCloseAtOnce),
		cmocka_unit_test(resetsAreAnsweredOnce),
		cmocka_unit_test(endsBeforeItIsRead),
		cmocka_unit_test(hundredChannels),
		cmocka_unit_test(boundsHold),
		cmocka_unit_test(whatCannotBe),
		cmocka_unit_test(hearsThatThePeerHasGone),
		cmocka_unit_test(cyclesLeaveNothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
