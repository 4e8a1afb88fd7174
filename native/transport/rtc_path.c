// SPDX-License-Identifier: Apache-2.0
// A path's addresses and handlers.
#include "rtc_transport_core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

rtc_path *rtc_path_new(rtc_transport *transport)
{
	rtc_path *path = calloc(1, sizeof *path);
	if (!path)
		return NULL;
	pthread_mutexattr_t recursive;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&path->dispatch, &recursive);
	pthread_mutexattr_destroy(&recursive);
	atomic_init(&path->refs, 1);
	path->transport = transport;
	atomic_fetch_add_explicit(&transport->refs, 1, memory_order_relaxed);
	return path;
}

rtc_path *rtc_path_retain(rtc_path *path)
{
	atomic_fetch_add_explicit(&path->refs, 1, memory_order_relaxed);
	return path;
}

// Unless its last reference is gone already, and it is about to leave the table.
static rtc_path *retainLiving(rtc_path *path)
{
	unsigned refs = atomic_load_explicit(&path->refs, memory_order_relaxed);
	while (refs && !atomic_compare_exchange_weak_explicit(&path->refs, &refs, refs + 1, memory_order_relaxed,
														  memory_order_relaxed))
		;
	return refs ? path : NULL;
}

void rtc_path_release(rtc_path *path)
{
	if (!path || atomic_fetch_sub_explicit(&path->refs, 1, memory_order_acq_rel) != 1)
		return;
	rtc_path_close(path);
	pthread_mutex_destroy(&path->dispatch);
	rtc_transport_release(path->transport);
	free(path);
}

static void forget(rtc_transport *transport, rtc_path_entry *entry)
{
	rtc_path *path = entry->path;
	rtc_path_table_remove(&transport->table, entry);
	entry->path = NULL;
	if (rtc_address_equal(&path->selected, &entry->address))
		path->selected.family = 0;
}

static void forgetEarly(rtc_path *path)
{
	for (uint32_t i = 0; i < path->earlyCount; i++)
		free(path->early[i]);
	path->earlyCount = 0;
}

// With the transport's lock held.
static void forgetAll(rtc_path *path)
{
	for (int i = 0; i < RTC_PATH_ADDRESSES; i++)
		if (path->entries[i].path)
			forget(path->transport, &path->entries[i]);
}

void rtc_path_forget(rtc_path *path)
{
	pthread_mutex_lock(&path->transport->lock);
	forgetAll(path);
	pthread_mutex_unlock(&path->transport->lock);
}

void rtc_path_close(rtc_path *path)
{
	rtc_transport *transport = path->transport;
	pthread_mutex_lock(&transport->lock);
	path->closed = 1;
	forgetAll(path);
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_lock(&path->dispatch);
	path->dtls = NULL;
	path->srtp = NULL;
	path->earlyOver = 1;
	forgetEarly(path);
	pthread_mutex_unlock(&path->dispatch);
}

// A free entry of the path, or that of its oldest address, the selected one apart.
static rtc_path_entry *room(rtc_path *path)
{
	rtc_path_entry *oldest = NULL;
	for (int i = 0; i < RTC_PATH_ADDRESSES; i++) {
		rtc_path_entry *entry = &path->entries[i];
		if (!entry->path)
			return entry;
		if (rtc_address_equal(&entry->address, &path->selected))
			continue;
		if (!oldest || (int32_t)(entry->order - oldest->order) < 0)
			oldest = entry;
	}
	forget(path->transport, oldest);
	return oldest;
}

// With the transport's lock held.
static int isSelected(const rtc_path_entry *entry)
{
	return rtc_address_equal(&entry->path->selected, &entry->address);
}

// With the transport's lock held.
static int acceptAddress(rtc_path *path, const rtc_address *address, int confirmed)
{
	rtc_transport *transport = path->transport;
	if (!rtc_address_is_unicast(address))
		return EINVAL;
	if (path->closed)
		return ENOTCONN;
	rtc_path_entry *entry = rtc_path_table_find(&transport->table, address);
	if (entry && entry->path == path) {
		entry->order = transport->order++;
		return 0;
	}
	if (entry && (!confirmed || isSelected(entry)))
		return EADDRINUSE;
	if (entry)
		forget(transport, entry);
	entry = room(path);
	entry->address = *address;
	int error = rtc_path_table_insert(&transport->table, entry);
	if (!error) {
		entry->path = path;
		entry->order = transport->order++;
	}
	return error;
}

