// SPDX-License-Identifier: Apache-2.0
// A transport's life, and its STUN.
#include "rtc_relay_core.h"

#include <errno.h>
#include <stdlib.h>

#define THREAD_STACK 20480 // SRTP, SCTP and what follows them run here
#define THREAD_PRIORITY 10 // above JavaScript's 4, below lwIP's 18

static void destroy(rtc_transport *transport)
{
	rtc_sockets_close(&transport->sockets);
	rtc_path_table_free(&transport->table);
	rtc_free(transport->filter);
	rtc_free(transport->received);
	rtc_tasks_destroy(&transport->tasks);
	pthread_mutex_destroy(&transport->lock);
	pthread_mutex_destroy(&transport->stunLock);
	pthread_mutex_destroy(&transport->relayLock);
	free(transport);
}

void rtc_transport_release(rtc_transport *transport)
{
	if (atomic_fetch_sub_explicit(&transport->refs, 1, memory_order_acq_rel) != 1)
		return;
	rtc_transmit_destroy(&transport->transmit);
	destroy(transport);
}

// Memory that a single port of the process has once: some 110 KB on Linux, 24 KB without batches.
static int allocate(rtc_transport *transport)
{
	transport->received = rtc_calloc(RTC_RECEIVE_BATCH, RTC_RECEIVE_ROOM);
	transport->filter = rtc_calloc(1, sizeof *transport->filter);
	if (!transport->received || !transport->filter)
		return ENOMEM;
	if (rtc_random(&transport->table.seed, sizeof transport->table.seed))
		return EIO;
	return rtc_transmit_init(&transport->transmit, transport);
}

static int start(rtc_transport *transport)
{
	static const rtc_thread_options thread = {"rtc network", THREAD_STACK, THREAD_PRIORITY};
	int error = rtc_wake_open(&transport->wake);
	if (error)
		return error;
	error = rtc_receive_check(transport); // ESP-IDF cannot without CONFIG_VFS_SUPPORT_SELECT
	if (!error)
		error = rtc_thread_start(&transport->thread, &thread, rtc_receive_run, transport);
	if (error)
		rtc_wake_close(&transport->wake);
	return error;
}

static int openParts(rtc_transport *transport, const rtc_transport_options *options)
{
	rtc_address address;
	if (options->address && rtc_address_parse(&address, options->address, 0))
		return EINVAL;
	int error = rtc_sockets_open(&transport->sockets, options->address ? &address : NULL, options->port);
	if (error)
		return error;
	error = allocate(transport);
	if (error)
		return error;
	if (options->hasTcp || options->connectsTcp)
		error = rtc_tcp_open(transport, options->address ? &address : NULL, options);
	if (!error)
		error = start(transport);
	if (error) {
		rtc_tcp_close(transport);
		rtc_transmit_destroy(&transport->transmit);
	}
	return error;
}

rtc_transport *rtc_transport_open(const rtc_transport_options *options, int *error)
{
	rtc_transport *transport = calloc(1, sizeof *transport);
	if (!transport) {
		*error = ENOMEM;
		return NULL;
	}
	atomic_init(&transport->refs, 1);
	transport->sockets.fd[0] = transport->sockets.fd[1] = -1;
	transport->onStun = options->onStun;
	transport->context = options->context;
	pthread_mutex_init(&transport->lock, NULL);
	pthread_mutex_init(&transport->stunLock, NULL);
	pthread_mutex_init(&transport->relayLock, NULL);
	*error = rtc_tasks_init(&transport->tasks);
	if (*error) {
		free(transport);
		return NULL;
	}
	*error = openParts(transport, options);
	if (*error) {
		destroy(transport);
		return NULL;
	}
	return transport;
}

void rtc_transport_close(rtc_transport *transport)
{
	pthread_mutex_lock(&transport->tasks.lock); // who wakes a task may be about to use the descriptor
	atomic_store(&transport->closing, 1);
	pthread_mutex_unlock(&transport->tasks.lock);
	rtc_wake_signal(&transport->wake);
	pthread_join(transport->thread, NULL);
	rtc_wake_close(&transport->wake);
	rtc_tcp_close(transport);
	pthread_mutex_lock(&transport->transmit.lock); // a path may be sending
	rtc_sockets_close(&transport->sockets);
	pthread_mutex_unlock(&transport->transmit.lock);
	rtc_transport_release(transport);
}

