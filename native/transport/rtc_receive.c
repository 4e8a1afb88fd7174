// SPDX-License-Identifier: Apache-2.0
// The network thread: reads datagrams in batches, and gives each to whom it is for.
#include "rtc_relay_core.h"

#include <errno.h>
#include <string.h>
#if defined(__linux__)
#include <netinet/udp.h> // UDP_GRO
#endif
#include <sys/poll.h> // ESP-IDF has it at no other place

#define TURN 256 // datagrams of one socket before the other has its turn

// Smallest sizes that can mean something: a DTLS record's header (RFC 6347 section 4.1), an RTP header (RFC 3550
// section 5.1), which no SRTCP packet undercuts.
#define DTLS_SMALLEST 13
#define RTP_SMALLEST 12

typedef struct {
	rtc_sockaddr from;
	uint8_t *data;
	size_t size;
	size_t segment; // bytes of each datagram, where it is a run of them; 0: it is one
	int truncated;
} rtc_received;

// Returns whether the control plane has something to read.
static int receiveStun(rtc_transport *transport, const rtc_address *from, const uint8_t *data, size_t size)
{
	size_t length;
	int queued = 0;
	rtc_stun_origin origin = {.from = *from};
	pthread_mutex_lock(&transport->stunLock);
	rtc_stun_verdict verdict = rtc_stun_filter_check(transport->filter, data, size, rtc_now(), &length, &origin.owner);
	if (verdict == RTC_STUN_PASS)
		queued = rtc_stun_queue_push(transport->filter, data, length, &origin) == 0;
	pthread_mutex_unlock(&transport->stunLock);
	switch (verdict) {
	case RTC_STUN_MALFORMED:
		rtc_count(&transport->malformed, 1);
		break;
	case RTC_STUN_INDICATION: // keeps a NAT open (RFC 8445 section 11), when it comes from a peer
		if (rtc_path_is_known(transport, from))
			break;
		// fall through
	case RTC_STUN_UNKNOWN:
		rtc_count(&transport->stunUnknown, 1);
		break;
	case RTC_STUN_PASS:
		if (queued)
			break;
		// fall through
	case RTC_STUN_OVER_RATE:
		rtc_count(&transport->stunDropped, 1);
		break;
	}
	return queued;
}

// RFC 7983 section 7, by the first byte. ZRTP (16 … 19) and TURN channels (64 … 79) have no place here.
int rtc_receive_datagram(rtc_transport *transport, const rtc_address *from, uint8_t *data, size_t size)
{
	uint8_t kind = size ? data[0] : 255;
	if (!rtc_address_is_unicast(from)) // nobody is there: no answer could reach him
		rtc_count(&transport->badSource, 1);
	else if (kind <= 3)
		return receiveStun(transport, from, data, size);
	else if ((kind >= 20 && kind <= 63 && size >= DTLS_SMALLEST) ||
			 (kind >= 128 && kind <= 191 && size >= RTP_SMALLEST)) {
		if (!rtc_path_dispatch(transport, from, data, size))
			rtc_count(&transport->unknownSource, 1);
	} else
		rtc_count(&transport->malformed, 1);
	return 0;
}

static int receive(rtc_transport *transport, rtc_relay *relay, const rtc_received *received)
{
	rtc_address from;
	rtc_count(&transport->packetsReceived, 1);
	rtc_count(&transport->bytesReceived, received->size);
	if (received->truncated) {
		rtc_count(&transport->malformed, 1);
		return 0;
	}
	if (relay)
		return rtc_relay_receive(relay, received->data, received->size);
	rtc_address_from_socket(&from, &received->from);
	return rtc_receive_datagram(transport, &from, received->data, received->size);
}

#if RTC_BATCHED
typedef union {
	struct cmsghdr header; // aligns
	uint8_t bytes[CMSG_SPACE(sizeof(int))];
} controlRoom;

// Datagrams of one size that came one after the other are one message, the last of which may be shorter.
static size_t segmentOf(struct msghdr *message)
{
	int size = 0;
#ifdef UDP_GRO
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header))
		if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(header), sizeof size);
#else
	(void)message;
#endif
	return size > 0 ? (size_t)size : 0;
}

static int readBatch(rtc_transport *transport, int fd, rtc_received *batch)
{
	struct mmsghdr messages[RTC_RECEIVE_BATCH];
	struct iovec vectors[RTC_RECEIVE_BATCH];
	controlRoom controls[RTC_RECEIVE_BATCH];
	memset(messages, 0, sizeof messages);
	for (int i = 0; i < RTC_RECEIVE_BATCH; i++) {
		vectors[i].iov_base = batch[i].data = transport->received + i * RTC_RECEIVE_ROOM;
		vectors[i].iov_len = RTC_RECEIVE_ROOM;
		messages[i].msg_hdr.msg_name = &batch[i].from;
		messages[i].msg_hdr.msg_namelen = sizeof batch[i].from;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_control = &controls[i];
		messages[i].msg_hdr.msg_controllen = sizeof controls[i];
	}
	int count = recvmmsg(fd, messages, RTC_RECEIVE_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++) {
		batch[i].size = messages[i].msg_len;
		batch[i].segment = segmentOf(&messages[i].msg_hdr);
		size_t largest = batch[i].segment ? batch[i].segment : batch[i].size;
		batch[i].truncated = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0 || largest > RTC_RECEIVE_SIZE;
	}
	return count;
}
#else
static int readBatch(rtc_transport *transport, int fd, rtc_received *batch)
{
	socklen_t nameSize = sizeof batch->from;
	batch->data = transport->received;
	ssize_t size = recvfrom(fd, batch->data, RTC_RECEIVE_SIZE, 0, &batch->from.any, &nameSize);
	if (size < 0)
		return -1;
	batch->size = (size_t)size;
	batch->segment = 0;
	batch->truncated = size == RTC_RECEIVE_SIZE; // or just fits; nothing that large is for us
	return 1;
}
#endif

