// SPDX-License-Identifier: Apache-2.0
// A peer that lies, in virtual time: floods of INIT and COOKIE ECHO, acknowledgements of what was never sent, jumps of
// the TSN, resets of all that there is, data of no kind. What is held stays in bounds, and either the association goes
// on, or whoever reads hears that it has ended.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "rtc_port.h"
#include "rtc_sctp_core.h"
#include "sctp_world.h"

#define WINDOW 65536
#define MOST (4 * WINDOW) // bytes, of both sides, beyond what they hold at rest
#define SECOND 1000000u
#define MOST_RESET 240 // streams by one request: of more usrsctp denies it

extern size_t __sanitizer_get_current_allocated_bytes(void); // the sanitizer's own

static rtc_sctp *sides[2];
static size_t atRest;
static uint32_t events[RTC_SCTP_EVENT_OVERLONG + 1], messages; // of side 0
static int answers;                                            // resets of the peer's

static void begin(uint16_t streams)
{
	const rtc_sctp_options options = {.port = 5000,
									  .streams = streams,
									  .window = WINDOW,
									  .sendQueue = WINDOW,
									  .receiveQueue = WINDOW,
									  .largest = WINDOW};
	int error;
	memset(events, 0, sizeof events);
	messages = 0;
	answers = 1;
	for (int side = 0; side < 2; side++)
		assert_non_null(sides[side] = sctp_world_open(side, &options, &error));
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
	sctp_world_run(SECOND);
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_sctp_open(sides[side], 1, &(rtc_sctp_channel_options){0}), 0);
		assert_int_equal(rtc_sctp_acknowledge(sides[side], 1), 0);
	}
	atRest = __sanitizer_get_current_allocated_bytes();
}

static void end(void)
{
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
}

static void readAll(void)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(sides[0], UINT32_MAX))) {
		assert_false(events[RTC_SCTP_EVENT_DOWN]); // which is the last one
		events[event->type]++;
		messages += event->type == RTC_SCTP_EVENT_MESSAGE;
		if (event->type == RTC_SCTP_EVENT_RESET && answers)
			assert_int_equal(rtc_sctp_close_stream(sides[0], event->stream), 0);
		rtc_free(event);
	}
	while ((event = rtc_sctp_read(sides[1], UINT32_MAX)))
		rtc_free(event);
}

static void isInBounds(void)
{
	size_t now = __sanitizer_get_current_allocated_bytes();
	if (now > atRest + MOST)
		fail_msg("%zu bytes more are held", now - atRest);
}

static void settle(uint64_t duration)
{
	sctp_world_run(duration);
	readAll();
	isInBounds();
}

// It has been told of as ended, or carries messages in both directions.
static void isOverOrGoesOn(void)
{
	readAll();
	isInBounds();
	if (events[RTC_SCTP_EVENT_DOWN])
		return;
	uint32_t before = messages;
	assert_int_equal(rtc_sctp_send(sides[1], 1, RTC_SCTP_BINARY, "on", 2), 0);
	sctp_world_run(5 * SECOND);
	readAll();
	assert_true(events[RTC_SCTP_EVENT_DOWN] || messages == before + 1);
}

static void put16(uint8_t *place, uint32_t value)
{
	place[0] = (uint8_t)(value >> 8);
	place[1] = (uint8_t)value;
}

static void put32(uint8_t *place, uint32_t value)
{
	put16(place, value >> 16);
	put16(place + 2, value);
}

// Side 0 hears it as its peer's.
static void say(uint8_t type, uint8_t flags, const uint8_t *value, size_t size)
{
	uint8_t packet[1180] = {5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255, [12] = type, [13] = flags};
	put32(packet + 4, type == 1 ? 0 : sctp_world_identity_of(0).tag); // of INIT: RFC 9260 section 8.5.1
	put16(packet + 14, (uint32_t)size + 4);
	memcpy(packet + 16, value, size);
	sctp_world_arrive(0, packet, (16 + size + 3) & ~(size_t)3);
}

static uint32_t tsnOf(int side)
{
	return sctp_world_identity_of(side).firstTsn;
}

