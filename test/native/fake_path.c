// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "fake_path.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rtc_port.h"

#define DATAGRAM_MAXIMUM 2048
#define LATE_STEP 1000 // microseconds

typedef struct item item;
struct item {
	item *next;
	uint64_t time;
	int to;
	size_t size;
	uint8_t data[DATAGRAM_MAXIMUM];
};

struct rtc_transmit {
	rtc_path *path;
	uint8_t buffer[RTC_TRANSMIT_SIZE];
};

struct rtc_path {
	fake_link *link; // NULL once the link is gone
	int side;
	int refs;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	rtc_path_handler dtls;
	rtc_path_srtp_handler srtp;
	void *dtlsContext, *srtpContext;
	int dtlsRunning, srtpRunning;
	int earlyCount;
	struct {
		size_t size;
		uint8_t data[DATAGRAM_MAXIMUM];
	} early[RTC_PATH_EARLY];
	pthread_mutex_t transmitLock;
	rtc_transmit transmit;
};

struct fake_link {
	fake_link_options options;
	rtc_path *paths[2];
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	int stop;
	uint32_t random;
	item *first; // by time
};

static uint32_t next(fake_link *link)
{
	link->random ^= link->random << 13;
	link->random ^= link->random >> 17;
	link->random ^= link->random << 5;
	return link->random;
}

static int chance(fake_link *link, int percent)
{
	return (int)(next(link) % 100) < percent;
}

static void enqueue(fake_link *link, int to, const uint8_t *data, size_t size, uint64_t delay)
{
	item *it = malloc(sizeof *it);
	if (!it || size > DATAGRAM_MAXIMUM)
		abort();
	it->time = rtc_now() + delay;
	it->to = to;
	it->size = size;
	memcpy(it->data, data, size);
	item **place = &link->first;
	while (*place && (*place)->time <= it->time)
		place = &(*place)->next;
	it->next = *place;
	*place = it;
	pthread_cond_signal(&link->wake);
}

void fake_link_inject(fake_link *link, int to, const uint8_t *data, size_t size)
{
	pthread_mutex_lock(&link->lock);
	enqueue(link, to, data, size, 0);
	pthread_mutex_unlock(&link->lock);
}

static void sendFrom(rtc_path *path, const uint8_t *data, size_t size)
{
	fake_link *link = path->link;
	if (!link)
		return;
	if (link->options.filter && (*link->options.filter)(link->options.context, link, path->side, data, size))
		return;
	pthread_mutex_lock(&link->lock);
	int copies = chance(link, link->options.loss) ? 0 : chance(link, link->options.duplicate) ? 2 : 1;
	while (copies--)
		enqueue(link, !path->side, data, size,
				chance(link, link->options.reorder) ? LATE_STEP * (1 + next(link) % 5) : 0);
	pthread_mutex_unlock(&link->lock);
}

static void deliver(rtc_path *path, item *it)
{
	int isDtls = it->size && it->data[0] >= 20 && it->data[0] <= 63;
	int isSrtp = it->size && it->data[0] >= 128 && it->data[0] <= 191;
	pthread_mutex_lock(&path->lock);
	if (isDtls && path->dtls) {
		rtc_path_handler handler = path->dtls;
		void *context = path->dtlsContext;
		path->dtlsRunning = 1;
		pthread_mutex_unlock(&path->lock);
		(*handler)(context, it->data, it->size);
		pthread_mutex_lock(&path->lock);
		path->dtlsRunning = 0;
	} else if (isDtls && path->earlyCount < RTC_PATH_EARLY) {
		path->early[path->earlyCount].size = it->size;
		memcpy(path->early[path->earlyCount++].data, it->data, it->size);
	} else if (isSrtp && path->srtp) {
		rtc_path_srtp_handler handler = path->srtp;
		void *context = path->srtpContext;
		path->srtpRunning = 1;
		pthread_mutex_unlock(&path->lock);
		(*handler)(context, it->data, it->size);
		pthread_mutex_lock(&path->lock);
		path->srtpRunning = 0;
	}
	pthread_cond_broadcast(&path->idle);
	pthread_mutex_unlock(&path->lock);
}

