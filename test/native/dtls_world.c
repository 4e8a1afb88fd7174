// SPDX-License-Identifier: Apache-2.0
#include "dtls_world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rtc_port.h"

struct rtc_transmit {
	uint8_t buffer[RTC_TRANSMIT_SIZE];
};

struct rtc_path {
	int side;
	rtc_path_handler dtls;
	rtc_path_srtp_handler srtp;
	void *dtlsContext, *srtpContext;
	rtc_transmit transmit;
};

typedef struct {
	int to;
	uint64_t due;
	size_t size;
	uint8_t data[WORLD_DATAGRAM];
} flying;

uint64_t worldNow, worldDelay;
static uint32_t seeds[2]; // of the sides: what one does with them is its own affair
static int running;       // the side
static struct rtc_path paths[2];
static flying network[WORLD_IN_FLIGHT];
static size_t inFlight;
static void (*onSend)(int from, const uint8_t *data, size_t size);
static int transmitting; // the side

uint64_t rtc_now(void)
{
	return worldNow;
}

// In place of the C library's: Mbed TLS writes it into its hellos.
time_t time(time_t *result)
{
	time_t now = (time_t)(worldNow / 1000000);
	if (result)
		*result = now;
	return now;
}

uint64_t rtc_ntp_now(void)
{
	return worldNow << 12;
}

int rtc_random(void *buffer, size_t size)
{
	for (uint8_t *bytes = buffer; size; size--)
		*bytes++ = (uint8_t)((seeds[running] = seeds[running] * 1664525 + 1013904223) >> 24);
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

void rtc_wipe(void *memory, size_t size)
{
	memset(memory, 0, size);
}

void rtc_path_add_task(rtc_path *path, rtc_task *task)
{
	(void)path, (void)task; // what waits for its time is not run here
}

void rtc_path_wake_task(rtc_path *path, rtc_task *task)
{
	(void)path, (void)task;
}

void rtc_path_remove_task(rtc_path *path, rtc_task *task)
{
	(void)path, (void)task;
}

rtc_path *rtc_path_retain(rtc_path *path)
{
	return path;
}

void rtc_path_release(rtc_path *path)
{
	(void)path;
}

void rtc_path_set_dtls(rtc_path *path, rtc_path_handler handler, void *context)
{
	path->dtls = handler;
	path->dtlsContext = context;
}

void rtc_path_set_srtp(rtc_path *path, rtc_path_srtp_handler handler, void *context)
{
	path->srtp = handler;
	path->srtpContext = context;
}

int rtc_path_send(rtc_path *path, const uint8_t *data, size_t size)
{
	if (onSend)
		(*onSend)(path->side, data, size);
	else
		world_fly(!path->side, data, size, WORLD_LAST);
	return 0;
}

int rtc_path_has_way(rtc_path *path)
{
	return path != NULL;
}

rtc_transmit *rtc_path_begin(rtc_path *path)
{
	transmitting = path->side;
	return &path->transmit;
}

uint8_t *rtc_transmit_buffer(rtc_transmit *transmit)
{
	return transmit->buffer;
}

void rtc_transmit_commit(rtc_transmit *transmit, size_t size)
{
	(void)rtc_path_send(&paths[transmitting], transmit->buffer, size);
}

uint32_t rtc_transmit_end(rtc_transmit *transmit)
{
	(void)transmit;
	return 0;
}

int rtc_dtls_worker_add(rtc_dtls_task *task)
{
	task->time = 0;
	return 0;
}

void rtc_dtls_worker_wake(rtc_dtls_task *task)
{
	task->time = worldNow;
}

void rtc_dtls_worker_remove(rtc_dtls_task *task)
{
	(void)task;
}

void world_reset(void (*send)(int from, const uint8_t *data, size_t size))
{
	worldNow = 1000000;
	worldDelay = 0;
	seeds[0] = 1;
	seeds[1] = 2;
	running = 0;
	inFlight = 0;
	onSend = send;
	for (int side = 0; side < 2; side++)
		paths[side] = (struct rtc_path){.side = side};
}

rtc_path *world_path(int side)
{
	return &paths[side];
}

void world_fly(int to, const uint8_t *data, size_t size, size_t place)
{
	if (inFlight == WORLD_IN_FLIGHT || size > WORLD_DATAGRAM)
		return;
	if (place > inFlight)
		place = inFlight;
	memmove(&network[place + 1], &network[place], (inFlight - place) * sizeof network[0]);
	network[place].to = to;
	network[place].due = worldNow + worldDelay;
	network[place].size = size;
	memcpy(network[place].data, data, size);
	inFlight++;
}

// In a block of its own size, so that any overrun is seen.
static void arrive(void)
{
	static uint8_t room[WORLD_DATAGRAM];
	struct rtc_path *path = &paths[network[0].to];
	size_t size = network[0].size;
	uint8_t *data = room + sizeof room - size;
	memcpy(data, network[0].data, size);
	inFlight--;
	memmove(&network[0], &network[1], inFlight * sizeof network[0]);
	int isDtls = size && data[0] < 64;
	if (isDtls && path->dtls)
		(*path->dtls)(path->dtlsContext, data, size);
	else if (size && !isDtls && path->srtp)
		(*path->srtp)(path->srtpContext, data, size);
}

// Runs an end if it is due, and returns when it will be.
static uint64_t step(rtc_dtls *const ends[2], int side)
{
	rtc_dtls *end = ends[side];
	if (!end)
		return UINT64_MAX;
	running = side;
	if (end->task.time <= worldNow) {
		end->task.time = UINT64_MAX; // as the worker: what wakes it meanwhile counts
		uint64_t time = (*end->task.run)(&end->task);
		if (time < end->task.time)
			end->task.time = time;
	}
	return end->task.time;
}

void world_run(rtc_dtls *const ends[2], uint64_t end)
{
	while (worldNow <= end) {
		uint64_t next = UINT64_MAX;
		for (int side = 0; side < 2; side++) {
			uint64_t time = step(ends, side);
			if (time < next)
				next = time;
		}
		uint64_t due = inFlight ? network[0].due : UINT64_MAX;
		if (due <= worldNow) {
			worldNow += 100;
			arrive();
			continue;
		}
		if (due < next)
			next = due;
		if (next > end) {
			worldNow = end; // nothing more happens before
			return;
		}
		if (next > worldNow)
			worldNow = next;
	}
}

rtc_dtls_options world_options(int side, rtc_srtp *srtp, rtc_certificate *const certificates[2], uint32_t timeout,
							   int wrong)
{
	rtc_dtls_options options = {.path = &paths[side], .srtp = srtp, .certificate = certificates[side]};
	options.isClient = side == 0;
	options.timeout = timeout;
	options.fingerprintCount = 1;
	strcpy(options.fingerprints[0].algorithm, "sha-256");
	options.fingerprints[0].size = RTC_FINGERPRINT_SIZE;
	memcpy(options.fingerprints[0].value, rtc_certificate_fingerprint(certificates[!side]), RTC_FINGERPRINT_SIZE);
	options.fingerprints[0].value[5] ^= (uint8_t)wrong;
	return options;
}
