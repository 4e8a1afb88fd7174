// SPDX-License-Identifier: Apache-2.0
// Data channels without enough memory, from the first allocation to the last: an association, messages both ways, and
// the end of a stream. Nothing is lost in silence: a message comes, or its sender or its channel's reader is told.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc_loop.h"
#include "rtc_port.h"
#include "rtc_sctp_core.h"
#include "sctp_world.h"

#define SIZES 3
#define STREAM 1
#define TABLES 200

static const uint32_t sizes[SIZES] = {10, 5000, 60000};

typedef struct {
	rtc_sctp *sides[2];
	int isUp[2], isDown[2], refused;
	unsigned messages[2], overlong[2], resets[2], closed[2];
	uint64_t sent[2];
} world;

__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static size_t used(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : 0;
}

static void shut(void)
{
	for (int side = 0; side < 2; side++)
		sctp_world_close(side);
	// usrsctp gives back what is left when nobody uses it any more, in part on a thread of its own, and keeps tags for
	// a minute (RFC 9260 section 5.2.1).
	for (int i = 0; i < 100; i++) {
		sctpWorldNow += i < 90 ? 10000 : 10000000;
		rtc_sctp_stack_lock();
		rtc_sctp_stack_tick(sctpWorldNow);
		rtc_sctp_stack_unlock();
	}
	static size_t least = SIZE_MAX;
	for (int i = 0; i < 20 && used() > least; i++)
		usleep(1000);
	if (used() < least)
		least = used();
}

// 0 or an errno value.
static int make(world *it)
{
	const rtc_sctp_options options = {
		.port = 5000, .streams = 16, .window = 65536, .sendQueue = 131072, .receiveQueue = 131072, .largest = 65536};
	int error;
	*it = (world){0};
	for (int side = 0; side < 2; side++)
		if (!(it->sides[side] = sctp_world_open(side, &options, &error)))
			return error;
	for (int side = 0; side < 2; side++)
		(void)rtc_sctp_start(it->sides[side], 5000);
	return 0;
}

static void readAll(world *it, int side)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(it->sides[side], UINT32_MAX))) {
		switch (event->type) {
		case RTC_SCTP_EVENT_UP:
			it->isUp[side] = 1;
			break;
		case RTC_SCTP_EVENT_DOWN:
			it->isDown[side] = 1;
			break;
		case RTC_SCTP_EVENT_MESSAGE:
			it->messages[side]++;
			break;
		case RTC_SCTP_EVENT_OVERLONG:
			it->overlong[side]++;
			break;
		case RTC_SCTP_EVENT_RESET:
			it->resets[side]++;
			it->refused |= rtc_sctp_close_stream(it->sides[side], STREAM) == ENOMEM;
			break;
		case RTC_SCTP_EVENT_CLOSED:
			it->closed[side]++;
			break;
		case RTC_SCTP_EVENT_SENT:
			it->sent[side] += event->size;
			break;
		}
		rtc_free(event);
	}
}

static void run(world *it, unsigned milliseconds)
{
	for (unsigned i = 0; i < milliseconds; i += 10) {
		sctp_world_run(10000);
		for (int side = 0; side < 2; side++)
			readAll(it, side);
	}
}

static int ended(const world *it)
{
	return it->isDown[0] || it->isDown[1];
}

static alloc_result connects(void)
{
	world it;
	int error = make(&it);
	if (!error)
		run(&it, 1000);
	alloc_result result = ALLOC_WRONG;
	if (error)
		result = error == ENOMEM ? ALLOC_REFUSED : ALLOC_WRONG;
	else if (it.isUp[0] && it.isUp[1])
		result = ALLOC_DONE;
	else if (ended(&it))
		result = ALLOC_REFUSED;
	shut();
	return result;
}

// Connected, and a stream is open on both sides. Returns as make().
static int begin(world *it)
{
	int error = make(it);
	if (error)
		return error;
	run(it, 1000);
	for (int side = 0; side < 2; side++) {
		error = rtc_sctp_open(it->sides[side], STREAM, &(rtc_sctp_channel_options){0});
		if (error)
			return error;
	}
	return ended(it) ? ENOMEM : 0;
}

static alloc_result exchanges(void)
{
	static const uint8_t data[65536];
	world it;
	unsigned taken[2] = {0};
	int error = begin(&it);
	for (int side = 0; side < 2 && !error; side++) {
		for (int i = 0; i < SIZES && !error; i++) {
			int refusal = rtc_sctp_send(it.sides[side], STREAM, RTC_SCTP_BINARY, data, sizes[i]);
			taken[side] += !refusal;
			error = refusal && refusal != ENOMEM ? refusal : 0;
		}
	}
	alloc_result result = error == ENOMEM ? ALLOC_REFUSED : ALLOC_WRONG;
	if (!error) {
		run(&it, 20000);
		int isWhole = it.messages[0] == SIZES && it.messages[1] == SIZES;
		int isAccountedFor = 1;
		for (int side = 0; side < 2; side++)
			isAccountedFor &= it.messages[side] == taken[!side] || it.overlong[side];
		if (isWhole)
			result = ALLOC_DONE;
		else if (ended(&it) || isAccountedFor)
			result = ALLOC_REFUSED;
	}
	shut();
	return result;
}

static alloc_result closes(void)
{
	world it;
	int error = begin(&it);
	if (!error)
		error = rtc_sctp_close_stream(it.sides[0], STREAM);
	alloc_result result = error == ENOMEM ? ALLOC_REFUSED : ALLOC_WRONG;
	if (!error) {
		run(&it, 5000);
		if (it.closed[0] == 1 && it.closed[1] == 1)
			result = ALLOC_DONE;
		else if (ended(&it) || it.refused)
			result = ALLOC_REFUSED;
	}
	shut();
	return result;
}

int main(void)
{
	static const alloc_scenario scenarios[] = {
		{"an association", connects}, {"messages", exchanges}, {"a stream's end", closes}};
	for (int i = 0; i < TABLES; i++) // so often that each of usrsctp's tables has what it keeps
		if (connects() != ALLOC_DONE)
			return 1;
	return alloc_loop(scenarios, sizeof scenarios / sizeof scenarios[0]);
}
