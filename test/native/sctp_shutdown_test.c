// SPDX-License-Identifier: Apache-2.0
// How an association ends, in virtual time: in order (RFC 9260 section 9.2), or by ABORT (section 9.1), with data under
// way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "rtc_port.h"
#include "sctp_world.h"

#define STREAM 3
#define SIZE 10000
#define SECOND 1000000u

__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static size_t used(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : 0;
}

static rtc_sctp *sides[2];
static uint8_t message[300000];

// What a side has heard of.
typedef struct {
	uint32_t messages; // in their order, and as they were sent
	int isUp, isDown, isInOrder;
} heard;
static heard told[2];

static void listen(int side)
{
	rtc_sctp_event *event;
	heard *it = &told[side];
	while ((event = rtc_sctp_read(sides[side], UINT32_MAX))) {
		assert_false(it->isDown); // nothing follows it
		if (event->type == RTC_SCTP_EVENT_MESSAGE) {
			uint32_t number;
			memcpy(&number, event->data, sizeof number);
			assert_int_equal(number, it->messages++);
			assert_true(event->isFirst && event->isLast);
			for (uint32_t i = sizeof number; i < event->size; i++)
				assert_int_equal(event->data[i], (uint8_t)(number + i));
		} else if (event->type == RTC_SCTP_EVENT_DOWN) {
			it->isDown = 1;
			it->isInOrder = event->stream;
		}
		it->isUp |= event->type == RTC_SCTP_EVENT_UP;
		rtc_free(event);
	}
}

static void closeSide(int side)
{
	sctp_world_close(side);
	sides[side] = NULL;
}

// Runs, and listens to those sides that are open; as long as one of `waits` has heard of no end. Returns microseconds.
static uint64_t run(uint64_t microseconds, int waits)
{
	uint64_t start = sctpWorldNow;
	while (sctpWorldNow < start + microseconds) {
		sctp_world_run(1000);
		int isOver = 1;
		for (int side = 0; side < 2; side++) {
			if (sides[side])
				listen(side);
			if (told[side].isDown)
				closeSide(side); // as its owner does, whatever the other one still waits for
			isOver &= !(waits >> side & 1) || told[side].isDown;
		}
		if (waits && isOver)
			break;
	}
	return sctpWorldNow - start;
}

static void openSide(int side, uint32_t window)
{
	const rtc_sctp_options options = {.port = 5000,
									  .streams = 16,
									  .window = window,
									  .sendQueue = 1 << 20,
									  .receiveQueue = 65536,
									  .largest = sizeof message};
	int error;
	told[side] = (heard){0};
	sides[side] = sctp_world_open(side, &options, &error);
	assert_non_null(sides[side]);
	assert_int_equal(rtc_sctp_open(sides[side], STREAM, &(rtc_sctp_channel_options){0}), 0);
}

static void openBoth(uint32_t window)
{
	for (int side = 0; side < 2; side++)
		openSide(side, window);
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
}

static void connect(uint32_t window)
{
	openBoth(window);
	run(SECOND, 0);
	assert_true(told[0].isUp && told[1].isUp);
}

static void closeBoth(void)
{
	closeSide(0);
	closeSide(1);
}

static int sendNumber(int side, uint32_t number, uint32_t size)
{
	memcpy(message, &number, sizeof number);
	for (uint32_t i = sizeof number; i < size; i++)
		message[i] = (uint8_t)(number + i);
	return rtc_sctp_send(sides[side], STREAM, RTC_SCTP_BINARY, message, size);
}

static void sendMany(int side, uint32_t count, uint32_t size)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(sendNumber(side, i, size), 0);
}

// What waits, and what is under way, is there before the end; over loss, too. The other side's data is, as far as SCTP
// had taken it.
static void allArrivesBeforeTheEnd(void **state)
{
	enum { COUNT = 20, MORE = 100, MANY = 3500 }; // what is short does not stop in its midst
	static const uint32_t losses[] = {0, 20, 5};
	int unsent = 0;
	(void)state;
	for (int i = 0; i < 12; i++) {
		int side = i & 1;
		uint32_t theirs = i & 2 ? (i & 4 ? MANY : MORE) : 2;
		connect(65536);
		sctp_world_lose(losses[i / 4]);
		sendMany(side, COUNT, SIZE);
		sendMany(!side, theirs, i & 4 ? 200 : SIZE);
		run((uint64_t)i * 700, 0);
		rtc_sctp_shutdown(sides[side]);
		rtc_sctp_shutdown(sides[side]);
		assert_int_equal(sendNumber(side, COUNT, SIZE), EPIPE);
		run(60 * SECOND, 3);
		assert_int_equal(told[!side].messages, COUNT);
		assert_true(told[0].isDown && told[1].isDown);
		// Whether something of the other's was left unsent, it is told.
		assert_int_equal(told[!side].isInOrder, told[side].messages == theirs);
		unsent += !told[!side].isInOrder;
		closeBoth();
	}
	assert_in_range(unsent, 1, 6);
}

static void bothMayEndItAtOnce(void **state)
{
	enum { COUNT = 40 };
	(void)state;
	for (uint32_t each = 0; each <= 7; each += 7) {
		connect(65536);
		sctp_world_lose(each);
		for (int side = 0; side < 2; side++)
			sendMany(side, COUNT, SIZE);
		for (int side = 0; side < 2; side++)
			rtc_sctp_shutdown(sides[side]);
		run(60 * SECOND, 3);
		for (int side = 0; side < 2; side++) {
			assert_int_equal(told[side].messages, COUNT);
			assert_true(told[side].isDown && told[side].isInOrder);
		}
		closeBoth();
	}
}