// A fragment of the stream's message of such a number. Flags: 2 it begins there, 1 it ends there.
static void sayFragment(uint32_t number, uint32_t ppid, uint16_t stream, uint32_t sequence, uint8_t flags,
						uint32_t size)
{
	uint8_t value[12 + 1000] = {0};
	put32(value, tsnOf(1) + number);
	put16(value + 4, stream);
	put16(value + 6, sequence);
	put32(value + 8, ppid);
	say(0, flags, value, 12 + size);
}

static void sayData(uint32_t number, uint32_t ppid, uint16_t stream, uint32_t size)
{
	sayFragment(number, ppid, stream, number, 3, size);
}

static void floodsOfBeginnings(void **state)
{
	(void)state;
	begin(16);
	for (uint32_t i = 0; i < 4000; i++) {
		uint8_t value[400] = {0};
		put32(value, i + 1);
		put32(value + 4, WINDOW);
		put16(value + 8, 65535);
		put16(value + 10, 65535);
		put32(value + 12, i);
		say(1, 0, value, 16); // INIT
		memset(value, (int)i, sizeof value);
		say(10, 0, value, sizeof value); // COOKIE ECHO of none that was given
		if (i % 100 == 0) {
			settle(1000);
		}
	}
	assert_int_equal(events[RTC_SCTP_EVENT_DOWN], 0); // whoever knows no cookie ends nothing
	isOverOrGoesOn();
	end();
}

static void sayInit(uint32_t tag)
{
	uint8_t value[16];
	put32(value, tag);
	put32(value + 4, WINDOW);
	put16(value + 8, 16);
	put16(value + 10, 16);
	put32(value + 12, tag);
	say(1, 0, value, sizeof value);
}

// What the peer has said once, it says again.
static void theSameCookieAgain(void **state)
{
	uint8_t cookie[RTC_DTLS_PAYLOAD];
	size_t size;
	(void)state;
	begin(16);
	const uint8_t *echo = sctp_world_last(1, 10, &size);
	assert_non_null(echo);
	memcpy(cookie, echo, size);
	for (int i = 0; i < 2000; i++) {
		sctp_world_arrive(0, cookie, size);
		if (i % 50 == 0) {
			settle(1000);
		}
	}
	assert_int_equal(events[RTC_SCTP_EVENT_DOWN], 0);
	assert_int_equal(events[RTC_SCTP_EVENT_UP], 1);
	isOverOrGoesOn();
	assert_int_equal(messages, 1);
	end();
}

// A peer that begins anew, with the cookie that it gets for that (RFC 9260 section 5.2.4.1): once is the end, and all
// the others after it do nothing.
static void beginningAnewEndsIt(void **state)
{
	(void)state;
	begin(16);
	sctp_world_cut(1);
	for (uint32_t i = 0; i < 200; i++) {
		size_t size;
		sayInit(1000 + i);
		sctp_world_run(1000);
		const uint8_t *answer = sctp_world_last(0, 2, &size);
		assert_non_null(answer);
		// The chunk's 20 bytes, and parameters, of which the cookie is one (type 7).
		for (size_t place = 32, length; place + 4 <= size; place += (length + 3) & ~(size_t)3) {
			length = (size_t)answer[place + 2] << 8 | answer[place + 3];
			if (length < 4 || length > size - place)
				break;
			if (answer[place] != 0 || answer[place + 1] != 7)
				continue;
			uint8_t packet[RTC_DTLS_PAYLOAD] = {5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255, [12] = 10};
			memcpy(packet + 4, answer + 16, 4); // the tag that side 0 wants from now on
			put16(packet + 14, (uint32_t)length);
			memcpy(packet + 16, answer + place + 4, length - 4);
			sctp_world_arrive(0, packet, (12 + length + 3) & ~(size_t)3);
		}
		settle(1000);
	}
	assert_int_equal(events[RTC_SCTP_EVENT_DOWN], 1);
	assert_int_equal(events[RTC_SCTP_EVENT_UP], 1);
	end();
}