// All of a message's datagrams. Adds their number to *taken. Returns whether the control plane has something to read.
static int receiveAll(rtc_transport *transport, rtc_relay *relay, const rtc_received *message, int *taken)
{
	int news = 0;
	size_t place = 0;
	do {
		rtc_received datagram = *message;
		size_t left = message->size - place;
		datagram.data = message->data + place;
		datagram.size = message->segment && message->segment < left ? message->segment : left;
		news |= receive(transport, relay, &datagram);
		place += datagram.size;
		++*taken;
	} while (place < message->size);
	return news;
}

// Returns 0, or an errno value of the socket's.
static int drain(rtc_transport *transport, rtc_relay *relay, int fd)
{
	rtc_received batch[RTC_RECEIVE_BATCH];
	for (int taken = 0; taken < TURN;) {
		int news = 0, count = readBatch(transport, fd, batch);
		for (int i = 0; i < count; i++)
			news |= receiveAll(transport, relay, &batch[i], &taken);
		if (news && transport->onStun)
			transport->onStun(transport->context);
		if (count < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : errno;
		if (count < RTC_RECEIVE_BATCH) // nothing left, or an error: poll tells what comes next
			return 0;
	}
	return 0;
}

#define SOCKETS 3 // the wake's, and one a family
#define POLLED (SOCKETS + RTC_RELAYS + RTC_TCP_POLLED)

static nfds_t descriptors(const rtc_transport *transport, struct pollfd *polled)
{
	nfds_t count = 0;
	polled[count++] = (struct pollfd){.fd = transport->wake.readable, .events = POLLIN};
	for (int i = 0; i < 2; i++)
		if (transport->sockets.fd[i] >= 0)
			polled[count++] = (struct pollfd){.fd = transport->sockets.fd[i], .events = POLLIN};
	return count;
}

// Relays come and go: a descriptor that is closed meanwhile tells nothing.
static nfds_t addRelays(rtc_transport *transport, struct pollfd *polled, nfds_t count, uint16_t numbers[RTC_RELAYS])
{
	pthread_mutex_lock(&transport->lock);
	for (int i = 0; i < RTC_RELAYS; i++) {
		rtc_relay *relay = transport->relays[i];
		short events = POLLIN;
		int fd = relay ? rtc_relay_descriptor(relay, &events) : -1;
		if (fd < 0)
			continue;
		polled[count] = (struct pollfd){.fd = fd, .events = events};
		*numbers++ = relay->number;
		count++;
	}
	pthread_mutex_unlock(&transport->lock);
	return count;
}

static void readTcp(rtc_transport *transport, const struct pollfd *polled, size_t count)
{
	if (rtc_tcp_polled(transport, polled, count) && transport->onStun)
		transport->onStun(transport->context);
}

static void drainRelay(rtc_transport *transport, uint16_t number)
{
	pthread_mutex_lock(&transport->relayLock);
	pthread_mutex_lock(&transport->lock);
	rtc_relay *relay = rtc_relay_find(transport, number);
	pthread_mutex_unlock(&transport->lock);
	int error = 0;
	if (relay && relay->stream) {
		if (rtc_relay_drain(relay) && transport->onStun)
			transport->onStun(transport->context);
	} else if (relay)
		error = drain(transport, relay, relay->fd);
	if (error && relay->options.onError)
		(*relay->options.onError)(relay->options.context, strerror(error));
	pthread_mutex_unlock(&transport->relayLock);
}

// Waits until there is something to read, `timeout` in milliseconds. Returns 0 or an errno value.
static int await(struct pollfd *polled, nfds_t sockets, nfds_t count, int timeout)
{
	int ready;
	do
		ready = poll(polled, count, timeout);
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return errno;
	for (nfds_t i = 0; i < sockets; i++)
		if (polled[i].revents & POLLNVAL)
			return EBADF;
	return 0;
}

int rtc_receive_check(const rtc_transport *transport)
{
	struct pollfd polled[SOCKETS];
	nfds_t count = descriptors(transport, polled);
	return await(polled, count, count, 0);
}

void *rtc_receive_run(void *argument)
{
	rtc_transport *transport = argument;
	struct pollfd polled[POLLED];
	uint16_t relays[RTC_RELAYS];
	nfds_t sockets = descriptors(transport, polled);
	int error = 0;
	while (!error && !atomic_load(&transport->closing)) {
		nfds_t count = addRelays(transport, polled, sockets, relays);
		size_t connections = rtc_tcp_poll(transport, polled + count);
		error = await(polled, sockets, count + connections, rtc_tasks_timeout(&transport->tasks, rtc_now()));
		rtc_tasks_awake(&transport->tasks);
		if (!error && polled[0].revents)
			rtc_wake_clear(&transport->wake);
		for (nfds_t i = 1; !error && i < count; i++)
			if (polled[i].revents && i < sockets)
				(void)drain(transport, NULL, polled[i].fd);
			else if (polled[i].revents)
				drainRelay(transport, relays[i - sockets]);
		if (!error)
			readTcp(transport, polled + count, connections);
		if (!error)
			rtc_tasks_run(&transport->tasks, rtc_now());
	}
	atomic_store(&transport->failure, error);
	if (error && transport->onStun)
		transport->onStun(transport->context); // who reads hears of it
	return NULL;
}
