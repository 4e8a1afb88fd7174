// SPDX-License-Identifier: Apache-2.0
// What runs on the network thread between datagrams: a segment's timers, and what others have given it to do.
#include "rtc_transport_core.h"

#include <limits.h>
#include <stdlib.h>

int rtc_tasks_init(rtc_tasks *tasks)
{
	int error = pthread_mutex_init(&tasks->lock, NULL);
	if (error)
		return error;
	error = pthread_cond_init(&tasks->idle, NULL);
	if (error)
		pthread_mutex_destroy(&tasks->lock);
	return error;
}

void rtc_tasks_destroy(rtc_tasks *tasks)
{
	pthread_cond_destroy(&tasks->idle);
	pthread_mutex_destroy(&tasks->lock);
}

// With the lock. The next one that is due goes to the end of the list, so that each has its turn.
static rtc_task *choose(rtc_tasks *tasks, uint64_t now, uint64_t round)
{
	for (rtc_task **place = &tasks->first; *place; place = &(*place)->next) {
		rtc_task *task = *place;
		if (task->round == round || (!task->ready && task->time > now))
			continue;
		*place = task->next;
		task->next = NULL;
		rtc_task **end = &tasks->first;
		while (*end)
			end = &(*end)->next;
		*end = task;
		task->round = round;
		return task;
	}
	return NULL;
}

void rtc_tasks_run(rtc_tasks *tasks, uint64_t now)
{
	rtc_task *task;
	pthread_mutex_lock(&tasks->lock);
	tasks->round++; // each once: then datagrams have their turn
	while ((task = choose(tasks, now, tasks->round))) {
		task->ready = 0;
		task->running = 1;
		pthread_mutex_unlock(&tasks->lock);
		uint64_t time = (*task->run)(task);
		pthread_mutex_lock(&tasks->lock);
		task->time = time;
		task->running = 0;
		pthread_cond_broadcast(&tasks->idle);
	}
	pthread_mutex_unlock(&tasks->lock);
}

int rtc_tasks_timeout(rtc_tasks *tasks, uint64_t now)
{
	uint64_t earliest = UINT64_MAX;
	pthread_mutex_lock(&tasks->lock);
	tasks->waiting = 1;
	for (rtc_task *task = tasks->first; task; task = task->next) {
		uint64_t time = task->ready ? now : task->time;
		if (time < earliest)
			earliest = time;
	}
	pthread_mutex_unlock(&tasks->lock);
	if (earliest == UINT64_MAX)
		return -1;
	if (earliest <= now)
		return 0;
	uint64_t milliseconds = (earliest - now + 999) / 1000;
	return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

void rtc_tasks_awake(rtc_tasks *tasks)
{
	pthread_mutex_lock(&tasks->lock);
	tasks->waiting = 0;
	pthread_mutex_unlock(&tasks->lock);
}

void rtc_tasks_add(rtc_tasks *tasks, rtc_task *task)
{
	pthread_mutex_lock(&tasks->lock);
	task->time = UINT64_MAX;
	task->ready = task->running = 0;
	task->round = tasks->round;
	task->next = tasks->first;
	tasks->first = task;
	pthread_mutex_unlock(&tasks->lock);
}

void rtc_tasks_wake(rtc_transport *transport, rtc_task *task)
{
	pthread_mutex_lock(&transport->tasks.lock);
	int wasReady = task->ready;
	task->ready = 1;
	// Awake, the thread looks before it waits again. (Not pthread_self(): of a task that is no thread, such as
	// JavaScript's, ESP-IDF's ends the program.) The descriptor is gone when the transport is closed.
	if (!wasReady && transport->tasks.waiting && !atomic_load(&transport->closing))
		rtc_wake_signal(&transport->wake);
	pthread_mutex_unlock(&transport->tasks.lock);
}

void rtc_tasks_remove(rtc_tasks *tasks, rtc_task *task)
{
	pthread_mutex_lock(&tasks->lock);
	for (rtc_task **place = &tasks->first; *place; place = &(*place)->next) {
		if (*place == task) {
			*place = task->next;
			break;
		}
	}
	while (task->running)
		pthread_cond_wait(&tasks->idle, &tasks->lock);
	pthread_mutex_unlock(&tasks->lock);
}

void rtc_path_add_task(rtc_path *path, rtc_task *task)
{
	rtc_tasks_add(&path->transport->tasks, task);
}

void rtc_path_wake_task(rtc_path *path, rtc_task *task)
{
	rtc_tasks_wake(path->transport, task);
}

void rtc_path_remove_task(rtc_path *path, rtc_task *task)
{
	rtc_tasks_remove(&path->transport->tasks, task);
}
