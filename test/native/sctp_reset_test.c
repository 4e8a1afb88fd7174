// SPDX-License-Identifier: Apache-2.0
// Streams that are reset while packets are lost, in virtual time: whoever has heard that both directions are over uses
// the stream again, whatever the other one still waits for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "rtc_port.h"
#include "sctp_world.h"

static rtc_sctp *sides[2];

// The next event of a side but for RTC_SCTP_EVENT_SENT, of a stream that has so much data.
static void expectEvent(int side, rtc_sctp_event_type type, uint16_t stream, uint32_t size)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(sides[side], UINT32_MAX)) && event->type == RTC_SCTP_EVENT_SENT)
		rtc_free(event);
	assert_non_null(event);
	assert_int_equal(event->type, type);
	assert_int_equal(event->stream, stream);
	assert_int_equal(event->size, size);
	rtc_free(event);
}

static void expectNothing(int side)
{
	rtc_sctp_event_type type;
	uint32_t size;
	assert_false(rtc_sctp_peek(sides[side], &type, &size) && type != RTC_SCTP_EVENT_SENT);
}

static void begin(void)
{
	const rtc_sctp_options options = {
		.port = 5000, .streams = 16, .window = 65536, .sendQueue = 65536, .receiveQueue = 65536, .largest = 65536};
	int error;
	for (int side = 0; side < 2; side++)
		assert_non_null(sides[side] = sctp_world_open(side, &options, &error));
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
	sctp_world_run(1000000);
	for (int side = 0; side < 2; side++) {
		expectEvent(side, RTC_SCTP_EVENT_UP, 16, 0);
		assert_int_equal(rtc_sctp_open(sides[side], 1, &(rtc_sctp_channel_options){0}), 0);
	}
}

static void end(void)
{
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
}

// Side 0 closes, and does not hear that its reset was carried out; side 1 has closed, too, and opens anew.
static void closeWithoutAnAnswer(void)
{
	begin();
	sctp_world_lose_answers(1, 1);
	assert_int_equal(rtc_sctp_close_stream(sides[0], 1), 0);
	sctp_world_run(20000);
	expectEvent(1, RTC_SCTP_EVENT_RESET, 1, 0);
	assert_int_equal(rtc_sctp_close_stream(sides[1], 1), 0);
	sctp_world_run(20000);
	expectEvent(1, RTC_SCTP_EVENT_CLOSED, 1, 0);
	assert_int_equal(rtc_sctp_open(sides[1], 1, &(rtc_sctp_channel_options){0}), 0);
}

static void usedAgainIsOver(void **state)
{
	(void)state;
	closeWithoutAnAnswer();
	expectNothing(0); // it waits for the answer
	assert_int_equal(rtc_sctp_send(sides[1], 1, RTC_SCTP_DCEP, "open", 4), 0);
	sctp_world_run(20000);
	expectEvent(0, RTC_SCTP_EVENT_CLOSED, 1, 0); // before what it is used for
	expectEvent(0, RTC_SCTP_EVENT_MESSAGE, 1, 4);
	assert_int_equal(rtc_sctp_open(sides[0], 1, &(rtc_sctp_channel_options){0}), 0);
	assert_int_equal(rtc_sctp_send(sides[0], 1, RTC_SCTP_BINARY, "on", 2), 0);
	sctp_world_lose_answers(1, 0);
	sctp_world_run(5000000); // side 0 asks again, and hears of what was done
	expectEvent(1, RTC_SCTP_EVENT_MESSAGE, 1, 2);
	for (int side = 0; side < 2; side++)
		expectNothing(side);
	end();
}

// usrsctp takes nothing for a stream whose reset has no answer: the others do not wait for that.
static void othersDoNotWaitForAnAnswer(void **state)
{
	(void)state;
	closeWithoutAnAnswer();
	assert_int_equal(rtc_sctp_send(sides[1], 1, RTC_SCTP_DCEP, "open", 4), 0);
	sctp_world_run(20000);
	expectEvent(0, RTC_SCTP_EVENT_CLOSED, 1, 0);
	expectEvent(0, RTC_SCTP_EVENT_MESSAGE, 1, 4);
	assert_int_equal(rtc_sctp_open(sides[0], 1, &(rtc_sctp_channel_options){0}), 0);
	assert_int_equal(rtc_sctp_open(sides[0], 3, &(rtc_sctp_channel_options){0}), 0);
	assert_int_equal(rtc_sctp_open(sides[0], 5, &(rtc_sctp_channel_options){0}), 0);
	assert_int_equal(rtc_sctp_send(sides[0], 1, RTC_SCTP_BINARY, "late", 4), 0);
	assert_int_equal(rtc_sctp_send(sides[0], 3, RTC_SCTP_BINARY, "soon", 4), 0);
	assert_int_equal(rtc_sctp_send(sides[0], 5, RTC_SCTP_BINARY, "sooner", 6), 0);
	sctp_world_run(20000);
	expectEvent(1, RTC_SCTP_EVENT_MESSAGE, 3, 4);
	expectEvent(1, RTC_SCTP_EVENT_MESSAGE, 5, 6);
	expectNothing(1);
	sctp_world_lose_answers(1, 0);
	sctp_world_run(5000000);
	expectEvent(1, RTC_SCTP_EVENT_MESSAGE, 1, 4);
	end();
}