static void acknowledgementsThatLie(void **state)
{
	(void)state;
	static const uint8_t data[20000];
	uint32_t seed = 1;
	for (int kind = 0; kind < 4; kind++) {
		begin(16);
		sctp_world_cut(1);
		for (uint32_t i = 0; i < 300 && !events[RTC_SCTP_EVENT_DOWN]; i++) {
			uint8_t value[12 + 4 * 200] = {0};
			(void)rtc_sctp_send(sides[0], 1, RTC_SCTP_BINARY, data, sizeof data);
			uint32_t gaps = kind == 2 ? 200 : 0;
			put32(value, tsnOf(0) + (kind == 0 ? 1000000 * i : kind == 1 ? (uint32_t)-100000 - i : i));
			put32(value + 4, kind == 3 ? 0 : UINT32_MAX); // the window
			put16(value + 8, gaps);
			for (uint32_t k = 0; k < 4 * gaps; k++)
				value[12 + k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
			say(3, 0, value, 12 + 4 * (size_t)gaps);
			settle(20000);
		}
		settle(SECOND);
		end();
	}
}

static void jumpsOfTheTsn(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		begin(16);
		sctp_world_cut(1);
		for (uint32_t i = 0; i < 1000 && !events[RTC_SCTP_EVENT_DOWN]; i++) {
			uint8_t value[4 + 4 * 100] = {0};
			put32(value, tsnOf(1) + (kind == 0 ? i * 1000 : kind == 1 ? INT32_MAX - i : (uint32_t)-1 - i));
			for (uint32_t k = 0; k < 100; k++) {
				put16(value + 4 + 4 * k, k * 700);
				put16(value + 6 + 4 * k, i);
			}
			say(192, 0, value, sizeof value);
			if (i % 50 == 0)
				settle(10000);
		}
		settle(SECOND);
		end();
	}
}

static void dataWithoutData(void **state)
{
	(void)state;
	begin(16);
	sayData(0, RTC_SCTP_BINARY, 1, 0); // RFC 9260 section 6.2: this ends it
	sctp_world_run(SECOND);
	readAll();
	assert_int_equal(events[RTC_SCTP_EVENT_DOWN], 1);
	assert_int_equal(messages, 0);
	isInBounds();
	end();
}

static void dataOfNoKind(void **state)
{
	static const uint32_t kinds[] = {0, 49, 52, 54, 55, 58, UINT32_MAX};
	(void)state;
	begin(16);
	sctp_world_cut(1); // the peer would hear acknowledged what it has not sent
	uint32_t number = 0;
	for (int i = 0; i < 200; i++) {
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			sayData(number++, kinds[k], 1, 1000);
		settle(10000);
	}
	rtc_sctp_statistics statistics;
	rtc_sctp_get_statistics(sides[0], &statistics);
	assert_int_equal(statistics.dropped, number);
	assert_int_equal(messages, 0);
	sayData(number, RTC_SCTP_BINARY, 1, 10);
	sctp_world_run(10000);
	readAll();
	assert_int_equal(messages, 1);
	end();
}

// A message that is longer than announced, or of no kind, and that the peer gives up: the next one is not lost with it.
static void aMessageThatIsGivenUp(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		begin(16);
		sctp_world_cut(1);
		uint32_t number = 0;
		for (; number < 100; number++) {
			sayFragment(number, kind ? 99 : RTC_SCTP_BINARY, 1, 0, number ? 0 : 2, 1000);
			settle(10000);
		}
		uint8_t value[8] = {[5] = 1};
		put32(value, tsnOf(1) + number++);
		say(192, 0, value, sizeof value); // FORWARD TSN
		sctp_world_run(10000);
		sayFragment(number, RTC_SCTP_BINARY, 1, 1, 3, 10);
		sctp_world_run(10000);
		readAll();
		assert_int_equal(events[RTC_SCTP_EVENT_OVERLONG], kind == 0);
		assert_int_equal(messages, 1);
		end();
	}
}

// `count` streams from `first` on; 0: all that there are (RFC 6525 section 4.1).
static void sayReset(uint32_t request, uint32_t first, uint32_t count)
{
	uint8_t value[16 + 2 * MOST_RESET] = {[1] = 13};
	put16(value + 2, 16 + 2 * count);
	put32(value + 4, tsnOf(1) + request);
	put32(value + 8, tsnOf(0) - 1);
	put32(value + 12, tsnOf(1) - 1);
	for (uint32_t i = 0; i < count; i++)
		put16(value + 16 + 2 * i, first + i);
	say(130, 0, value, 16 + 2 * (size_t)count);
}

