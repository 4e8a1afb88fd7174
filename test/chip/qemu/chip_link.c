// SPDX-License-Identifier: Apache-2.0
#include "chip_link.h"

#include <stdlib.h>
#include <string.h>
#include "chip.h"
#include "rtc_dtls_worker.h"

#define DATAGRAMS 64
#define EARLY 8

struct rtc_transmit {
	rtc_path *path;
	uint8_t buffer[RTC_TRANSMIT_SIZE];
};

typedef struct {
	int to;
	size_t size;
	uint8_t data[1500];
} datagram;

struct rtc_path {
	int side;
	rtc_path_handler dtls;
	void *dtlsContext;
	rtc_path_srtp_handler srtp;
	void *srtpContext;
	rtc_transmit transmit;
};

static rtc_path paths[2];
static datagram queue[DATAGRAMS];
static unsigned first, count, lossPercent;
static uint32_t randomState;
static rtc_dtls_task *tasks[2];
static unsigned taskCount;

uint64_t chipSpent[2];
unsigned chipDatagrams, chipLost;

void chip_link_open(uint32_t seed, unsigned loss)
{
	first = count = 0;
	randomState = seed * 2654435761u | 1;
	lossPercent = loss;
	chipDatagrams = chipLost = 0;
	chipSpent[0] = chipSpent[1] = 0;
	memset(paths, 0, sizeof paths);
	for (int side = 0; side < 2; side++) {
		paths[side].side = side;
		paths[side].transmit.path = &paths[side];
	}
}

void chip_link_close(void)
{
	count = 0;
}

rtc_path *chip_link_path(int side)
{
	return &paths[side];
}

static int is_lost(void)
{
	randomState ^= randomState << 13;
	randomState ^= randomState >> 17;
	randomState ^= randomState << 5;
	return randomState % 100 < lossPercent;
}

static void enqueue(const rtc_path *path, const uint8_t *data, size_t size)
{
	CHECK(size <= sizeof queue[0].data && count < DATAGRAMS);
	chipDatagrams++;
	if (is_lost()) {
		chipLost++;
		return;
	}
	datagram *it = &queue[(first + count++) % DATAGRAMS];
	it->to = !path->side;
	it->size = size;
	memcpy(it->data, data, size);
}

static void deliver(datagram *it)
{
	rtc_path *path = &paths[it->to];
	if (it->data[0] >= 128 && path->srtp)
		(*path->srtp)(path->srtpContext, it->data, it->size);
	else if (it->data[0] < 128 && path->dtls)
		(*path->dtls)(path->dtlsContext, it->data, it->size);
}

static int deliver_next(void)
{
	if (!count)
		return 0;
	datagram it = queue[first];
	first = (first + 1) % DATAGRAMS;
	count--;
	uint64_t begin = chip_instructions();
	deliver(&it);
	chipSpent[it.to] += chip_instructions() - begin;
	return 1;
}

static int run_next(void)
{
	for (unsigned side = 0; side < taskCount; side++) {
		rtc_dtls_task *task = tasks[side];
		if (!task->ready && task->time > chipNow)
			continue;
		task->ready = 0;
		uint64_t begin = chip_instructions();
		task->time = (*task->run)(task);
		chipSpent[side] += chip_instructions() - begin;
		return 1;
	}
	return 0;
}

static uint64_t next_deadline(void)
{
	uint64_t time = UINT64_MAX;
	for (unsigned side = 0; side < taskCount; side++)
		if (tasks[side]->time < time)
			time = tasks[side]->time;
	return time;
}

int chip_link_run(int (*done)(void *context), void *context, uint64_t patience)
{
	uint64_t end = chipNow + patience;
	while (!(*done)(context)) {
		if (deliver_next() || run_next())
			continue;
		uint64_t time = next_deadline();
		if (time > end)
			return 0;
		if (time > chipNow)
			chipNow = time;
	}
	return 1;
}

// rtc_dtls_worker.h. Tasks are added in the order of the sides.
int rtc_dtls_worker_add(rtc_dtls_task *task)
{
	CHECK(taskCount < 2);
	task->time = UINT64_MAX;
	task->ready = task->running = 0;
	tasks[taskCount++] = task;
	return 0;
}

void rtc_dtls_worker_wake(rtc_dtls_task *task)
{
	task->ready = 1;
}

void rtc_dtls_worker_remove(rtc_dtls_task *task)
{
	for (unsigned side = 0; side < taskCount; side++)
		if (tasks[side] == task)
			tasks[side] = tasks[--taskCount];
}

// rtc_transport.h, as far as it is used.
// What waits for its time is not run: packets leave at once.
void rtc_path_add_task(rtc_path *path, rtc_task *task)
{
	(void)path, (void)task;
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
	enqueue(path, data, size);
	return 0;
}

int rtc_path_has_way(rtc_path *path)
{
	return path != NULL;
}

rtc_transmit *rtc_path_begin(rtc_path *path)
{
	return &path->transmit;
}

uint8_t *rtc_transmit_buffer(rtc_transmit *transmit)
{
	return transmit->buffer;
}

void rtc_transmit_commit(rtc_transmit *transmit, size_t size)
{
	enqueue(transmit->path, transmit->buffer, size);
}

uint32_t rtc_transmit_end(rtc_transmit *transmit)
{
	(void)transmit;
	return 0;
}
