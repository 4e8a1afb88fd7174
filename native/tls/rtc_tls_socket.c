// SPDX-License-Identifier: Apache-2.0
#include "rtc_tls_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/poll.h> // ESP-IDF has it at no other place
#include "rtc_port.h"

// Records are taken apart on it, handshakes are not made on it.
static const rtc_thread_options threadOptions = {.name = "rtc-tls", .stack = 8 * 1024, .priority = 4};

typedef enum { CONNECTING, CONNECTED, REFUSED } progress;

struct rtc_tls_socket {
	rtc_tls_socket *next;
	rtc_stream *stream;
	void (*onNews)(void *context);
	void *context;
	atomic_int progress; // what the stream's thread has to say; then `reason` is set, if it is REFUSED
	int isOpen, isEnded;
	uint32_t come, left;
	char reason[RTC_STREAM_REASON];
	size_t start, count; // of what has come
	uint8_t bytes[RTC_TLS_SOCKET_SIZE];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards all that follows, and what is in the sockets
static rtc_tls_socket *sockets;
static size_t count;
static int isRunning;
static rtc_wake wake; // while it is running

// From the stream's thread, which holds the stream's lock: not under ours.
static void onOpen(void *context, int error, const char *reason)
{
	rtc_tls_socket *socket = context;
	if (error)
		memcpy(socket->reason, reason, sizeof socket->reason);
	atomic_store(&socket->progress, error ? REFUSED : CONNECTED);
	rtc_wake_signal(&wake);
}

static void end(rtc_tls_socket *socket)
{
	socket->isEnded = 1;
	(*socket->onNews)(socket->context);
}

// Whether there is a connection to work on.
static int begin(rtc_tls_socket *socket)
{
	int progress = atomic_load(&socket->progress);
	if (progress == CONNECTED && !socket->isOpen) {
		socket->isOpen = 1;
		socket->left++;
		(*socket->onNews)(socket->context);
	}
	if (progress == REFUSED && !socket->isEnded)
		end(socket);
	return socket->isOpen;
}

// Returns whether something is left.
static int flush(rtc_tls_socket *socket)
{
	size_t before = rtc_stream_room(socket->stream);
	int left = rtc_stream_flush(socket->stream);
	if (rtc_stream_room(socket->stream) > before) {
		socket->left++;
		(*socket->onNews)(socket->context);
	}
	return left;
}

static void fill(rtc_tls_socket *socket)
{
	int more, news = 0;
	while (!socket->isEnded && socket->count < sizeof socket->bytes) {
		if (socket->start)
			memmove(socket->bytes, socket->bytes + socket->start, socket->count);
		socket->start = 0;
		ssize_t taken =
			rtc_stream_read(socket->stream, socket->bytes + socket->count, sizeof socket->bytes - socket->count, &more);
		int error = taken < 0 ? errno : 0;
		if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
			break;
		news = 1;
		if (taken > 0)
			socket->count += (size_t)taken;
		else {
			if (error)
				rtc_stream_reason(socket->stream, error, socket->reason);
			socket->isEnded = 1;
		}
	}
	socket->come += (uint32_t)news;
	if (news)
		(*socket->onNews)(socket->context);
}

// Does what can be done, and says what to wait for.
static nfds_t work(struct pollfd polled[1 + RTC_TLS_SOCKETS])
{
	nfds_t waiting = 1;
	polled[0] = (struct pollfd){.fd = wake.readable, .events = POLLIN};
	for (rtc_tls_socket *socket = sockets; socket; socket = socket->next) {
		if (!begin(socket))
			continue;
		short events = flush(socket) ? POLLOUT : 0;
		fill(socket);
		if (!socket->isEnded && socket->count < sizeof socket->bytes)
			events |= POLLIN;
		if (events)
			polled[waiting++] = (struct pollfd){.fd = rtc_stream_descriptor(socket->stream), .events = events};
	}
	return waiting;
}

static void *run(void *argument)
{
	(void)argument;
	struct pollfd polled[1 + RTC_TLS_SOCKETS];
	for (;;) {
		pthread_mutex_lock(&lock);
		if (!sockets)
			break;
		nfds_t waiting = work(polled);
		pthread_mutex_unlock(&lock);
		(void)poll(polled, waiting, -1);
		if (polled[0].revents)
			rtc_wake_clear(&wake);
	}
	isRunning = 0;
	rtc_wake_close(&wake);
	pthread_mutex_unlock(&lock);
	return NULL;
}

// With the lock held. 0 or an errno value.
static int startThread(void)
{
	pthread_t thread;
	int error = isRunning ? 0 : rtc_wake_open(&wake);
	if (isRunning || error)
		return error;
	error = rtc_thread_start(&thread, &threadOptions, run, NULL);
	if (error) {
		rtc_wake_close(&wake);
		return error;
	}
	pthread_detach(thread);
	isRunning = 1;
	return 0;
}

// With the lock held.
static int start(rtc_tls_socket *socket, const rtc_address *server, rtc_stream_layer *layer)
{
	rtc_stream_options options = {
		.server = *server,
		.layer = layer,
		.patience = RTC_TLS_SOCKET_PATIENCE,
		.queue = RTC_TLS_SOCKET_SIZE,
		.onOpen = onOpen,
		.context = socket,
	};
	int error = count < RTC_TLS_SOCKETS ? startThread() : EMFILE;
	if (error) {
		(*layer->free)(layer);
		return error;
	}
	socket->stream = rtc_stream_start(&options, &error);
	if (!socket->stream) {
		rtc_wake_signal(&wake); // a thread that was started for it ends
		return error;
	}
	socket->next = sockets;
	sockets = socket;
	count++;
	return 0;
}

rtc_tls_socket *rtc_tls_socket_open(const rtc_address *server, rtc_stream_layer *layer, void (*onNews)(void *context),
									void *context, int *error)
{
	rtc_tls_socket *socket = rtc_calloc(1, sizeof *socket);
	if (!socket) {
		(*layer->free)(layer);
		*error = ENOMEM;
		return NULL;
	}
	socket->onNews = onNews;
	socket->context = context;
	pthread_mutex_lock(&lock);
	*error = start(socket, server, layer);
	pthread_mutex_unlock(&lock);
	if (!*error)
		return socket;
	rtc_free(socket);
	return NULL;
}

void rtc_tls_socket_look(rtc_tls_socket *socket, rtc_tls_socket_state *state)
{
	pthread_mutex_lock(&lock);
	*state = (rtc_tls_socket_state){
		.isOpen = socket->isOpen,
		.readable = socket->count,
		.writable = rtc_stream_room(socket->stream),
		.come = socket->come,
		.left = socket->left,
		.isEnded = socket->isEnded,
	};
	if (socket->isEnded)
		memcpy(state->reason, socket->reason, sizeof state->reason);
	pthread_mutex_unlock(&lock);
}

size_t rtc_tls_socket_read(rtc_tls_socket *socket, void *data, size_t size)
{
	pthread_mutex_lock(&lock);
	int wasFull = socket->count == sizeof socket->bytes;
	size_t taken = size < socket->count ? size : socket->count;
	memcpy(data, socket->bytes + socket->start, taken);
	socket->start += taken;
	socket->count -= taken;
	if (wasFull && taken)
		rtc_wake_signal(&wake);
	pthread_mutex_unlock(&lock);
	return taken;
}

int rtc_tls_socket_write(rtc_tls_socket *socket, const void *data, size_t size)
{
	pthread_mutex_lock(&lock);
	int error = socket->isOpen ? rtc_stream_put(socket->stream, data, size, 0) : ENOTCONN;
	if (!error)
		rtc_wake_signal(&wake); // what is written together leaves together
	pthread_mutex_unlock(&lock);
	return error;
}

void rtc_tls_socket_close(rtc_tls_socket *socket)
{
	pthread_mutex_lock(&lock);
	rtc_tls_socket **at = &sockets;
	while (*at != socket)
		at = &(*at)->next;
	*at = socket->next;
	count--;
	if (socket->isOpen)
		(void)rtc_stream_flush(socket->stream);
	rtc_stream_close(socket->stream); // its thread says nothing any more
	if (!sockets)
		rtc_wake_signal(&wake);
	pthread_mutex_unlock(&lock);
	rtc_free(socket);
}
