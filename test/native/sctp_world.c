// SPDX-License-Identifier: Apache-2.0
#include "sctp_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include "rtc_port.h"

#define IN_FLIGHT 256
#define FLIGHT_TIME 100 // microseconds, where there is no link
#define HEADERS 65      // bytes of IPv4, UDP and a record of DTLS

struct rtc_dtls {
	int side;
	rtc_dtls_handlers handlers;
	int hasHandlers;
	rtc_dtls_state state;
};

struct rtc_path {
	rtc_task *task;
};

typedef struct {
	int to;
	uint64_t at; // which is when it arrives
	size_t size;
	uint8_t data[RTC_DTLS_PAYLOAD];
} flying;

uint64_t sctpWorldNow = 1000000;
static struct rtc_dtls ends[2];
static struct rtc_path paths[2];
static rtc_sctp *sides[2];
static sctp_world_identity identities[2];
static flying network[2][IN_FLIGHT]; // by who sends
static size_t firstFlying[2], inFlight[2];
static sctp_world_link links[2];
static uint64_t freeAt[2]; // when the link has sent what waits for it
static uint32_t dice[2];
static int isCutOff;
static uint32_t eachIsLost, sentSince;
static unsigned lostChunk = 256;
static int answersAreLost[2];
static struct {
	size_t size;
	uint8_t data[RTC_DTLS_PAYLOAD];
} kept[2][2]; // by side, INIT ACK and COOKIE ECHO

uint64_t rtc_now(void)
{
	return sctpWorldNow;
}

// In place of the C library's: usrsctp keeps tags for a minute, and measures round trips.
int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	(void)zone;
	time->tv_sec = (time_t)(sctpWorldNow / 1000000);
	time->tv_usec = (suseconds_t)(sctpWorldNow % 1000000);
	return 0;
}

void *rtc_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void rtc_free(void *memory)
{
	free(memory);
}

rtc_path *rtc_path_retain(rtc_path *path)
{
	return path;
}

void rtc_path_release(rtc_path *path)
{
	(void)path;
}

void rtc_path_add_task(rtc_path *path, rtc_task *task)
{
	path->task = task;
	task->time = UINT64_MAX;
}

void rtc_path_wake_task(rtc_path *path, rtc_task *task)
{
	(void)path;
	task->ready = 1;
}

void rtc_path_remove_task(rtc_path *path, rtc_task *task)
{
	(void)task;
	path->task = NULL;
}

rtc_dtls *rtc_dtls_retain(rtc_dtls *dtls)
{
	return dtls;
}

void rtc_dtls_release(rtc_dtls *dtls)
{
	(void)dtls;
}

rtc_dtls_state rtc_dtls_get_state(rtc_dtls *dtls)
{
	return dtls->state;
}

int rtc_dtls_set_handlers(rtc_dtls *dtls, const rtc_dtls_handlers *handlers)
{
	dtls->hasHandlers = handlers != NULL;
	if (handlers)
		dtls->handlers = *handlers;
	return 0;
}

void rtc_dtls_receive(rtc_dtls *dtls)
{
	(void)dtls;
}

int rtc_dtls_begin(rtc_dtls *dtls)
{
	return dtls->state == RTC_DTLS_CONNECTED ? 0 : ENOTCONN;
}

static uint32_t word(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

// Whether the link brings it, and when.
static int pass(int side, size_t size, uint64_t *at)
{
	const sctp_world_link *link = &links[side];
	if (!link->rate && !link->delay) {
		uint64_t last = inFlight[side] ? network[side][(firstFlying[side] + inFlight[side] - 1) % IN_FLIGHT].at : 0;
		*at = (last > sctpWorldNow ? last : sctpWorldNow) + FLIGHT_TIME;
		return 1;
	}
	uint64_t begins = freeAt[side] > sctpWorldNow ? freeAt[side] : sctpWorldNow;
	if (begins - sctpWorldNow > link->queue)
		return 0;
	freeAt[side] = begins + (link->rate ? (size + HEADERS) * 8000000 / link->rate : 0);
	*at = freeAt[side] + link->delay;
	dice[side] ^= dice[side] << 13;
	dice[side] ^= dice[side] >> 17;
	dice[side] ^= dice[side] << 5;
	return dice[side] % 1000 >= link->loss;
}

// The parameter of such a type (RFC 6525 section 4) that a packet's RE-CONFIG begins with.
static const uint8_t *reconfiguration(const uint8_t *packet, size_t size, uint8_t type)
{
	for (size_t place = 12, length; place + 16 <= size; place += (length + 3) & ~(size_t)3) {
		length = (size_t)packet[place + 2] << 8 | packet[place + 3];
		if (packet[place] == 130 && packet[place + 5] == type)
			return packet + place + 4;
		if (length < 4)
			break;
	}
	return NULL;
}

int rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size)
{
	if (!size || size > RTC_DTLS_PAYLOAD)
		abort();
	int isInit = size >= 32 && (data[12] == 1 || data[12] == 2); // INIT, INIT ACK: alone in their packet
	if (isInit && !identities[dtls->side].tag)
		identities[dtls->side] = (sctp_world_identity){word(data + 16), word(data + 28)};
	if (size > 12 && (data[12] == 2 || data[12] == 10)) {
		kept[dtls->side][data[12] == 10].size = size;
		memcpy(kept[dtls->side][data[12] == 10].data, data, size);
	}
	uint64_t at;
	if (isCutOff || inFlight[dtls->side] == IN_FLIGHT || (size > 12 && data[12] == lostChunk) ||
		(answersAreLost[dtls->side] && reconfiguration(data, size, 16)) ||
		(eachIsLost && ++sentSince % eachIsLost == 0) || !pass(dtls->side, size, &at))
		return 0;
	flying *it = &network[dtls->side][(firstFlying[dtls->side] + inFlight[dtls->side]++) % IN_FLIGHT];
	it->to = !dtls->side;
	it->at = at;
	it->size = size;
	memcpy(it->data, data, size);
	const uint8_t *request = answersAreLost[dtls->side] ? reconfiguration(it->data, size, 13) : NULL;
	if (request)
		memset(it->data + (request - it->data) + 8, 0, 4);
	return 0;
}

