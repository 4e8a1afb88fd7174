// SPDX-License-Identifier: Apache-2.0
// Peers that connect to us, and what all connections share.
#include "rtc_tcp_core.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/poll.h>
#include <unistd.h>

#define BACKLOG 4
#define ACCEPTED 4  // at once, before others have their turn
#define TRUST 8192u // bytes that a stranger may send

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

static int listenAt(rtc_tcp *tcp, const rtc_address *address, uint16_t port)
{
	int error = listenOnAll(tcp, address, port ? port : tcp->transport->sockets.port);
	for (int i = 0; error == EADDRINUSE && !port && i < 8; i++) // what one family chooses may be taken in the other
		error = listenOnAll(tcp, address, 0);
	return error;
}

static uint64_t sweep(rtc_task *task);

int rtc_tcp_open(rtc_transport *transport, const rtc_address *address, const rtc_transport_options *options)
{
	rtc_tcp *tcp = rtc_calloc(1, sizeof *tcp);
	if (!tcp)
		return ENOMEM;
	tcp->transport = transport;
	tcp->listeners.fd[0] = tcp->listeners.fd[1] = -1;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		tcp->connections[i].fd = -1;
	tcp->connects = options->connectsTcp;
	if (address)
		tcp->local = *address;
	int error = options->hasTcp ? listenAt(tcp, address, options->tcpPort) : 0;
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
static rtc_tcp_connection leave(rtc_tcp_connection *it)
{
	rtc_tcp_connection gone = *it;
	*it = (rtc_tcp_connection){.fd = -1};
	return gone;
}

static void end(const rtc_tcp_connection *gone)
{
	if (gone->stream)
		rtc_stream_close(gone->stream);
	else if (gone->fd >= 0)
		close(gone->fd);
	rtc_free(gone->framer);
	rtc_free(gone->first);
}

void rtc_tcp_close(rtc_transport *transport)
{
	rtc_tcp *tcp = transport->tcp;
	if (!tcp)
		return;
	rtc_tasks_remove(&transport->tasks, &tcp->sweep);
	rtc_tcp_connection gone[RTC_TCP_CONNECTIONS];
	pthread_mutex_lock(&transport->transmit.lock); // a path may be sending
	pthread_mutex_lock(&transport->lock);
	transport->tcp = NULL;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		gone[i] = leave(&tcp->connections[i]);
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_unlock(&transport->transmit.lock);
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		end(&gone[i]);
	for (int i = 0; i < RTC_TCP_OUTGOING; i++)
		rtc_free(tcp->wishes[i].message);
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
	statistics->begun = rtc_counted(&tcp->begun);
	statistics->failed = rtc_counted(&tcp->failed);
}

static rtc_tcp_connection *find(rtc_transport *transport, const rtc_address *route)
{
	rtc_tcp *tcp = rtc_tcp_is_route(route->relay) ? transport->tcp : NULL;
	for (int i = 0; tcp && i < RTC_TCP_CONNECTIONS; i++)
		if (tcp->connections[i].stream && rtc_address_equal(&tcp->connections[i].route, route))
			return &tcp->connections[i];
	return NULL;
}

rtc_stream *rtc_tcp_find(rtc_transport *transport, const rtc_address *route)
{
	rtc_tcp_connection *connection = find(transport, route);
	return connection ? connection->stream : NULL;
}

int rtc_tcp_is_repeated(rtc_tcp_connection *it, const uint8_t *data, size_t size)
{
	const uint8_t *id = data + 8;
	if (size < 8 + RTC_TRANSACTION_SIZE || data[0] != 0 || data[1] != 1)
		return 0;
	int repeated = !memcmp(it->asked, id, RTC_TRANSACTION_SIZE);
	memcpy(it->asked, id, RTC_TRANSACTION_SIZE);
	return repeated;
}

// With the transport's `lock`. Sets *isLeft when something waits for room, and *isWanted when for a connection.
static int sendFrame(rtc_transport *transport, const rtc_address *to, const uint8_t *frame, size_t size, int *isLeft,
					 int *isWanted)
{
	rtc_tcp_connection *it = find(transport, to);
	if (!it && rtc_tcp_is_ours(to->relay) && transport->tcp) {
		int error = rtc_tcp_want(transport->tcp, to, frame, size);
		*isWanted = !error;
		return error;
	}
	if (!it)
		return ENOTCONN;
	if (rtc_tcp_is_repeated(it, frame + RTC_FRAME_PREFIX, size - RTC_FRAME_PREFIX) && rtc_stream_room(it->stream))
		return 0;
	int error = rtc_stream_put(it->stream, frame, size, 0);
	*isLeft = !error && rtc_stream_flush(it->stream);
	return error;
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
	int isLeft = 0, isWanted = 0;
	pthread_mutex_lock(&transport->lock);
	int error = sendFrame(transport, to, frame, size, &isLeft, &isWanted);
	pthread_mutex_unlock(&transport->lock);
	if (isWanted)
		rtc_tasks_wake(transport, &transport->tcp->sweep);
	if (isLeft)
		rtc_wake_signal(&transport->wake); // it waits for room from now on
	return error;
}

void rtc_tcp_drop(rtc_tcp *tcp, rtc_tcp_connection *it)
{
	rtc_transport *transport = tcp->transport;
	pthread_mutex_lock(&transport->transmit.lock); // a path may be sending
	pthread_mutex_lock(&transport->lock);
	rtc_tcp_connection gone = leave(it);
	pthread_mutex_unlock(&transport->lock);
	pthread_mutex_unlock(&transport->transmit.lock);
	if (!gone.isKnown)
		rtc_count(rtc_tcp_is_ours(gone.route.relay) ? &tcp->failed : &tcp->refused, 1);
	end(&gone);
}

// Begins those that are wanted, and ends those that are no peer's, or not any more.
static uint64_t sweep(rtc_task *task)
{
	rtc_tcp *tcp = (rtc_tcp *)((uint8_t *)task - offsetof(rtc_tcp, sweep));
	rtc_tcp_begin_wanted(tcp);
	uint64_t now = rtc_now();
	int isEmpty = now >= tcp->deafUntil;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		rtc_tcp_connection *it = &tcp->connections[i];
		if (it->fd < 0)
			continue;
		if (rtc_path_is_known(tcp->transport, &it->route))
			it->isKnown = 1;
		else if (now - it->since > rtc_tcp_patience(it)) {
			rtc_tcp_drop(tcp, it);
			continue;
		}
		isEmpty = 0;
	}
	return isEmpty ? UINT64_MAX : now + RTC_TCP_SWEEP;
}