// Of streams that nobody has opened; and the answers to what this side resets never come.
static void resetsOfEveryStream(void **state)
{
	(void)state;
	begin(RTC_SCTP_STREAMS);
	sctp_world_cut(1);
	uint32_t request = 0;
	for (int round = 0; round < 3; round++) {
		for (uint32_t first = 2; first + MOST_RESET < RTC_SCTP_STREAMS; first += MOST_RESET) {
			sayReset(request++, first, MOST_RESET);
			settle(1000);
			assert_true(sides[0]->refused <= RTC_SCTP_REFUSED);
		}
	}
	assert_true(events[RTC_SCTP_EVENT_RESET] > 60000);
	assert_int_equal(sides[0]->refused, RTC_SCTP_REFUSED);
	assert_true(rtc_sctp_is_used(sides[0], 2));
	assert_false(rtc_sctp_is_used(sides[0], 60000));
	sctp_world_run((RTC_SCTP_CLOSING + 1) * SECOND);
	readAll();
	assert_int_equal(sides[0]->refused, 0);
	assert_int_equal(events[RTC_SCTP_EVENT_CLOSED], RTC_SCTP_REFUSED);
	assert_false(rtc_sctp_is_used(sides[0], 2));
	assert_int_equal(rtc_sctp_open(sides[0], 2, &(rtc_sctp_channel_options){0}), 0);
	end();
}

// Who reads late hears of each stream once.
static void aResetIsToldOfOnce(void **state)
{
	(void)state;
	begin(16);
	assert_int_equal(rtc_sctp_open(sides[0], 3, &(rtc_sctp_channel_options){0}), 0);
	sctp_world_cut(1);
	answers = 0;
	uint32_t request = 0;
	for (int i = 0; i < 50; i++) {
		sayReset(request++, 1, 1);
		sayReset(request++, 5, 1);
		sctp_world_run(1000);
	}
	readAll();
	assert_int_equal(events[RTC_SCTP_EVENT_RESET], 2);
	sayReset(request++, 0, 0); // of all: of those that are open stream 3 has not been reset yet
	sctp_world_run(1000);
	readAll();
	assert_int_equal(events[RTC_SCTP_EVENT_RESET], 3);
	assert_int_equal(rtc_sctp_close_stream(sides[0], 3), 0);
	end();
}

// Parameters of RE-CONFIG (RFC 6525 section 4) of each type, with each result, and of lengths that are wrong.
static void burstsOfReconfigurations(void **state)
{
	(void)state;
	begin(16);
	sctp_world_cut(1);
	uint32_t seed = 7;
	for (uint32_t i = 0; i < 5000 && !events[RTC_SCTP_EVENT_DOWN]; i++) {
		uint8_t value[64] = {0};
		for (size_t k = 8; k < sizeof value; k++)
			value[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		value[1] = (uint8_t)(13 + i % 7);
		put16(value + 2, i % 11 ? 8 + 4 * (i % 8) : i);
		put32(value + 4, (i % 3 ? tsnOf(1) : tsnOf(0)) + i / 7);
		say(130, 0, value, 8 + 4 * (i % 14));
		if (i % 20 == 0) {
			settle(10000);
		}
	}
	settle(SECOND);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(theSameCookieAgain),
		cmocka_unit_test(beginningAnewEndsIt),
		cmocka_unit_test(floodsOfBeginnings),
		cmocka_unit_test(acknowledgementsThatLie),
		cmocka_unit_test(jumpsOfTheTsn),
		cmocka_unit_test(dataWithoutData),
		cmocka_unit_test(dataOfNoKind),
		cmocka_unit_test(aMessageThatIsGivenUp),
		cmocka_unit_test(resetsOfEveryStream),
		cmocka_unit_test(aResetIsToldOfOnce),
		cmocka_unit_test(burstsOfReconfigurations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