uint32_t rtc_dtls_end(rtc_dtls *dtls)
{
	(void)dtls;
	return 0;
}

static void onEvent(void *context)
{
	(void)context; // who wants to know reads
}

rtc_sctp *sctp_world_open(int side, const rtc_sctp_options *options, int *error)
{
	if (!sides[!side]) {
		memset(firstFlying, 0, sizeof firstFlying);
		memset(inFlight, 0, sizeof inFlight);
		memset(links, 0, sizeof links);
		isCutOff = 0;
		eachIsLost = 0;
		lostChunk = 256;
		memset(answersAreLost, 0, sizeof answersAreLost);
	}
	identities[side] = (sctp_world_identity){0};
	memset(kept[side], 0, sizeof kept[side]);
	ends[side] = (struct rtc_dtls){.side = side, .state = RTC_DTLS_CONNECTED};
	rtc_sctp_options all = *options;
	all.path = &paths[side];
	all.dtls = &ends[side];
	all.onEvent = onEvent;
	return sides[side] = rtc_sctp_new(&all, error);
}

void sctp_world_close(int side)
{
	if (sides[side])
		rtc_sctp_close(sides[side]);
	sides[side] = NULL;
}

sctp_world_identity sctp_world_identity_of(int side)
{
	return identities[side];
}

const uint8_t *sctp_world_last(int side, unsigned type, size_t *size)
{
	*size = kept[side][type == 10].size;
	return *size ? kept[side][type == 10].data : NULL;
}

void sctp_world_cut(int isCut)
{
	isCutOff = isCut;
	if (isCut)
		memset(inFlight, 0, sizeof inFlight);
}

void sctp_world_lose(uint32_t each)
{
	eachIsLost = each;
}

void sctp_world_lose_chunk(unsigned type)
{
	lostChunk = type;
}

void sctp_world_lose_answers(int side, int areLost)
{
	answersAreLost[side] = areLost;
}

void sctp_world_set_link(int side, const sctp_world_link *link, uint32_t seed)
{
	links[side] = *link;
	freeAt[side] = 0;
	dice[side] = (seed * 2654435761u + (uint32_t)side) | 1;
}

void sctp_world_disconnect(int side)
{
	ends[side].state = RTC_DTLS_CLOSED;
	if (ends[side].hasHandlers)
		(*ends[side].handlers.state)(ends[side].handlers.context);
}

void sctp_world_arrive(int side, const uint8_t *packet, size_t size)
{
	static uint8_t room[RTC_DTLS_PLAIN];
	rtc_dtls *end = &ends[side];
	if (!end->hasHandlers || !size || size > sizeof room)
		return;
	uint8_t *last = room + sizeof room - size;
	memcpy(last, packet, size);
	(*end->handlers.data)(end->handlers.context, last, size);
}

static uint64_t step(int side)
{
	rtc_task *task = paths[side].task;
	if (!task)
		return UINT64_MAX;
	if (task->ready || task->time <= sctpWorldNow) {
		task->ready = 0;
		task->time = (*task->run)(task);
	}
	return task->ready ? sctpWorldNow : task->time;
}

// Brings what has arrived. Returns when the next does.
static uint64_t land(int from)
{
	while (inFlight[from] && network[from][firstFlying[from]].at <= sctpWorldNow) {
		flying it = network[from][firstFlying[from]];
		firstFlying[from] = (firstFlying[from] + 1) % IN_FLIGHT;
		inFlight[from]--;
		sctp_world_arrive(it.to, it.data, it.size);
	}
	return inFlight[from] ? network[from][firstFlying[from]].at : UINT64_MAX;
}

void sctp_world_run(uint64_t microseconds)
{
	uint64_t end = sctpWorldNow + microseconds;
	while (sctpWorldNow < end) {
		uint64_t next = end;
		for (int side = 0; side < 2; side++) {
			uint64_t task = step(side);
			next = task < next ? task : next;
		}
		for (int side = 0; side < 2; side++) {
			uint64_t arrival = land(side);
			next = arrival < next ? arrival : next;
		}
		for (int side = 0; side < 2; side++)
			if (paths[side].task && paths[side].task->ready)
				next = sctpWorldNow;
		sctpWorldNow = next;
	}
}
