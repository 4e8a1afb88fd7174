// SPDX-License-Identifier: Apache-2.0
#include "rtc_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h> // ESP-IDF has it at no other place
#include <sys/socket.h>
#include <unistd.h>
#include "rtc_port.h"
#include "rtc_sockets.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // where there are no signals
#endif

// As that of DTLS: with Mbed TLS 4 and accelerators a handshake takes the most.
static const rtc_thread_options threadOptions = {.name = "rtc-stream", .stack = 12 * 1024, .priority = 4};

#define TURN (64 * 1024) // bytes of one stream before others have their turn
#define SLICE 200        // ms after which the thread looks whether it is still wanted
// What the kernel may hold beside the queue: more would be seconds of media that nobody wants any longer.
#define SEND_BUFFER (64 * 1024)

typedef enum { CONNECTING, CONNECTED, BROKEN, FAILED } state; // BROKEN: it was connected

struct rtc_stream {
	pthread_mutex_t lock;
	int refs; // its owner's and its thread's
	int closed;
	state state;
	int fd;
	rtc_stream_options options;
	uint64_t deadline;
	size_t start, count; // of the queue
	uint8_t *queue;      // sizeOf() bytes, from the first that are put there on
};

static void release(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	int refs = --stream->refs;
	pthread_mutex_unlock(&stream->lock);
	if (refs)
		return;
	if (stream->options.layer)
		(*stream->options.layer->free)(stream->options.layer);
	if (stream->fd >= 0)
		close(stream->fd);
	pthread_mutex_destroy(&stream->lock);
	rtc_free(stream->queue);
	rtc_free(stream);
}

static int isClosed(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	int closed = stream->closed;
	pthread_mutex_unlock(&stream->lock);
	return closed;
}

// Waits for what `events` say. 0, ECANCELED, ETIMEDOUT, or an errno value.
static int await(rtc_stream *stream, short events)
{
	while (!isClosed(stream)) {
		uint64_t now = rtc_now();
		if (now >= stream->deadline)
			return ETIMEDOUT;
		uint64_t left = (stream->deadline - now + 999) / 1000;
		struct pollfd polled = {.fd = stream->fd, .events = events};
		int ready = poll(&polled, 1, left < SLICE ? (int)left : SLICE);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return errno;
	}
	return ECANCELED;
}