// A reset that came before there was a channel is not the channel's.
static void whatEndedBeforeDoesNotEndTheNext(void **state)
{
	(void)state;
	begin();
	assert_int_equal(rtc_sctp_close_stream(sides[1], 3), 0); // of which nobody knows
	sctp_world_run(20000);
	expectEvent(0, RTC_SCTP_EVENT_RESET, 3, 0);
	assert_int_equal(rtc_sctp_close_stream(sides[0], 3), 0);
	sctp_world_run(500000);
	for (int side = 0; side < 2; side++) {
		expectEvent(side, RTC_SCTP_EVENT_CLOSED, 3, 0);
		assert_int_equal(rtc_sctp_open(sides[side], 3, &(rtc_sctp_channel_options){0}), 0);
	}
	assert_int_equal(rtc_sctp_close_stream(sides[0], 3), 0);
	sctp_world_run(500000);
	expectNothing(0); // it waits for the other side's
	expectEvent(1, RTC_SCTP_EVENT_RESET, 3, 0);
	assert_int_equal(rtc_sctp_close_stream(sides[1], 3), 0);
	sctp_world_run(500000);
	for (int side = 0; side < 2; side++)
		expectEvent(side, RTC_SCTP_EVENT_CLOSED, 3, 0);
	end();
}

// What came before the peer's own reset is no new use.
static void lateDataIsNotNew(void **state)
{
	static const uint8_t data[4000];
	(void)state;
	begin();
	sctp_world_lose_answers(1, 1);
	assert_int_equal(rtc_sctp_close_stream(sides[0], 1), 0);
	assert_int_equal(rtc_sctp_send(sides[1], 1, RTC_SCTP_BINARY, data, sizeof data), 0);
	sctp_world_run(20000);
	expectEvent(0, RTC_SCTP_EVENT_MESSAGE, 1, sizeof data);
	expectEvent(1, RTC_SCTP_EVENT_RESET, 1, 0);
	assert_int_equal(rtc_sctp_close_stream(sides[1], 1), 0);
	sctp_world_run(20000);
	expectNothing(0); // it waits for the answer still
	sctp_world_lose_answers(1, 0);
	sctp_world_run(5000000);
	expectEvent(0, RTC_SCTP_EVENT_CLOSED, 1, 0);
	expectEvent(1, RTC_SCTP_EVENT_CLOSED, 1, 0);
	end();
}

static void put32(uint8_t *place, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		place[i] = (uint8_t)(value >> (24 - 8 * i));
}

// The peer answers the first reset of side 0 with an error: it is asked again.
static void aResetThatFailsIsTriedAgain(void **state)
{
	(void)state;
	begin();
	sctp_world_lose_answers(1, 1);
	assert_int_equal(rtc_sctp_close_stream(sides[0], 1), 0);
	sctp_world_run(20000);
	uint8_t packet[28] = {5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255, [12] = 130, [15] = 16, [17] = 16, [19] = 12};
	put32(packet + 4, sctp_world_identity_of(0).tag);
	put32(packet + 20, sctp_world_identity_of(0).firstTsn); // the number of the first request (RFC 6525 section 4.1)
	put32(packet + 24, 3);                                  // wrong SSN (section 4.4)
	sctp_world_arrive(0, packet, sizeof packet);
	sctp_world_lose_answers(1, 0);
	expectEvent(1, RTC_SCTP_EVENT_RESET, 1, 0);
	assert_int_equal(rtc_sctp_close_stream(sides[1], 1), 0);
	sctp_world_run(2000000);
	expectEvent(0, RTC_SCTP_EVENT_CLOSED, 1, 0); // not by the time that is given to those who do not answer
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(usedAgainIsOver),
									   cmocka_unit_test(whatEndedBeforeDoesNotEndTheNext),
									   cmocka_unit_test(othersDoNotWaitForAnAnswer), cmocka_unit_test(lateDataIsNotNew),
									   cmocka_unit_test(aResetThatFailsIsTriedAgain)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