rtc_tcp_connection *rtc_tcp_room(rtc_tcp *tcp)
{
	rtc_tcp_connection *oldest = NULL;
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		rtc_tcp_connection *it = &tcp->connections[i];
		if (it->fd < 0)
			return it;
		if (!it->isKnown && rtc_path_is_known(tcp->transport, &it->route))
			it->isKnown = 1;
		// Ours are no strangers', who could have them ended.
		if (!it->isKnown && !rtc_tcp_is_ours(it->route.relay) && (!oldest || it->since < oldest->since))
			oldest = it;
	}
	if (oldest)
		rtc_tcp_drop(tcp, oldest);
	return oldest;
}

static void take(rtc_tcp *tcp, int fd, const rtc_sockaddr *name)
{
	rtc_tcp_connection made = {.fd = fd, .since = rtc_now()};
	rtc_tcp_connection *place = rtc_tcp_room(tcp);
	rtc_address_from_socket(&made.route, name);
	made.route.relay = (uint16_t)(RTC_TCP_ROUTE + RTC_FAMILY_INDEX(made.route.family));
	if (!place || !rtc_address_is_unicast(&made.route)) {
		rtc_count(&tcp->refused, 1);
		close(fd);
		return;
	}
	made.stream = rtc_stream_adopt(fd); // it is its own from here on
	made.framer = made.stream ? rtc_calloc(1, sizeof *made.framer) : NULL;
	if (!made.stream)
		made.fd = -1; // it is closed already
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
				tcp->deafUntil = rtc_now() + RTC_TCP_SWEEP; // no descriptor, or no memory
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
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		const rtc_tcp_connection *it = &tcp->connections[i];
		short connecting = POLLOUT;
		if (it->fd >= 0)
			polled[count++] =
				(struct pollfd){.fd = it->fd, .events = it->stream ? rtc_stream_events(it->stream) : connecting};
	}
	return count;
}

typedef struct {
	rtc_tcp *tcp;
	rtc_tcp_connection *from;
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

static int drain(rtc_tcp *tcp, rtc_tcp_connection *it)
{
	arrival from = {tcp, it};
	const char *ended;
	int news = rtc_stream_take(it->stream, it->framer, takeFrame, &from, &ended);
	if (!it->isKnown && rtc_path_is_known(tcp->transport, &it->route))
		it->isKnown = 1;
	if (ended || (!it->isKnown && it->received > TRUST))
		rtc_tcp_drop(tcp, it);
	return news;
}

int rtc_tcp_polled(rtc_transport *transport, const struct pollfd *polled, size_t count)
{
	rtc_tcp *tcp = transport->tcp;
	int news = 0;
	for (size_t p = 0; p < count; p++) {
		if (!polled[p].revents)
			continue;
		for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
			rtc_tcp_connection *it = &tcp->connections[i];
			if (it->fd != polled[p].fd)
				continue;
			if (it->stream)
				news |= drain(tcp, it);
			else
				rtc_tcp_ready(tcp, it);
			break;
		}
		for (int i = 0; i < 2; i++)
			if (tcp->listeners.fd[i] == polled[p].fd)
				acceptSome(tcp, polled[p].fd);
	}
	return news;
}