static void configure(int fd)
{
	// What cannot be set stays as the host has it; only O_NONBLOCK matters, and it is everywhere.
	int on = 1, size = SEND_BUFFER;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
#if defined(SO_NOSIGPIPE)
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

static int connectTo(rtc_stream *stream)
{
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(&stream->options.server, &name);
	if (connect(stream->fd, &name.any, size) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	int error = await(stream, POLLOUT), failure = 0;
	socklen_t length = sizeof failure;
	if (!error && getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &failure, &length))
		return errno;
	return error ? error : failure;
}

static int shakeHands(rtc_stream *stream)
{
	rtc_stream_layer *layer = stream->options.layer;
	if (!layer)
		return 0;
	for (;;) {
		short events = 0;
		int error = (*layer->shake)(layer, stream->fd, &events);
		if (error != EAGAIN)
			return error;
		error = events ? await(stream, events) : isClosed(stream) ? ECANCELED : 0;
		if (error)
			return error;
	}
}

// With the lock held.
static void describe(const rtc_stream_layer *layer, int error, char *reason)
{
	const char *said = error && layer ? (*layer->reason)(layer) : NULL;
	*reason = 0;
	strncat(reason, said ? said : strerror(error), RTC_STREAM_REASON - 1);
}

static void *run(void *argument)
{
	rtc_stream *stream = argument;
	char reason[RTC_STREAM_REASON];
	int error = connectTo(stream);
	if (!error)
		error = shakeHands(stream);
	pthread_mutex_lock(&stream->lock);
	describe(stream->options.layer, error, reason);
	stream->state = error ? FAILED : CONNECTED;
	if (!stream->closed && stream->options.onOpen)
		(*stream->options.onOpen)(stream->options.context, error, reason);
	pthread_mutex_unlock(&stream->lock);
	release(stream);
	return NULL;
}

rtc_stream *rtc_stream_start(const rtc_stream_options *options, int *error)
{
	rtc_stream *stream = rtc_calloc(1, sizeof *stream);
	pthread_t thread;
	*error = ENOMEM;
	if (!stream) {
		if (options->layer)
			(*options->layer->free)(options->layer);
		return NULL;
	}
	pthread_mutex_init(&stream->lock, NULL);
	stream->options = *options;
	stream->refs = 2;
	stream->deadline = rtc_now() + options->patience * (uint64_t)1000;
	stream->fd = socket(options->server.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (!rtc_address_is_unicast(&options->server))
		*error = EINVAL;
	else if (stream->fd < 0)
		*error = errno;
	else {
		configure(stream->fd);
		*error = rtc_thread_start(&thread, &threadOptions, run, stream);
	}
	if (*error) {
		stream->refs = 1;
		release(stream);
		return NULL;
	}
	pthread_detach(thread);
	return stream;
}

rtc_stream *rtc_stream_adopt(int fd)
{
	rtc_stream *stream = rtc_calloc(1, sizeof *stream);
	if (!stream) {
		close(fd);
		return NULL;
	}
	pthread_mutex_init(&stream->lock, NULL);
	configure(fd);
	stream->fd = fd;
	stream->refs = 1;
	stream->state = CONNECTED;
	return stream;
}

int rtc_stream_descriptor(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	int fd = stream->state == CONNECTED || stream->state == BROKEN ? stream->fd : -1;
	pthread_mutex_unlock(&stream->lock);
	return fd;
}

short rtc_stream_events(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	short events = stream->count ? POLLIN | POLLOUT : POLLIN;
	pthread_mutex_unlock(&stream->lock);
	return events;
}

// With the lock held, as all below. Returns what send() would.
static ssize_t sendSome(rtc_stream *stream)
{
	rtc_stream_layer *layer = stream->options.layer;
	const uint8_t *data = stream->queue + stream->start;
	ssize_t sent;
	do
		sent =
			layer ? (*layer->write)(layer, data, stream->count) : send(stream->fd, data, stream->count, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static void flush(rtc_stream *stream)
{
	while (stream->count && stream->state == CONNECTED) {
		ssize_t sent = sendSome(stream);
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOMEM || errno == ENOBUFS))
			return; // lwIP lacks memory for a moment
		if (sent < 0) {
			stream->state = BROKEN; // whoever reads hears of it
			return;
		}
		stream->start += (size_t)sent;
		stream->count -= (size_t)sent;
		if (!stream->count)
			stream->start = 0;
	}
}

static size_t sizeOf(const rtc_stream *stream)
{
	return stream->options.queue ? stream->options.queue : RTC_STREAM_QUEUE;
}

// Whether there is room for so much.
static int hasRoom(rtc_stream *stream, size_t size)
{
	if (!stream->queue)
		stream->queue = rtc_calloc(1, sizeOf(stream));
	return stream->queue && stream->count + size <= sizeOf(stream);
}

static void append(rtc_stream *stream, const void *data, size_t size)
{
	if (stream->start + stream->count + size > sizeOf(stream)) {
		memmove(stream->queue, stream->queue + stream->start, stream->count);
		stream->start = 0;
	}
	memcpy(stream->queue + stream->start + stream->count, data, size);
	stream->count += size;
}

int rtc_stream_put(rtc_stream *stream, const void *data, size_t size, size_t spare)
{
	int error = 0;
	pthread_mutex_lock(&stream->lock);
	if (stream->count && !hasRoom(stream, size + spare))
		flush(stream);
	if (stream->state != CONNECTED)
		error = ENOTCONN;
	else if (!hasRoom(stream, size + spare))
		error = ENOBUFS;
	else
		append(stream, data, size);
	pthread_mutex_unlock(&stream->lock);
	return error;
}

size_t rtc_stream_room(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	size_t room = stream->state == CONNECTED ? sizeOf(stream) - stream->count : 0;
	pthread_mutex_unlock(&stream->lock);
	return room;
}

int rtc_stream_flush(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	flush(stream);
	int left = stream->count > 0 && stream->state == CONNECTED;
	pthread_mutex_unlock(&stream->lock);
	return left;
}

ssize_t rtc_stream_read(rtc_stream *stream, void *data, size_t size, int *more)
{
	rtc_stream_layer *layer = stream->options.layer;
	ssize_t count = -1;
	pthread_mutex_lock(&stream->lock);
	int error = stream->state == CONNECTED ? 0 : EPIPE;
	if (!error) {
		count = layer ? (*layer->read)(layer, data, size) : recv(stream->fd, data, size, 0);
		error = count < 0 ? errno : 0;
	}
	*more = !error && layer && (*layer->hasMore)(layer);
	pthread_mutex_unlock(&stream->lock);
	errno = error;
	return count;
}

// What the framer has whole. Whether what follows can be cut: *broken.
static int takeFrames(rtc_framer *framer, rtc_frame_taker take, void *context, int *broken)
{
	uint8_t *frame;
	size_t size;
	for (int news = 0;;) {
		switch (rtc_framer_next(framer, &frame, &size)) {
		case RTC_FRAME_WHOLE:
			news |= (*take)(context, frame, size);
			break;
		case RTC_FRAME_SKIPPED:
			news |= (*take)(context, NULL, 0);
			break;
		case RTC_FRAME_BROKEN:
			*broken = 1;
			return news | (*take)(context, NULL, 0);
		case RTC_FRAME_MORE:
			return news;
		}
	}
}

int rtc_stream_take(rtc_stream *stream, rtc_framer *framer, rtc_frame_taker take, void *context, const char **end)
{
	int news = 0, more = 1, broken = 0;
	*end = NULL;
	(void)rtc_stream_flush(stream);
	for (size_t taken = 0; !broken && (taken < TURN || more);) {
		size_t room;
		uint8_t *at = rtc_framer_room(framer, &room);
		ssize_t count = rtc_stream_read(stream, at, room, &more);
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return news;
		if (count <= 0) {
			*end = count ? strerror(errno) : "the server has closed the connection";
			return news;
		}
		rtc_framer_took(framer, (size_t)count);
		taken += (size_t)count;
		news |= takeFrames(framer, take, context, &broken);
	}
	if (broken)
		*end = "what the server sends is neither STUN nor ChannelData";
	return news;
}

void rtc_stream_reason(rtc_stream *stream, int error, char *reason)
{
	pthread_mutex_lock(&stream->lock);
	describe(stream->options.layer, error, reason);
	pthread_mutex_unlock(&stream->lock);
}

void rtc_stream_close(rtc_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->closed = 1;
	pthread_mutex_unlock(&stream->lock);
	release(stream);
}
