// SPDX-License-Identifier: Apache-2.0
#include "rtc_relay_core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/poll.h>
#include <unistd.h>

#define BACKLOG 4
#define ACCEPTED 4 // at once, before others have their turn
// What a stranger may have: a check comes at once from who has credentials.
#ifndef RTC_TCP_PATIENCE          // tests have less
#define RTC_TCP_PATIENCE 5000000u // microseconds
#endif
#define TRUST 8192u    // bytes
#define SWEEP 1000000u // microseconds between two looks at who has gone

typedef struct {
	int fd; // by which the thread that polls knows it; -1: the place is free
	rtc_address route;
	rtc_stream *stream;
	uint64_t since;
	size_t received; // bytes, while it was no peer's
	int isKnown;     // it was a peer's when last looked at
	rtc_framer *framer;
} connection;

struct rtc_tcp {
	rtc_sockets listeners;
	rtc_transport *transport;
	rtc_task sweep;
	connection connections[RTC_TCP_CONNECTIONS]; // guarded by the transport's `lock`
	uint64_t deafUntil; // the network thread's: a queue that cannot be emptied would keep it awake
	rtc_counter accepted, refused, malformed;
};

static int listenOn(int *fd, const rtc_address *address, uint16_t *port)
{
	rtc_address bound = *address;
	rtc_sockaddr name;
	int on = 1;
	bound.port = *port;
	socklen_t size = rtc_address_to_socket(&bound, &name);
	*fd = socket(name.any.sa_family, SOCK_STREAM, 0);
	if (*fd < 0)
		return errno;
	fcntl(*fd, F_SETFD, FD_CLOEXEC);
	fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (address->family == 6)
		setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (!bind(*fd, &name.any, size) && !listen(*fd, BACKLOG) && !getsockname(*fd, &name.any, &size)) {
		rtc_address_from_socket(&bound, &name);
		*port = bound.port;
		return 0;
	}
	int error = errno;
	close(*fd);
	*fd = -1;
	return error;
}

// In the families that the transport has, on one port.
static int listenOnAll(rtc_tcp *tcp, const rtc_address *address, uint16_t port)
{
	const rtc_sockets *sockets = &tcp->transport->sockets;
	for (int i = 0; i < 2; i++) {
		rtc_address all = {.family = i ? 6 : 4};
		if (sockets->fd[i] < 0)
			continue;
		int error = listenOn(&tcp->listeners.fd[i], address ? address : &all, &port);
		if (error) {
			rtc_sockets_close(&tcp->listeners);
			return error;
		}
	}
	tcp->listeners.port = port;
	return 0;
}

static uint64_t sweep(rtc_task *task);

int rtc_tcp_open(rtc_transport *transport, const rtc_address *address, uint16_t port)
{
	rtc_tcp *tcp = rtc_calloc(1, sizeof *tcp);
	if (!tcp)
		return ENOMEM;
	tcp->transport = transport;
	tcp->listeners.fd[0] = tcp->listeners.fd[1] = -1;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		tcp->connections[i].fd = -1;
	int error = listenOnAll(tcp, address, port ? port : transport->sockets.port);
	for (int i = 0; error == EADDRINUSE && !port && i < 8; i++) // what one family chooses may be taken in the other
		error = listenOnAll(tcp, address, 0);
	if (error) {
		rtc_free(tcp);
		return error;
	}
	tcp->sweep.run = sweep;
	rtc_tasks_add(&transport->tasks, &tcp->sweep);
	transport->tcp = tcp;
	return 0;
}

// The place is free; `gone` is what it held.
static connection leave(connection *it)
{
	connection gone = *it;
	*it = (connection){.fd = -1};
	return gone;
}

static void end(const connection *gone)
{
	if (gone->stream)
		rtc_stream_close(gone->stream);
	rtc_free(gone->framer);
}

