// SPDX-License-Identifier: Apache-2.0
// Sending. All datagrams between begin and end have one destination, so a run of equal sizes is one buffer to the
// kernel, which cuts it (UDP_SEGMENT, Linux 4.18): a key frame costs a few system calls and passes of the IP stack.
#include "rtc_relay_core.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// How often a burst waits for room, and for how long: the interface drains its queue meanwhile. More would hold up the
// other peers.
#define WAITS 3
#define WAIT_MICROSECONDS 1000

static uint8_t *bufferOf(const rtc_transmit *transmit, uint32_t index)
{
	return transmit->buffers + index * RTC_TRANSMIT_STRIDE + RTC_RELAY_HEADROOM;
}

static uint8_t *startOf(const rtc_transmit *transmit, uint32_t index)
{
	return bufferOf(transmit, index) - transmit->prefix.size;
}

#if RTC_BATCHED
#include <netinet/udp.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 // linux/udp.h
#endif

// One that leaves as a whole: a datagram, or a run of them.
typedef struct {
	struct mmsghdr messages[RTC_TRANSMIT_BATCH];
	struct iovec vectors[RTC_TRANSMIT_BATCH];
	union {
		struct cmsghdr header; // aligns
		uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
	} controls[RTC_TRANSMIT_BATCH];
} rtc_batch;

// How many datagrams from `first` on can leave as one: all of one size, but the last, which may be shorter.
static uint32_t runLength(const rtc_transmit *transmit, uint32_t first)
{
	uint32_t end = first + 1;
	while (end < transmit->count && transmit->sizes[end] == transmit->sizes[first])
		end++;
	if (end < transmit->count && transmit->sizes[end] < transmit->sizes[first])
		end++;
	return end - first;
}

static void setSegmentSize(struct msghdr *message, void *control, uint16_t size)
{
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof size);
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = IPPROTO_UDP;
	header->cmsg_type = UDP_SEGMENT;
	header->cmsg_len = CMSG_LEN(sizeof size);
	memcpy(CMSG_DATA(header), &size, sizeof size);
}

// Lays out the datagrams from `first` on. Returns the number of messages.
static uint32_t layOut(rtc_transmit *transmit, uint32_t first, rtc_batch *batch)
{
	uint32_t count = 0;
	while (first < transmit->count) {
		uint32_t run = transmit->segmentation ? runLength(transmit, first) : 1;
		struct msghdr *message = &batch->messages[count].msg_hdr;
		memset(message, 0, sizeof *message);
		message->msg_name = transmit->toSize ? &transmit->to : NULL;
		message->msg_namelen = transmit->toSize;
		message->msg_iov = &batch->vectors[first];
		message->msg_iovlen = run;
		if (run > 1)
			setSegmentSize(message, &batch->controls[count], transmit->sizes[first]);
		for (uint32_t i = first; i < first + run; i++) {
			batch->vectors[i].iov_base = startOf(transmit, i);
			batch->vectors[i].iov_len = transmit->sizes[i];
		}
		first += run;
		count++;
	}
	return count;
}

