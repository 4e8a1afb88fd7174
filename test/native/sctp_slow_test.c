// SPDX-License-Identifier: Apache-2.0
// Links that are slow, or lose, in virtual time: what is old is not sent, what is given up makes room without a flood,
// and no stream waits behind all that another one has to send.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rtc_port.h"
#include "rtc_sctp_core.h"
#include "sctp_world.h"

#define SECOND 1000000u
#define PICTURES 1 // streams
#define BULK 2
#define URGENT 3
#define MOST_PICTURES 1000

static rtc_sctp *sides[2];
static uint8_t message[200000];

// What has come to side 1.
static struct {
	uint32_t pictures, messages[4];
	uint32_t latest, longest; // milliseconds from made to come, and between two
	uint64_t last, made[MOST_PICTURES];
	uint64_t urgent; // when
} came;
static uint32_t waiting; // bytes that side 0 has to send

static void onPicture(const rtc_sctp_event *event)
{
	uint32_t index;
	memcpy(&index, event->data, sizeof index);
	assert_true(index < MOST_PICTURES);
	uint32_t age = (uint32_t)(sctpWorldNow - came.made[index]) / 1000;
	uint32_t since = came.last ? (uint32_t)(sctpWorldNow - came.last) / 1000 : 0;
	came.pictures++;
	came.latest = age > came.latest ? age : came.latest;
	came.longest = since > came.longest ? since : came.longest;
	came.last = sctpWorldNow;
}

static void listen(int side)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(sides[side], UINT32_MAX))) {
		assert_int_not_equal(event->type, RTC_SCTP_EVENT_DOWN);
		if (side == 0 && event->type == RTC_SCTP_EVENT_SENT)
			waiting -= event->size;
		if (side == 1 && event->type == RTC_SCTP_EVENT_MESSAGE) {
			came.messages[event->stream]++;
			if (event->stream == PICTURES)
				onPicture(event);
			else if (event->stream == URGENT)
				came.urgent = sctpWorldNow;
		}
		rtc_free(event);
	}
}

static void run(uint64_t microseconds)
{
	uint64_t end = sctpWorldNow + microseconds;
	while (sctpWorldNow < end) {
		sctp_world_run(1000);
		for (int side = 0; side < 2; side++)
			listen(side);
	}
}

static void connect(const rtc_sctp_channel_options *kinds, uint32_t window)
{
	memset(&came, 0, sizeof came);
	waiting = 0;
	for (int side = 0; side < 2; side++) {
		const rtc_sctp_options options = {.port = 5000,
										  .streams = 16,
										  .window = window,
										  .sendQueue = 1 << 20,
										  .receiveQueue = 1 << 20,
										  .largest = sizeof message};
		int error;
		sides[side] = sctp_world_open(side, &options, &error);
		assert_non_null(sides[side]);
	}
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_sctp_start(sides[side], 5000), 0);
		for (uint16_t stream = 1; stream <= URGENT; stream++) {
			assert_int_equal(rtc_sctp_open(sides[side], stream, &kinds[stream]), 0);
			assert_int_equal(rtc_sctp_acknowledge(sides[side], stream), 0);
		}
	}
	run(SECOND);
}

static void setLink(uint32_t rate, uint32_t delay, uint32_t queue, uint32_t loss, uint32_t seed)
{
	sctp_world_set_link(0, &(sctp_world_link){.rate = rate, .delay = delay, .queue = queue, .loss = loss}, seed);
	sctp_world_set_link(1, &(sctp_world_link){.delay = delay}, seed);
}

static void closeBoth(void)
{
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
}

static void send(uint16_t stream, uint32_t size)
{
	assert_int_equal(rtc_sctp_send(sides[0], stream, RTC_SCTP_BINARY, message, size), 0);
	waiting += size;
}

// 15 pictures a second, of which one is left out while another waits. Returns how many packets were sent.
static uint64_t show(unsigned seconds, uint32_t size)
{
	rtc_sctp_statistics before, after;
	rtc_sctp_get_statistics(sides[0], &before);
	for (uint32_t index = 0; index < seconds * 15; index++) {
		came.made[index] = sctpWorldNow;
		memcpy(message, &index, sizeof index);
		if (!waiting)
			send(PICTURES, size);
		run(SECOND / 15);
	}
	rtc_sctp_get_statistics(sides[0], &after);
	return after.packetsSent - before.packetsSent;
}

static rtc_sctp_channel_options forAShortTime(uint32_t milliseconds)
{
	return (rtc_sctp_channel_options){.unordered = 1, .policy = RTC_SCTP_LIFETIME, .value = milliseconds};
}

// The link takes 7.5 pictures a second, and some 60 packets. Its queue of 200 ms makes the way of a packet nearly as
// long as what a picture is good for.
static void picturesAreFewAndNew(void **state)
{
	(void)state;
	static const uint32_t lifetimes[] = {150, 300, 1000};
	for (uint32_t seed = 1; seed <= 4; seed++) {
		for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++) {
			const rtc_sctp_channel_options kinds[] = {[PICTURES] = forAShortTime(lifetimes[i]), [URGENT] = {0}};
			connect(kinds, 32768);
			setLink(600000, 30000, 200000, 10, seed);
			uint64_t packets = show(20, 10000);
			print_message("%u ms: %u pictures, the latest after %u ms, at most %u ms apart, %u packets\n", lifetimes[i],
						  came.pictures, came.latest, came.longest, (unsigned)packets);
			assert_true(came.pictures >= 90);
			assert_true(came.latest <= 1200 && came.longest <= 1500);
			assert_true(packets <= 20 * 60 * 2);
			closeBoth();
		}
	}
}

