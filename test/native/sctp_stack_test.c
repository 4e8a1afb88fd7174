// SPDX-License-Identifier: Apache-2.0
// How deep usrsctp goes on the thread that runs it: an association with all that it does, on a painted stack. Frames of
// 64 bits, which are an upper bound for a chip's; without DTLS and the network, whose own depths test/chip has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"
#include "sctp_world.h"

#define ROOM (256 * 1024)
#define PAINT 0xA5
#define DEEPEST 8192 // with which test/chip/report.mjs reckons; 7,392 were seen with Debian 12's compiler and usrsctp

static _Alignas(4096) uint8_t room[ROOM];
static rtc_sctp *sides[2];
static uint64_t received;

static void readAll(void)
{
	for (int side = 0; side < 2; side++) {
		rtc_sctp_event *event;
		while ((event = rtc_sctp_read(sides[side], UINT32_MAX))) {
			if (event->type == RTC_SCTP_EVENT_MESSAGE)
				received += event->size;
			else if (event->type == RTC_SCTP_EVENT_RESET)
				(void)rtc_sctp_close_stream(sides[side], event->stream);
			rtc_free(event);
		}
	}
}

static void run(unsigned milliseconds)
{
	for (unsigned i = 0; i < milliseconds; i += 10) {
		sctp_world_run(10000);
		readAll();
	}
}

static void sendAll(uint16_t stream, const uint8_t *data, uint32_t size)
{
	for (int side = 0; side < 2; side++)
		(void)rtc_sctp_send(sides[side], stream, RTC_SCTP_BINARY, data, size);
}

// Opens, sends in each way, loses, resends, gives up, resets, and is told what makes no sense.
static void *live(void *unused)
{
	static uint8_t data[60000];
	static const rtc_sctp_channel_options kinds[] = {{0},
													 {.unordered = 1},
													 {.unordered = 1, .policy = RTC_SCTP_RETRANSMITS},
													 {.policy = RTC_SCTP_LIFETIME, .value = 50}};
	const rtc_sctp_options options = {
		.port = 5000, .streams = 16, .window = 65536, .sendQueue = 262144, .receiveQueue = 131072, .largest = 65536};
	int error;
	for (int side = 0; side < 2; side++)
		sides[side] = sctp_world_open(side, &options, &error);
	for (int side = 0; side < 2; side++)
		(void)rtc_sctp_start(sides[side], 5000);
	run(1000);
	for (uint16_t stream = 0; stream < 4; stream++) {
		for (int side = 0; side < 2; side++) {
			(void)rtc_sctp_open(sides[side], stream, &kinds[stream]);
			(void)rtc_sctp_acknowledge(sides[side], stream);
		}
		sendAll(stream, data, sizeof data);
		run(500);
		sctp_world_cut(1); // what is under way is lost
		sendAll(stream, data, 20000);
		run(2000);
		sctp_world_cut(0);
		run(10000);
	}
	(void)rtc_sctp_close_stream(sides[0], 0);
	run(1000);
	uint32_t random = 1;
	for (int i = 0; i < 2000; i++) {
		uint8_t packet[64];
		for (size_t k = 0; k < sizeof packet; k++)
			packet[k] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
		packet[0] = packet[2] = 5000 >> 8;
		packet[1] = packet[3] = 5000 & 255;
		sctp_world_arrive(i & 1, packet, sizeof packet);
	}
	run(1000);
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
	return unused;
}

static void *rest(void *unused)
{
	return unused;
}

// Bytes of a thread's stack that it has written to.
static size_t depthOf(void *(*run)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;
	memset(room, PAINT, sizeof room);
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstack(&attributes, room, sizeof room), 0);
	assert_int_equal(pthread_create(&thread, &attributes, run, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	size_t untouched = 0;
	while (untouched < sizeof room && room[untouched] == PAINT)
		untouched++;
	return sizeof room - untouched;
}

static void isAsDeepAsWasSaid(void **state)
{
	(void)state;
	size_t least = depthOf(rest); // the thread's own data, and its begin
	size_t depth = depthOf(live) - least;
	print_message("usrsctp and what calls it: %zu bytes of stack\n", depth);
	assert_true(received > 4 * 2 * 60000);
	assert_true(depth <= DEEPEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(isAsDeepAsWasSaid)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