void rtc_tcp_close(rtc_transport *transport)
{
	rtc_tcp *tcp = transport->tcp;
	if (!tcp)
		return;
	rtc_tasks_remove(&transport->tasks, &tcp->sweep);
	connection gone[RTC_TCP_CONNECTIONS];
	pthread_mutex_lock(&transport->transmit.lock); // a path may be sending
	pthread_mutex_lock(&transport->lock);
	transport->tcp = NULL;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		gone[i] = leave(&tcp->connections[i]);
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_unlock(&transport->transmit.lock);
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		end(&gone[i]);
	rtc_sockets_close(&tcp->listeners);
	rtc_free(tcp);
}

uint16_t rtc_tcp_port(const rtc_transport *transport)
{
	return transport->tcp ? transport->tcp->listeners.port : 0;
}

void rtc_tcp_get_statistics(const rtc_transport *transport, rtc_tcp_statistics *statistics)
{
	const rtc_tcp *tcp = transport->tcp;
	*statistics = (rtc_tcp_statistics){0};
	if (!tcp)
		return;
	statistics->accepted = rtc_counted(&tcp->accepted);
	statistics->refused = rtc_counted(&tcp->refused);
	statistics->malformed = rtc_counted(&tcp->malformed);
}

rtc_stream *rtc_tcp_find(rtc_transport *transport, const rtc_address *route)
{
	rtc_tcp *tcp = rtc_tcp_is_route(route->relay) ? transport->tcp : NULL;
	for (int i = 0; tcp && i < RTC_TCP_CONNECTIONS; i++)
		if (tcp->connections[i].stream && rtc_address_equal(&tcp->connections[i].route, route))
			return tcp->connections[i].stream;
	return NULL;
}

int rtc_tcp_send(rtc_transport *transport, const rtc_address *to, const uint8_t *data, size_t size)
{
	uint8_t frame[RTC_FRAME_PREFIX + RTC_STUN_SIZE];
	if (size > RTC_STUN_SIZE)
		return EMSGSIZE;
	frame[0] = (uint8_t)(size >> 8);
	frame[1] = (uint8_t)size;
	memcpy(frame + RTC_FRAME_PREFIX, data, size);
	size += RTC_FRAME_PREFIX;
	pthread_mutex_lock(&transport->lock);
	rtc_stream *stream = rtc_tcp_find(transport, to);
	int error = stream ? rtc_stream_put(stream, frame, size, 0) : ENOTCONN;
	int isLeft = !error && rtc_stream_flush(stream);
	pthread_mutex_unlock(&transport->lock);
	if (isLeft)
		rtc_wake_signal(&transport->wake); // it waits for room from now on
	return error;
}

// Ends a connection, from the network thread, which alone does but for rtc_tcp_close().
static void drop(rtc_tcp *tcp, connection *it)
{
	rtc_transport *transport = tcp->transport;
	pthread_mutex_lock(&transport->transmit.lock); // a path may be sending
	pthread_mutex_lock(&transport->lock);
	connection gone = leave(it);
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_unlock(&transport->transmit.lock);
	if (!gone.isKnown)
		rtc_count(&tcp->refused, 1);
	end(&gone);
}

// The connections that are no peer's, or not any more.
static uint64_t sweep(rtc_task *task)
{
	rtc_tcp *tcp = (rtc_tcp *)((uint8_t *)task - offsetof(rtc_tcp, sweep));
	uint64_t now = rtc_now();
	int isEmpty = now >= tcp->deafUntil;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		connection *it = &tcp->connections[i];
		if (it->fd < 0)
			continue;
		if (rtc_path_is_known(tcp->transport, &it->route))
			it->isKnown = 1;
		else if (now - it->since > RTC_TCP_PATIENCE) {
			drop(tcp, it);
			continue;
		}
		isEmpty = 0;
	}
	return isEmpty ? UINT64_MAX : now + SWEEP;
}

// A free place, or that of the oldest who has shown nothing yet.
static connection *room(rtc_tcp *tcp)
{
	connection *oldest = NULL;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		connection *it = &tcp->connections[i];
		if (it->fd < 0)
			return it;
		if (!it->isKnown && rtc_path_is_known(tcp->transport, &it->route))
			it->isKnown = 1;
		if (!it->isKnown && (!oldest || it->since < oldest->since))
			oldest = it;
	}
	if (oldest)
		drop(tcp, oldest);
	return oldest;
}