uint16_t rtc_transport_port(rtc_transport *transport)
{
	return transport->sockets.port;
}

int rtc_transport_has_family(rtc_transport *transport, int family)
{
	return (family == 4 || family == 6) && transport->sockets.fd[RTC_FAMILY_INDEX(family)] >= 0;
}

void rtc_transport_get_statistics(rtc_transport *transport, rtc_transport_statistics *statistics)
{
	statistics->packetsReceived = rtc_counted(&transport->packetsReceived);
	statistics->bytesReceived = rtc_counted(&transport->bytesReceived);
	statistics->packetsSent = rtc_counted(&transport->packetsSent);
	statistics->bytesSent = rtc_counted(&transport->bytesSent);
	statistics->sendErrors = rtc_counted(&transport->sendErrors);
	statistics->badSource = rtc_counted(&transport->badSource);
	statistics->unknownSource = rtc_counted(&transport->unknownSource);
	statistics->malformed = rtc_counted(&transport->malformed);
	statistics->stunUnknown = rtc_counted(&transport->stunUnknown);
	statistics->stunDropped = rtc_counted(&transport->stunDropped);
}

int rtc_transport_failure(rtc_transport *transport)
{
	return atomic_load(&transport->failure);
}

int rtc_transport_add_ufrag(rtc_transport *transport, const char *ufrag, uint16_t owner)
{
	pthread_mutex_lock(&transport->stunLock);
	int error = rtc_stun_filter_add(transport->filter, ufrag, owner, rtc_now());
	pthread_mutex_unlock(&transport->stunLock);
	return error;
}

void rtc_transport_remove_ufrag(rtc_transport *transport, const char *ufrag)
{
	pthread_mutex_lock(&transport->stunLock);
	rtc_stun_filter_remove(transport->filter, ufrag);
	pthread_mutex_unlock(&transport->stunLock);
}

int rtc_transport_read_stun(rtc_transport *transport, uint8_t *buffer, size_t size, rtc_stun_origin *origin)
{
	pthread_mutex_lock(&transport->stunLock);
	int length = rtc_stun_queue_pop(transport->filter, buffer, size, origin);
	pthread_mutex_unlock(&transport->stunLock);
	return length;
}

void rtc_transport_expect(rtc_transport *transport, uint16_t owner, const uint8_t *data, size_t size)
{
	pthread_mutex_lock(&transport->stunLock);
	rtc_stun_filter_sent(transport->filter, data, size, owner, rtc_now());
	pthread_mutex_unlock(&transport->stunLock);
}

int rtc_transport_send_stun(rtc_transport *transport, const rtc_address *to, uint16_t owner, const uint8_t *data,
							size_t size)
{
	rtc_sockaddr name;
	int error = 0;
	if (!rtc_address_is_unicast(to))
		error = EADDRNOTAVAIL;
	else if (to->relay < RTC_RELAY_FIRST && !rtc_transport_has_family(transport, to->family))
		error = EAFNOSUPPORT;
	if (error) {
		rtc_count(&transport->sendErrors, 1);
		return error;
	}
	rtc_transport_expect(transport, owner, data, size);
	if (rtc_tcp_is_route(to->relay)) {
		error = rtc_tcp_send(transport, to, data, size);
		goto sent;
	}
	if (to->relay)
		return rtc_relay_send(transport, to, data, size);
	int fd = transport->sockets.fd[RTC_FAMILY_INDEX(to->family)];
	socklen_t nameSize = rtc_address_to_socket(to, &name);
	while (sendto(fd, data, size, 0, &name.any, nameSize) < 0 && (error = errno) == EINTR)
		error = 0;
sent:
	if (error)
		rtc_count(&transport->sendErrors, 1);
	else {
		rtc_count(&transport->packetsSent, 1);
		rtc_count(&transport->bytesSent, size);
	}
	return error;
}
