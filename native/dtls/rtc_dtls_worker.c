// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "rtc_dtls_worker.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#include "rtc_port.h"

// A handshake takes 3 KB on a 32-bit chip with Mbed TLS 2.28 and 3.6 (test/chip); the rest is for 4.x, which goes
// through PSA, and for a chip's accelerators.
static const rtc_thread_options threadOptions = {.name = "rtc-dtls", .stack = 12 * 1024, .priority = 5};

// Without clock selection, pthread_cond_timedwait() takes wall-clock time. A clock that is set meanwhile makes the wait
// end early, or a retransmission come late, once.
#if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
#define WAIT_CLOCK CLOCK_MONOTONIC
#else
#define WAIT_CLOCK CLOCK_REALTIME
#endif

static pthread_mutex_t lifetime = PTHREAD_MUTEX_INITIALIZER; // of the thread; taken before `lock`
static unsigned count;                                       // of tasks, guarded by `lifetime`
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;     // guards what follows
static pthread_cond_t wake, idle;
static pthread_t thread;
static rtc_dtls_task *tasks;
static int stopping;

static int initConditions(void)
{
	pthread_condattr_t *attributes = NULL;
#if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
	pthread_condattr_t monotonic;
	int failed = pthread_condattr_init(&monotonic);
	if (failed)
		return failed;
	pthread_condattr_setclock(&monotonic, WAIT_CLOCK);
	attributes = &monotonic;
#endif
	int error = pthread_cond_init(&wake, attributes);
	if (attributes)
		pthread_condattr_destroy(attributes);
	if (error)
		return error;
	error = pthread_cond_init(&idle, NULL);
	if (error)
		pthread_cond_destroy(&wake);
	return error;
}

static void waitUntil(uint64_t time, uint64_t now)
{
	if (time == UINT64_MAX) {
		pthread_cond_wait(&wake, &lock);
		return;
	}
	struct timespec until;
	clock_gettime(WAIT_CLOCK, &until);
	uint64_t nanoseconds = (uint64_t)until.tv_nsec + (time - now) * 1000;
	until.tv_sec += (time_t)(nanoseconds / 1000000000);
	until.tv_nsec = (long)(nanoseconds % 1000000000);
	pthread_cond_timedwait(&wake, &lock, &until);
}

// The next task that has something to do; it goes to the end of the list, so that each has its turn. Otherwise NULL,
// and when the next one will have.
static rtc_dtls_task *choose(uint64_t now, uint64_t *earliest)
{
	*earliest = UINT64_MAX;
	for (rtc_dtls_task **place = &tasks; *place; place = &(*place)->next) {
		rtc_dtls_task *task = *place;
		if (!task->ready && task->time > now) {
			if (task->time < *earliest)
				*earliest = task->time;
			continue;
		}
		*place = task->next;
		task->next = NULL;
		rtc_dtls_task **end = &tasks;
		while (*end)
			end = &(*end)->next;
		*end = task;
		return task;
	}
	return NULL;
}

static void *work(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		uint64_t now = rtc_now(), earliest;
		rtc_dtls_task *task = choose(now, &earliest);
		if (!task) {
			waitUntil(earliest, now);
			continue;
		}
		task->ready = 0;
		task->running = 1;
		pthread_mutex_unlock(&lock);
		uint64_t time = (*task->run)(task);
		pthread_mutex_lock(&lock);
		task->time = time;
		task->running = 0;
		pthread_cond_broadcast(&idle);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static int start(void)
{
	int error = initConditions();
	if (error)
		return error;
	stopping = 0;
	error = rtc_thread_start(&thread, &threadOptions, work, NULL);
	if (error) {
		pthread_cond_destroy(&wake);
		pthread_cond_destroy(&idle);
	}
	return error;
}

int rtc_dtls_worker_add(rtc_dtls_task *task)
{
	int error = 0;
	task->time = UINT64_MAX;
	task->ready = task->running = 0;
	pthread_mutex_lock(&lifetime);
	if (!count)
		error = start();
	if (!error) {
		count++;
		pthread_mutex_lock(&lock);
		task->next = tasks;
		tasks = task;
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_unlock(&lifetime);
	return error;
}

void rtc_dtls_worker_wake(rtc_dtls_task *task)
{
	pthread_mutex_lock(&lock);
	task->ready = 1;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

void rtc_dtls_worker_remove(rtc_dtls_task *task)
{
	pthread_mutex_lock(&lifetime);
	pthread_mutex_lock(&lock);
	for (rtc_dtls_task **place = &tasks; *place; place = &(*place)->next) {
		if (*place == task) {
			*place = task->next;
			break;
		}
	}
	while (task->running)
		pthread_cond_wait(&idle, &lock);
	int last = --count == 0;
	if (last) {
		stopping = 1;
		pthread_cond_signal(&wake);
	}
	pthread_mutex_unlock(&lock);
	if (last) {
		pthread_join(thread, NULL);
		pthread_cond_destroy(&wake);
		pthread_cond_destroy(&idle);
	}
	pthread_mutex_unlock(&lifetime);
}