static void take(rtc_tcp *tcp, int fd, const rtc_sockaddr *name)
{
	connection made = {.fd = fd, .since = rtc_now()};
	connection *place = room(tcp);
	rtc_address_from_socket(&made.route, name);
	made.route.relay = (uint16_t)(RTC_TCP_ROUTE + RTC_FAMILY_INDEX(made.route.family));
	if (!place || !rtc_address_is_unicast(&made.route)) {
		rtc_count(&tcp->refused, 1);
		close(fd);
		return;
	}
	made.stream = rtc_stream_adopt(fd); // it is its own from here on
	made.framer = made.stream ? rtc_calloc(1, sizeof *made.framer) : NULL;
	if (!made.framer) {
		rtc_count(&tcp->refused, 1);
		end(&made);
		return;
	}
	made.framer->isPrefixed = 1;
	rtc_count(&tcp->accepted, 1);
	pthread_mutex_lock(&tcp->transport->lock);
	*place = made;
	pthread_mutex_unlock(&tcp->transport->lock);
}

static void acceptSome(rtc_tcp *tcp, int listener)
{
	for (int i = 0; i < ACCEPTED; i++) {
		rtc_sockaddr name;
		socklen_t size = sizeof name;
		int fd = accept(listener, &name.any, &size);
		if (fd < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED && errno != EINTR)
				tcp->deafUntil = rtc_now() + SWEEP; // no descriptor, or no memory
			break;
		}
		take(tcp, fd, &name);
	}
	rtc_tasks_wake(tcp->transport, &tcp->sweep);
}

size_t rtc_tcp_poll(rtc_transport *transport, struct pollfd *polled)
{
	rtc_tcp *tcp = transport->tcp;
	size_t count = 0;
	if (!tcp)
		return 0;
	for (int i = 0; i < 2 && rtc_now() >= tcp->deafUntil; i++)
		if (tcp->listeners.fd[i] >= 0)
			polled[count++] = (struct pollfd){.fd = tcp->listeners.fd[i], .events = POLLIN};
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		if (tcp->connections[i].fd >= 0)
			polled[count++] =
				(struct pollfd){.fd = tcp->connections[i].fd, .events = rtc_stream_events(tcp->connections[i].stream)};
	return count;
}

typedef struct {
	rtc_tcp *tcp;
	connection *from;
} arrival;

static int takeFrame(void *context, uint8_t *frame, size_t size)
{
	const arrival *it = context;
	if (!it->from->isKnown)
		it->from->received += RTC_FRAME_PREFIX + size;
	if (!frame) {
		rtc_count(&it->tcp->malformed, 1);
		it->from->received += TRUST;
		return 0;
	}
	rtc_count(&it->tcp->transport->packetsReceived, 1);
	rtc_count(&it->tcp->transport->bytesReceived, size);
	return rtc_receive_datagram(it->tcp->transport, &it->from->route, frame, size);
}

static int drain(rtc_tcp *tcp, connection *it)
{
	arrival from = {tcp, it};
	const char *ended;
	int news = rtc_stream_take(it->stream, it->framer, takeFrame, &from, &ended);
	if (!it->isKnown && rtc_path_is_known(tcp->transport, &it->route))
		it->isKnown = 1;
	if (ended || (!it->isKnown && it->received > TRUST))
		drop(tcp, it);
	return news;
}

int rtc_tcp_polled(rtc_transport *transport, const struct pollfd *polled, size_t count)
{
	rtc_tcp *tcp = transport->tcp;
	int news = 0;
	for (size_t p = 0; p < count; p++) {
		if (!polled[p].revents)
			continue;
		for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
			if (tcp->connections[i].fd == polled[p].fd)
				news |= drain(tcp, &tcp->connections[i]);
		for (int i = 0; i < 2; i++)
			if (tcp->listeners.fd[i] == polled[p].fd)
				acceptSome(tcp, polled[p].fd);
	}
	return news;
}