// There is time for a second attempt on a short way, and it is made.
static void whatIsLostIsSentAgainInTime(void **state)
{
	(void)state;
	const rtc_sctp_channel_options kinds[] = {[PICTURES] = forAShortTime(300), [URGENT] = {0}};
	connect(kinds, 32768);
	setLink(5000000, 1000, 50000, 50, 1);
	show(20, 10000);
	print_message("%u of 300 pictures\n", came.pictures);
	assert_true(came.pictures >= 285);
	assert_true(came.latest <= 400);
	closeBoth();
}

// However large the window: what is older than its time is not sent first.
static void nothingWaitsBeyondItsTime(void **state)
{
	(void)state;
	const rtc_sctp_channel_options kinds[] = {[PICTURES] = forAShortTime(300), [URGENT] = {0}};
	connect(kinds, 262144);
	setLink(300000, 30000, 200000, 0, 1);
	for (uint32_t index = 0; index < 200; index++) { // nobody looks whether some wait
		came.made[index] = sctpWorldNow;
		memcpy(message, &index, sizeof index);
		send(PICTURES, 5000);
		run(SECOND / 30);
	}
	print_message("%u of 200 messages, the latest after %u ms\n", came.pictures, came.latest);
	assert_true(came.pictures >= 20);
	assert_true(came.latest <= 2000); // its time, the link's queue, and what is sent again
	closeBoth();
}

static void noStreamWaitsForAllOfAnother(void **state)
{
	(void)state;
	const rtc_sctp_channel_options kinds[] = {[URGENT] = {0}};
	connect(kinds, 262144);
	setLink(600000, 20000, 200000, 0, 1);
	for (int i = 0; i < 40; i++)
		send(BULK, 16384);
	run(3 * SECOND);
	uint64_t at = sctpWorldNow;
	send(URGENT, 10);
	run(SECOND);
	print_message("after %u ms\n", (unsigned)(came.urgent - at) / 1000);
	assert_int_equal(came.messages[URGENT], 1);
	uint32_t before = came.messages[BULK];
	run(2 * SECOND);
	assert_true(came.messages[BULK] - before >= 2 * 600000 / 8 / 16384 * 8 / 10); // and the link has enough to do
	closeBoth();
}

static uint32_t outOfOrder; // messages that came after one that was sent later

// Sends 300 numbered messages on a stream where each 20th packet is lost, and counts those that are overtaken.
static void overtake(int isAcknowledged)
{
	uint32_t newest = 0, count = 0;
	outOfOrder = 0;
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_sctp_open(sides[side], 5, &(rtc_sctp_channel_options){.unordered = 1}), 0);
		if (isAcknowledged)
			assert_int_equal(rtc_sctp_acknowledge(sides[side], 5), 0);
	}
	for (uint32_t number = 1; number <= 300; number++)
		assert_int_equal(rtc_sctp_send(sides[0], 5, RTC_SCTP_BINARY, &number, sizeof number), 0);
	for (int i = 0; i < 20000 && count < 300; i++) {
		sctp_world_run(1000);
		for (rtc_sctp_event *event; (event = rtc_sctp_read(sides[1], UINT32_MAX)); rtc_free(event)) {
			uint32_t number;
			assert_int_equal(event->type, RTC_SCTP_EVENT_MESSAGE);
			memcpy(&number, event->data, sizeof number);
			outOfOrder += number < newest;
			newest = number > newest ? number : newest;
			count++;
		}
	}
	assert_int_equal(count, 300); // reliable, and each once
}

// RFC 8832 section 6: what is unordered is so as soon as the peer is known to know the channel, and not before.
static void whatIsUnorderedWaitsForNothing(void **state)
{
	(void)state;
	const rtc_sctp_channel_options kinds[URGENT + 1] = {{0}};
	for (int isAcknowledged = 0; isAcknowledged < 2; isAcknowledged++) {
		connect(kinds, 65536);
		setLink(5000000, 10000, 200000, 50, 1);
		overtake(isAcknowledged);
		print_message("%u of 300 were overtaken\n", outOfOrder);
		assert_true(isAcknowledged ? outOfOrder > 0 : outOfOrder == 0);
		closeBoth();
	}
}