static void nothingUnderWay(void **state)
{
	(void)state;
	connect(65536);
	rtc_sctp_shutdown(sides[1]);
	assert_true(run(SECOND, 3) < SECOND / 10);
	assert_true(told[0].isInOrder && told[1].isInOrder);
	closeBoth();
}

static void beforeItIsUp(void **state)
{
	(void)state;
	for (uint32_t count = 0; count <= 5; count += 5) {
		openBoth(65536);
		sendMany(0, count, SIZE);
		rtc_sctp_shutdown(sides[0]);
		run(5 * SECOND, 3);
		assert_int_equal(told[1].messages, count);
		assert_true(told[0].isUp && told[1].isUp);
		assert_true(told[0].isInOrder && told[1].isInOrder);
		closeBoth();
	}
}

// Of a message that is larger than the window the other side has sent a part when it hears of the end. It takes no more
// of it, which must not keep anybody waiting.
static void inTheMidstOfAMessage(void **state)
{
	(void)state;
	connect(16384);
	assert_int_equal(sendNumber(1, 0, sizeof message), 0);
	run(1000, 0);
	rtc_sctp_shutdown(sides[0]);
	assert_true(run(60 * SECOND, 2) < SECOND);
	assert_true(told[1].isDown && !told[1].isInOrder);
	closeSide(1);
	assert_true(run(60 * SECOND, 1) < SECOND);
	assert_true(told[0].isDown);
	assert_int_equal(told[0].messages, 0);
	closeBoth();
}

// Or it has none of it yet.
static void largeOnesAreWhole(void **state)
{
	(void)state;
	connect(16384);
	assert_int_equal(sendNumber(0, 0, sizeof message), 0);
	run(1000, 0);
	rtc_sctp_shutdown(sides[0]);
	run(60 * SECOND, 3);
	assert_int_equal(told[1].messages, 1);
	assert_true(told[0].isInOrder && told[1].isInOrder);
	closeBoth();
}

// The peer is there, and reads nothing; or it is gone.
static void isWaitedForNotForEver(void **state)
{
	(void)state;
	for (int isGone = 0; isGone < 2; isGone++) {
		connect(16384);
		for (int i = 0; !isGone && i < 100; i++)
			assert_int_equal(sendNumber(0, (uint32_t)i, SIZE), 0);
		sctp_world_cut(isGone);
		sendNumber(0, 100, SIZE);
		rtc_sctp_shutdown(sides[0]);
		uint64_t start = sctpWorldNow;
		while (!told[0].isDown && sctpWorldNow < start + 120 * SECOND) {
			sctp_world_run(10000);
			listen(0);
		}
		uint64_t waited = sctpWorldNow - start;
		print_message("%s: %.1f s\n", isGone ? "gone" : "does not read", (double)waited / SECOND);
		assert_true(told[0].isDown && !told[0].isInOrder);
		assert_in_range(waited, 0, (RTC_SCTP_CLOSING + 1) * SECOND);
		closeBoth();
	}
}

// The last packet of all is lost, and who has sent it is gone.
static void theLastWordIsLost(void **state)
{
	enum { SHUTDOWN_COMPLETE = 14 };
	(void)state;
	connect(65536);
	sendMany(0, 3, SIZE);
	sctp_world_lose_chunk(SHUTDOWN_COMPLETE);
	rtc_sctp_shutdown(sides[0]);
	assert_true(run(60 * SECOND, 1) < SECOND);
	assert_true(told[0].isInOrder);
	uint64_t waited = run(60 * SECOND, 2);
	assert_int_equal(told[1].messages, 3);
	assert_true(told[1].isDown && told[1].isInOrder);
	assert_in_range(waited, SECOND, (RTC_SCTP_CLOSING + 1) * SECOND);
	closeBoth();
}

static void abortsWithDataUnderWay(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		int side = i & 1;
		connect(65536);
		sendMany(side, 30, SIZE);
		sendMany(!side, 30, SIZE);
		run((uint64_t)i * 600, 0);
		closeSide(side);
		assert_true(run(SECOND, 1 << !side) < SECOND / 10);
		assert_true(told[!side].isDown && !told[!side].isInOrder);
		assert_true(told[!side].messages < 30);
		closeBoth();
	}
}

// Whenever it is closed after that, nothing is left.
static void leavesNothing(void **state)
{
	size_t early = 0;
	(void)state;
	for (int i = 0; i < 300; i++) {
		connect(32768);
		sctp_world_lose(i % 3 ? 0 : 9);
		sendMany(0, 20, SIZE);
		sendMany(1, 20, SIZE);
		rtc_sctp_shutdown(sides[i & 1]);
		if (i % 5 == 0)
			rtc_sctp_shutdown(sides[!(i & 1)]);
		run((uint64_t)i * 100, 0);
		closeBoth();
		run(61 * SECOND, 0); // usrsctp remembers tags for a minute
		if (i == 150)
			early = used();
	}
	size_t late = used();
	print_message("after 150 cycles %zu bytes, after 300 %zu\n", early, late);
	assert_true(late <= early + 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allArrivesBeforeTheEnd), cmocka_unit_test(bothMayEndItAtOnce),
		cmocka_unit_test(nothingUnderWay),        cmocka_unit_test(beforeItIsUp),
		cmocka_unit_test(inTheMidstOfAMessage),   cmocka_unit_test(largeOnesAreWhole),
		cmocka_unit_test(isWaitedForNotForEver),  cmocka_unit_test(theLastWordIsLost),
		cmocka_unit_test(abortsWithDataUnderWay), cmocka_unit_test(leavesNothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