static void *run(void *argument)
{
	fake_link *link = argument;
	pthread_mutex_lock(&link->lock);
	while (!link->stop) {
		item *it = link->first;
		if (!it) {
			pthread_cond_wait(&link->wake, &link->lock);
			continue;
		}
		uint64_t now = rtc_now();
		if (it->time > now) {
			struct timespec until;
			clock_gettime(CLOCK_REALTIME, &until);
			uint64_t nanoseconds = (uint64_t)until.tv_nsec + (it->time - now) * 1000;
			until.tv_sec += (time_t)(nanoseconds / 1000000000);
			until.tv_nsec = (long)(nanoseconds % 1000000000);
			pthread_cond_timedwait(&link->wake, &link->lock, &until);
			continue;
		}
		link->first = it->next;
		pthread_mutex_unlock(&link->lock);
		deliver(link->paths[it->to], it);
		free(it);
		pthread_mutex_lock(&link->lock);
	}
	pthread_mutex_unlock(&link->lock);
	return NULL;
}

static rtc_path *newPath(fake_link *link, int side)
{
	rtc_path *path = calloc(1, sizeof *path);
	if (!path)
		abort();
	path->link = link;
	path->side = side;
	path->refs = 1;
	path->transmit.path = path;
	pthread_mutex_init(&path->lock, NULL);
	pthread_mutex_init(&path->transmitLock, NULL);
	pthread_cond_init(&path->idle, NULL);
	return path;
}

fake_link *fake_link_new(const fake_link_options *options)
{
	static const fake_link_options none;
	fake_link *link = calloc(1, sizeof *link);
	if (!link)
		abort();
	link->options = options ? *options : none;
	link->random = link->options.seed * 2654435761u | 1;
	pthread_mutex_init(&link->lock, NULL);
	pthread_cond_init(&link->wake, NULL);
	link->paths[0] = newPath(link, 0);
	link->paths[1] = newPath(link, 1);
	if (pthread_create(&link->thread, NULL, run, link))
		abort();
	return link;
}

rtc_path *fake_link_path(fake_link *link, int side)
{
	return link->paths[side];
}

void fake_link_free(fake_link *link)
{
	pthread_mutex_lock(&link->lock);
	link->stop = 1;
	pthread_cond_signal(&link->wake);
	pthread_mutex_unlock(&link->lock);
	pthread_join(link->thread, NULL);
	while (link->first) {
		item *it = link->first;
		link->first = it->next;
		free(it);
	}
	for (int i = 0; i < 2; i++) {
		link->paths[i]->link = NULL;
		rtc_path_release(link->paths[i]);
	}
	pthread_mutex_destroy(&link->lock);
	pthread_cond_destroy(&link->wake);
	free(link);
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
	__atomic_fetch_add(&path->refs, 1, __ATOMIC_SEQ_CST);
	return path;
}

void rtc_path_release(rtc_path *path)
{
	if (__atomic_fetch_sub(&path->refs, 1, __ATOMIC_SEQ_CST) != 1)
		return;
	pthread_mutex_destroy(&path->lock);
	pthread_mutex_destroy(&path->transmitLock);
	pthread_cond_destroy(&path->idle);
	free(path);
}

void rtc_path_set_dtls(rtc_path *path, rtc_path_handler handler, void *context)
{
	pthread_mutex_lock(&path->lock);
	for (int i = 0; handler && i < path->earlyCount; i++)
		(*handler)(context, path->early[i].data, path->early[i].size);
	path->earlyCount = 0;
	path->dtls = handler;
	path->dtlsContext = context;
	while (!handler && path->dtlsRunning)
		pthread_cond_wait(&path->idle, &path->lock);
	pthread_mutex_unlock(&path->lock);
}

void rtc_path_set_srtp(rtc_path *path, rtc_path_srtp_handler handler, void *context)
{
	pthread_mutex_lock(&path->lock);
	path->srtp = handler;
	path->srtpContext = context;
	while (!handler && path->srtpRunning)
		pthread_cond_wait(&path->idle, &path->lock);
	pthread_mutex_unlock(&path->lock);
}

int rtc_path_send(rtc_path *path, const uint8_t *data, size_t size)
{
	sendFrom(path, data, size);
	return 0;
}

int rtc_path_has_way(rtc_path *path)
{
	return path != NULL;
}

rtc_transmit *rtc_path_begin(rtc_path *path)
{
	pthread_mutex_lock(&path->transmitLock);
	return &path->transmit;
}

uint8_t *rtc_transmit_buffer(rtc_transmit *transmit)
{
	return transmit->buffer;
}

void rtc_transmit_commit(rtc_transmit *transmit, size_t size)
{
	sendFrom(transmit->path, transmit->buffer, size);
}

uint32_t rtc_transmit_end(rtc_transmit *transmit)
{
	pthread_mutex_unlock(&transmit->path->transmitLock);
	return 0;
}