// Messages that are given up when a part of them was sent: what was not sent counts no more.
static void whatIsGivenUpIsForgotten(void **state)
{
	(void)state;
	const rtc_sctp_channel_options kinds[] = {
		[PICTURES] = {.unordered = 1, .policy = RTC_SCTP_RETRANSMITS}, [BULK] = forAShortTime(400), [URGENT] = {0}};
	for (uint32_t seed = 1; seed <= 4; seed++) {
		uint32_t random = seed;
		connect(kinds, 65536);
		setLink(1000000, 10000, 100000, 100, seed);
		for (int i = 0; i < 60; i++) {
			random = random * 1664525 + 1013904223;
			memset(message, 0, sizeof(uint32_t));
			send((uint16_t)(PICTURES + (random >> 30) % 3), 1 + (random >> 8) % (i % 4 ? 3000 : 100000));
			run((random >> 16) % 200000);
		}
		setLink(1000000, 10000, 100000, 0, seed);
		run(20 * SECOND);
		uint32_t before = came.messages[URGENT];
		send(URGENT, 50000);
		run(2 * SECOND);
		assert_int_equal(came.messages[URGENT], before + 1);
		assert_int_equal(sides[0]->unsent, 0);
		assert_int_equal(waiting, 0);
		closeBoth();
	}
}

// Where more comes than is read, the sender still hears that its own has gone.
static void whatWasSentIsToldOfBetween(void **state)
{
	(void)state;
	connect((const rtc_sctp_channel_options[4]){{0}}, 65536);
	send(BULK, 1000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rtc_sctp_send(sides[1], URGENT, RTC_SCTP_BINARY, message, 10), 0);
	sctp_world_run(SECOND);
	uint32_t messages = 0, told = 0;
	for (int i = 0; i < 70; i++) {
		rtc_sctp_event_type type;
		uint32_t size;
		assert_true(rtc_sctp_peek(sides[0], &type, &size));
		rtc_sctp_event *event = rtc_sctp_read(sides[0], size);
		assert_int_equal(event->type, type);
		messages += event->type == RTC_SCTP_EVENT_MESSAGE;
		told += event->type == RTC_SCTP_EVENT_SENT ? event->size : 0;
		rtc_free(event);
	}
	assert_int_equal(messages, 69);
	assert_int_equal(told, 1000);
	closeBoth();
}

// RFC 8832 section 6: reliable and in order, whatever the channel is; and none of its program's bytes.
static void whatAChannelSaysOfItselfIsSure(void **state)
{
	(void)state;
	connect(
		(const rtc_sctp_channel_options[4]){
			[BULK] = {.unordered = 1, .policy = RTC_SCTP_RETRANSMITS},
		},
		65536);
	sctp_world_cut(1);
	assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_DCEP, "first", 5), 0);
	sctp_world_run(1000);
	sctp_world_cut(0);
	assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_DCEP, "then", 4), 0);
	sctp_world_run(5 * SECOND);
	for (int i = 0; i < 2; i++) {
		rtc_sctp_event *event = rtc_sctp_read(sides[1], UINT32_MAX);
		assert_non_null(event);
		assert_int_equal(event->ppid, RTC_SCTP_DCEP);
		assert_int_equal(event->size, i ? 4 : 5);
		rtc_free(event);
	}
	assert_null(rtc_sctp_read(sides[0], UINT32_MAX));
	closeBoth();
}

// The time for closing is over, but half of a message is on its way: the rest follows.
static void aMessageOnItsWayOutlivesTheTimeForClosing(void **state)
{
	(void)state;
	connect((const rtc_sctp_channel_options[4]){{0}}, 65536);
	setLink(20000, 10000, SECOND, 0, 1);
	send(BULK, sizeof message);
	assert_int_equal(rtc_sctp_close_stream(sides[0], BULK), 0);
	run((RTC_SCTP_CLOSING + 5) * SECOND);
	assert_int_equal(came.messages[BULK], 0);
	setLink(0, 1000, 0, 0, 1);
	run(20 * SECOND);
	assert_int_equal(came.messages[BULK], 1);
	closeBoth();
}

// Whoever has read what waited gets more at once, however long nothing went on.
static void moreIsFetchedWhenThereIsRoom(void **state)
{
	(void)state;
	connect((const rtc_sctp_channel_options[4]){{0}}, 1 << 20);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_BINARY, message, 100000), 0);
		sctp_world_run(SECOND);
	}
	assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_BINARY, message, sizeof message), 0);
	assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_BINARY, message, sizeof message), 0);
	assert_int_equal(rtc_sctp_send(sides[0], BULK, RTC_SCTP_BINARY, message, sizeof message), 0);
	sctp_world_run(5 * SECOND);
	for (int i = 0; i < 2; i++) {
		listen(1);
		sctp_world_run(1000);
	}
	assert_int_equal(came.messages[BULK], 11);
	closeBoth();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picturesAreFewAndNew),           cmocka_unit_test(whatIsLostIsSentAgainInTime),
		cmocka_unit_test(nothingWaitsBeyondItsTime),      cmocka_unit_test(noStreamWaitsForAllOfAnother),
		cmocka_unit_test(whatIsUnorderedWaitsForNothing), cmocka_unit_test(whatIsGivenUpIsForgotten),
		cmocka_unit_test(whatWasSentIsToldOfBetween),     cmocka_unit_test(whatAChannelSaysOfItselfIsSure),
		cmocka_unit_test(moreIsFetchedWhenThereIsRoom),   cmocka_unit_test(aMessageOnItsWayOutlivesTheTimeForClosing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
