// SPDX-License-Identifier: Apache-2.0
// Connections of ours to peers that wait for them (RFC 6544 section 4.5, active). A check that the control plane sends
// asks for one; nothing waits for it but that check.
#include "rtc_tcp_core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// Of each try: a host that drops what it does not want answers nothing. And of a connection for its first answer, which
// may wait for a description under way.
#ifndef RTC_TCP_CONNECTING           // tests have less
#define RTC_TCP_CONNECTING 10000000u // microseconds
#define RTC_TCP_ANSWERING 20000000u
#define RTC_TCP_PATIENCE 5000000u // of who has connected to us: a check comes at once from who has credentials
#endif

uint64_t rtc_tcp_patience(const rtc_tcp_connection *connection)
{
	if (!rtc_tcp_is_ours(connection->route.relay))
		return RTC_TCP_PATIENCE;
	if (!connection->stream)
		return RTC_TCP_CONNECTING;
	return connection->isKnown ? 0 : RTC_TCP_ANSWERING;
}

int rtc_tcp_want(rtc_tcp *tcp, const rtc_address *route, const uint8_t *frame, size_t size)
{
	rtc_tcp_wish *free = NULL;
	if (!tcp->connects)
		return ENOTCONN;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		if (tcp->connections[i].fd >= 0 && rtc_address_equal(&tcp->connections[i].route, route))
			return 0; // it is on its way, with a message that asks the same
	for (int i = 0; i < RTC_TCP_OUTGOING; i++) {
		if (!tcp->wishes[i].message)
			free = &tcp->wishes[i];
		else if (rtc_address_equal(&tcp->wishes[i].route, route))
			return 0;
	}
	if (!free)
		return ENOBUFS;
	free->message = rtc_calloc(1, sizeof *free->message + size);
	if (!free->message)
		return ENOMEM;
	free->route = *route;
	free->message->size = (uint16_t)size;
	memcpy(free->message->bytes, frame, size);
	return 0;
}

// A socket that is being connected, or -1.
static int begin(const rtc_tcp *tcp, const rtc_address *to)
{
	rtc_sockaddr name;
	int fd = socket(to->family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	int isOpen = 1;
	if (tcp->local.family) {
		socklen_t size = rtc_address_to_socket(&tcp->local, &name);
		isOpen = !bind(fd, &name.any, size);
	}
	socklen_t size = rtc_address_to_socket(to, &name);
	if (isOpen && (!connect(fd, &name.any, size) || errno == EINPROGRESS))
		return fd;
	close(fd);
	return -1;
}

static int countOurs(const rtc_tcp *tcp)
{
	int count = 0;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		count += tcp->connections[i].fd >= 0 && rtc_tcp_is_ours(tcp->connections[i].route.relay);
	return count;
}

static void beginOne(rtc_tcp *tcp, const rtc_tcp_wish *wish)
{
	rtc_tcp_connection made = {.route = wish->route, .first = wish->message, .since = rtc_now()};
	rtc_tcp_connection *place = countOurs(tcp) < RTC_TCP_OUTGOING ? rtc_tcp_room(tcp) : NULL;
	made.fd = place ? begin(tcp, &wish->route) : -1;
	if (made.fd < 0) {
		rtc_count(&tcp->failed, 1);
		rtc_free(wish->message);
		return;
	}
	rtc_count(&tcp->begun, 1);
	pthread_mutex_lock(&tcp->transport->lock);
	*place = made;
	pthread_mutex_unlock(&tcp->transport->lock);
}

void rtc_tcp_begin_wanted(rtc_tcp *tcp)
{
	rtc_tcp_wish wishes[RTC_TCP_OUTGOING];
	pthread_mutex_lock(&tcp->transport->lock);
	memcpy(wishes, tcp->wishes, sizeof wishes);
	memset(tcp->wishes, 0, sizeof tcp->wishes);
	pthread_mutex_unlock(&tcp->transport->lock);
	for (int i = 0; i < RTC_TCP_OUTGOING; i++)
		if (wishes[i].message)
			beginOne(tcp, &wishes[i]);
}

void rtc_tcp_ready(rtc_tcp *tcp, rtc_tcp_connection *it)
{
	rtc_transport *transport = tcp->transport;
	int failure = 0;
	socklen_t length = sizeof failure;
	if (getsockopt(it->fd, SOL_SOCKET, SO_ERROR, &failure, &length) || failure)
		return rtc_tcp_drop(tcp, it);
	rtc_framer *framer = rtc_calloc(1, sizeof *framer);
	rtc_stream *stream = framer ? rtc_stream_adopt(it->fd) : NULL;
	rtc_tcp_message *first = it->first;
	pthread_mutex_lock(&transport->lock);
	if (framer && !stream)
		it->fd = -1; // it is closed already
	it->framer = framer;
	it->stream = stream;
	it->since = rtc_now();
	if (stream) {
		framer->isPrefixed = 1;
		it->first = NULL;
		(void)rtc_tcp_is_repeated(it, first->bytes + RTC_FRAME_PREFIX, first->size - RTC_FRAME_PREFIX);
		(void)rtc_stream_put(stream, first->bytes, first->size, 0); // what is lost is sent again
		(void)rtc_stream_flush(stream);
	}
	pthread_mutex_unlock(&transport->lock);
	if (stream)
		rtc_free(first);
	else
		rtc_tcp_drop(tcp, it);
}