int rtc_path_accept(rtc_path *path, const rtc_address *address)
{
	pthread_mutex_lock(&path->transport->lock);
	int error = acceptAddress(path, address, 0);
	pthread_mutex_unlock(&path->transport->lock);
	return error;
}

int rtc_path_confirm(rtc_path *path, const rtc_address *address)
{
	pthread_mutex_lock(&path->transport->lock);
	int error = acceptAddress(path, address, 1);
	pthread_mutex_unlock(&path->transport->lock);
	return error;
}

int rtc_path_select(rtc_path *path, const rtc_address *address)
{
	pthread_mutex_lock(&path->transport->lock);
	int error = acceptAddress(path, address, 1);
	if (!error)
		path->selected = *address;
	pthread_mutex_unlock(&path->transport->lock);
	return error;
}

void rtc_path_set_dtls(rtc_path *path, rtc_path_handler handler, void *context)
{
	pthread_mutex_lock(&path->dispatch);
	path->dtls = handler;
	path->dtlsContext = context;
	if (handler)
		path->earlyOver = 1;
	// The handler may remove itself on the way.
	for (uint32_t i = 0; i < path->earlyCount && handler && path->dtls == handler; i++)
		handler(context, path->early[i]->data, path->early[i]->size);
	if (handler)
		forgetEarly(path);
	pthread_mutex_unlock(&path->dispatch);
}

void rtc_path_set_srtp(rtc_path *path, rtc_path_srtp_handler handler, void *context)
{
	pthread_mutex_lock(&path->dispatch);
	path->srtp = handler;
	path->srtpContext = context;
	pthread_mutex_unlock(&path->dispatch);
}

// RFC 7983 section 7: DTLS is 20 … 63, and what is not DTLS here is SRTP.
static int isDtls(const uint8_t *data)
{
	return data[0] < 64;
}

static void keepEarly(rtc_path *path, const uint8_t *data, size_t size)
{
	rtc_datagram *kept = NULL;
	if (!path->earlyOver && path->earlyCount < RTC_PATH_EARLY)
		kept = malloc(sizeof *kept + size);
	if (!kept) {
		rtc_count(&path->earlyDropped, 1);
		return;
	}
	kept->size = (uint16_t)size;
	memcpy(kept->data, data, size);
	path->early[path->earlyCount++] = kept;
}

static void handle(rtc_path *path, uint8_t *data, size_t size)
{
	pthread_mutex_lock(&path->dispatch);
	if (isDtls(data)) {
		if (path->dtls)
			path->dtls(path->dtlsContext, data, size);
		else
			keepEarly(path, data, size);
	} else if (path->srtp)
		path->srtp(path->srtpContext, data, size);
	else
		rtc_count(&path->earlyDropped, 1);
	pthread_mutex_unlock(&path->dispatch);
}

int rtc_path_dispatch(rtc_transport *transport, const rtc_address *from, uint8_t *data, size_t size)
{
	pthread_mutex_lock(&transport->lock);
	rtc_path_entry *entry = rtc_path_table_find(&transport->table, from);
	rtc_path *path = entry ? retainLiving(entry->path) : NULL;
	pthread_mutex_unlock(&transport->lock);
	if (!path)
		return 0;
	rtc_count(&path->packetsReceived, 1);
	rtc_count(&path->bytesReceived, size);
	handle(path, data, size);
	rtc_path_release(path);
	return 1;
}

int rtc_path_is_known(rtc_transport *transport, const rtc_address *address)
{
	pthread_mutex_lock(&transport->lock);
	int known = rtc_path_table_find(&transport->table, address) != NULL;
	pthread_mutex_unlock(&transport->lock);
	return known;
}

void rtc_path_get_statistics(rtc_path *path, rtc_path_statistics *statistics)
{
	statistics->packetsReceived = rtc_counted(&path->packetsReceived);
	statistics->bytesReceived = rtc_counted(&path->bytesReceived);
	statistics->packetsSent = rtc_counted(&path->packetsSent);
	statistics->bytesSent = rtc_counted(&path->bytesSent);
	statistics->earlyDropped = rtc_counted(&path->earlyDropped);
}
