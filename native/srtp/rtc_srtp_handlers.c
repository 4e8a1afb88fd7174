// SPDX-License-Identifier: Apache-2.0
#include "rtc_srtp_handlers.h"

#include <errno.h>
#include <string.h>

int rtc_srtp_handlers_init(rtc_srtp_handlers *handlers)
{
	memset(handlers, 0, sizeof *handlers);
	int error = pthread_mutex_init(&handlers->lock, NULL);
	if (error)
		return error;
	error = pthread_cond_init(&handlers->idle, NULL);
	if (error)
		pthread_mutex_destroy(&handlers->lock);
	return error;
}

void rtc_srtp_handlers_destroy(rtc_srtp_handlers *handlers)
{
	pthread_cond_destroy(&handlers->idle);
	pthread_mutex_destroy(&handlers->lock);
}

int rtc_srtp_handlers_add(rtc_srtp_handlers *handlers, const rtc_srtp_entry *entry)
{
	int error = ENOSPC;
	pthread_mutex_lock(&handlers->lock);
	for (int i = 0; i < RTC_SRTP_HANDLERS && error; i++) {
		rtc_srtp_entry *slot = &handlers->entries[i];
		if (slot->used || slot->running)
			continue;
		*slot = *entry;
		slot->used = 1;
		slot->running = 0;
		error = 0;
	}
	pthread_mutex_unlock(&handlers->lock);
	return error;
}

void rtc_srtp_handlers_remove(rtc_srtp_handlers *handlers, void *context, int all)
{
	pthread_mutex_lock(&handlers->lock);
	for (int i = 0; i < RTC_SRTP_HANDLERS; i++) {
		rtc_srtp_entry *slot = &handlers->entries[i];
		if (!slot->used || (!all && slot->context != context))
			continue;
		slot->used = 0; // no new call begins
		while (slot->running)
			pthread_cond_wait(&handlers->idle, &handlers->lock);
	}
	pthread_mutex_unlock(&handlers->lock);
}

// Calls one function of each entry. The lock is not held during the calls: a handler may send, or take locks of its
// own.
static void dispatch(rtc_srtp_handlers *handlers, void (*call)(const rtc_srtp_entry *, const void *),
					 const void *argument)
{
	pthread_mutex_lock(&handlers->lock);
	for (int i = 0; i < RTC_SRTP_HANDLERS; i++) {
		rtc_srtp_entry *slot = &handlers->entries[i];
		if (!slot->used)
			continue;
		rtc_srtp_entry entry = *slot;
		slot->running++;
		pthread_mutex_unlock(&handlers->lock);
		(*call)(&entry, argument);
		pthread_mutex_lock(&handlers->lock);
		if (--slot->running == 0 && !slot->used)
			pthread_cond_broadcast(&handlers->idle);
	}
	pthread_mutex_unlock(&handlers->lock);
}

typedef struct {
	const uint8_t *packet;
	size_t size;
	int isRtcp;
} delivery;

static void deliver(const rtc_srtp_entry *entry, const void *argument)
{
	const delivery *it = argument;
	rtc_srtp_handler handler = it->isRtcp ? entry->rtcp : entry->rtp;
	if (handler)
		(*handler)(entry->context, it->packet, it->size);
}

void rtc_srtp_handlers_packet(rtc_srtp_handlers *handlers, const uint8_t *packet, size_t size, int isRtcp)
{
	delivery it = {packet, size, isRtcp};
	dispatch(handlers, deliver, &it);
}

static void announce(const rtc_srtp_entry *entry, const void *argument)
{
	(void)argument;
	if (entry->ready)
		(*entry->ready)(entry->context);
}

void rtc_srtp_handlers_ready(rtc_srtp_handlers *handlers)
{
	dispatch(handlers, announce, NULL);
}
