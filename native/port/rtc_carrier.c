// SPDX-License-Identifier: Apache-2.0
#include "rtc_carrier.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>
#include "rtc_port.h"

#define PAUSE 10000 // microseconds, until what found no room is tried again

static const rtc_thread_options options = {.name = "rtc-carrier", .stack = 3072, .priority = 5};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards what follows
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static rtc_parcel *first, **end = &first;
static int started;

static rtc_parcel *next(void)
{
	pthread_mutex_lock(&lock);
	while (!first)
		pthread_cond_wait(&wake, &lock);
	rtc_parcel *parcel = first;
	first = parcel->next;
	if (!first)
		end = &first;
	pthread_mutex_unlock(&lock);
	return parcel;
}

static void *run(void *argument)
{
	(void)argument;
	for (;;) {
		rtc_parcel *parcel = next();
		while ((*parcel->deliver)(parcel))
			usleep(PAUSE);
	}
	return NULL;
}

int rtc_carrier_start(void)
{
	pthread_t thread;
	pthread_mutex_lock(&lock);
	int error = started ? 0 : rtc_thread_start(&thread, &options, run, NULL);
	if (!error && !started)
		pthread_detach(thread);
	started |= !error;
	pthread_mutex_unlock(&lock);
	return error;
}

void rtc_carrier_send(rtc_parcel *parcel)
{
	pthread_mutex_lock(&lock);
	parcel->next = NULL;
	*end = parcel;
	end = &parcel->next;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}