// Sends what it can of the datagrams from `first` on. Returns how many left; 0 with errno set when the next one failed,
// and *run how many stand and fall with it.
static uint32_t sendSome(rtc_transmit *transmit, uint32_t first, uint32_t *run)
{
	rtc_batch batch;
	uint32_t count = layOut(transmit, first, &batch);
	int sent;
	do
		sent = sendmmsg(transmit->fd, batch.messages, count, MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	uint32_t datagrams = 0;
	for (int i = 0; i < sent; i++)
		datagrams += (uint32_t)batch.messages[i].msg_hdr.msg_iovlen;
	*run = (uint32_t)batch.messages[0].msg_hdr.msg_iovlen;
	return datagrams;
}

// A device without checksum offload answers EIO, an MTU that is too small EINVAL, an old kernel either.
static int refusesSegments(int error)
{
	return error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

static int canSegment(int fd)
{
	int value;
	socklen_t size = sizeof value;
	return fd < 0 || getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, &size) == 0;
}
#else
static uint32_t sendSome(rtc_transmit *transmit, uint32_t first, uint32_t *run)
{
	ssize_t sent;
	*run = 1;
	do
		sent = sendto(transmit->fd, startOf(transmit, first), transmit->sizes[first], 0,
					  transmit->toSize ? &transmit->to.any : NULL, transmit->toSize);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static int refusesSegments(int error)
{
	(void)error;
	return 0;
}

static int canSegment(int fd)
{
	(void)fd;
	return 0;
}
#endif

int rtc_transmit_init(rtc_transmit *transmit, rtc_transport *transport)
{
	transmit->buffers = rtc_calloc(1, RTC_TRANSMIT_BATCH * RTC_TRANSMIT_STRIDE + RTC_RELAY_TAIL);
	if (!transmit->buffers)
		return ENOMEM;
	pthread_mutex_init(&transmit->lock, NULL);
	transmit->transport = transport;
	transmit->segmentation = canSegment(transport->sockets.fd[0]) && canSegment(transport->sockets.fd[1]);
	return 0;
}

void rtc_transmit_destroy(rtc_transmit *transmit)
{
	pthread_mutex_destroy(&transmit->lock);
	rtc_free(transmit->buffers);
}

static void countSent(rtc_transmit *transmit, uint32_t first, uint32_t count)
{
	uint64_t bytes = 0;
	for (uint32_t i = first; i < first + count; i++)
		bytes += transmit->sizes[i];
	rtc_count(&transmit->transport->packetsSent, count);
	rtc_count(&transmit->transport->bytesSent, bytes);
	if (transmit->relay) {
		rtc_count(&transmit->relay->packetsSent, count);
		rtc_count(&transmit->relay->bytesSent, bytes);
	}
	bytes -= (uint64_t)count * transmit->prefix.size; // what is left of the padding is a few bytes
	rtc_count(&transmit->path->packetsSent, count);
	rtc_count(&transmit->path->bytesSent, bytes);
}

static void lose(rtc_transmit *transmit, uint32_t count)
{
	rtc_count(&transmit->transport->sendErrors, count);
	transmit->lost += count;
}

// Whether there may be room soon. lwIP answers ENOMEM, some drivers ENOBUFS.
static int waitForRoom(rtc_transmit *transmit, int error)
{
	if ((error != EAGAIN && error != EWOULDBLOCK && error != ENOBUFS && error != ENOMEM) || transmit->waits == WAITS)
		return 0;
	transmit->waits++;
	usleep(WAIT_MICROSECONDS); // ESP-IDF does not promise nanosleep()
	return 1;
}

// What its queue has no room for is lost; what is left in it leaves when the network thread finds that it can.
static void flushStream(rtc_transmit *transmit)
{
	uint32_t sent = 0;
	while (sent < transmit->count &&
		   !rtc_stream_put(transmit->stream, startOf(transmit, sent), transmit->sizes[sent], RTC_STREAM_SPARE))
		sent++;
	if (rtc_stream_flush(transmit->stream))
		rtc_wake_signal(&transmit->transport->wake);
	transmit->error = sent == transmit->count ? 0 : ENOBUFS;
	countSent(transmit, 0, sent);
	if (transmit->relay)
		rtc_count(&transmit->relay->sendErrors, transmit->count - sent);
	lose(transmit, transmit->count - sent);
	transmit->count = 0;
}

static void flush(rtc_transmit *transmit)
{
	if (transmit->stream)
		return flushStream(transmit);
	uint32_t first = 0, run;
	while (first < transmit->count) {
		uint32_t sent = sendSome(transmit, first, &run);
		countSent(transmit, first, sent);
		first += sent;
		if (sent) {
			transmit->error = 0;
			continue;
		}
		if (run > 1 && refusesSegments(errno)) {
			transmit->segmentation = 0; // and again, one by one
			continue;
		}
		int error = errno;
		transmit->error = error;
		if (waitForRoom(transmit, error))
			continue;
		// A full socket buffer or a lost route takes the rest with it; what is too large goes alone.
		uint32_t lost = error == EMSGSIZE ? run : transmit->count - first;
		lose(transmit, lost);
		first += lost;
	}
	transmit->count = 0;
}

// Locks and aims, or returns 0.
static int begin(rtc_path *path)
{
	rtc_transport *transport = path->transport;
	rtc_transmit *transmit = &transport->transmit;
	pthread_mutex_lock(&transmit->lock);
	pthread_mutex_lock(&transport->lock);
	rtc_address selected = path->selected;
	transmit->relay = selected.relay ? rtc_relay_find(transport, selected.relay) : NULL;
	transmit->stream = transmit->relay ? transmit->relay->stream : rtc_tcp_find(transport, &selected);
	transmit->prefix = (rtc_relay_prefix){.size = transmit->stream ? RTC_FRAME_PREFIX : 0};
	if (transmit->relay)
		rtc_relay_aim(transmit->relay, &selected, &transmit->prefix);
	pthread_mutex_unlock(&transport->lock);
	short events;
	if (transmit->relay)
		transmit->fd = rtc_relay_descriptor(transmit->relay, &events);
	else if (transmit->stream)
		transmit->fd = rtc_stream_descriptor(transmit->stream);
	else
		transmit->fd =
			selected.family && !selected.relay ? transport->sockets.fd[RTC_FAMILY_INDEX(selected.family)] : -1;
	if (transmit->fd < 0) {
		pthread_mutex_unlock(&transmit->lock);
		return 0;
	}
	transmit->toSize = transmit->relay || transmit->stream ? 0 : rtc_address_to_socket(&selected, &transmit->to);
	transmit->path = path;
	transmit->count = transmit->lost = transmit->waits = 0;
	transmit->error = 0;
	return 1;
}

int rtc_path_has_way(rtc_path *path)
{
	pthread_mutex_lock(&path->transport->lock);
	int hasWay = path->selected.family != 0;
	pthread_mutex_unlock(&path->transport->lock);
	return hasWay;
}

rtc_transmit *rtc_path_begin(rtc_path *path)
{
	return begin(path) ? &path->transport->transmit : NULL;
}

uint8_t *rtc_transmit_buffer(rtc_transmit *transmit)
{
	return bufferOf(transmit, transmit->count);
}

void rtc_transmit_commit(rtc_transmit *transmit, size_t size)
{
	if (size == 0 || size > RTC_TRANSMIT_SIZE) {
		lose(transmit, 1);
		return;
	}
	if (transmit->prefix.size)
		size = rtc_relay_wrap(&transmit->prefix, bufferOf(transmit, transmit->count), size);
	transmit->sizes[transmit->count++] = (uint16_t)size;
	if (transmit->count == RTC_TRANSMIT_BATCH)
		flush(transmit);
}

uint32_t rtc_transmit_end(rtc_transmit *transmit)
{
	flush(transmit);
	uint32_t lost = transmit->lost;
	transmit->path = NULL;
	transmit->relay = NULL;
	transmit->stream = NULL;
	pthread_mutex_unlock(&transmit->lock);
	return lost;
}

int rtc_path_send(rtc_path *path, const uint8_t *data, size_t size)
{
	if (size == 0 || size > RTC_TRANSMIT_SIZE)
		return EMSGSIZE;
	if (!begin(path))
		return ENOTCONN;
	rtc_transmit *transmit = &path->transport->transmit;
	memcpy(rtc_transmit_buffer(transmit), data, size);
	rtc_transmit_commit(transmit, size);
	flush(transmit);
	int error = transmit->error;
	rtc_transmit_end(transmit);
	return error;
}
