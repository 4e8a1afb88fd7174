// SPDX-License-Identifier: Apache-2.0
// Sending, and what may happen at the same time.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_transport_core.h"
#include "udp_peer.h"

static rtc_transport *openTransport(void)
{
	int error;
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){0}, &error);
	assert_non_null(transport);
	return transport;
}

static void fill(uint8_t *data, size_t size, uint32_t number)
{
	memcpy(data, &number, sizeof number);
	for (size_t i = sizeof number; i < size; i++)
		data[i] = (uint8_t)(number * 31 + i);
}

static void assert_datagram(const uint8_t *data, int size, int expectedSize, uint32_t number)
{
	uint8_t expected[RTC_TRANSMIT_SIZE];
	assert_int_equal(size, expectedSize);
	fill(expected, (size_t)expectedSize, number);
	assert_memory_equal(data, expected, (size_t)expectedSize);
}

// Sizes in which runs begin, end with a shorter one, and break.
static size_t sizeOf(uint32_t number)
{
	switch (number % 17) {
	case 3:
		return 400;
	case 9:
		return 1210;
	case 10:
		return 8;
	case 11:
		return RTC_TRANSMIT_SIZE;
	default:
		return number % 100 < 60 ? 1200 : 900;
	}
}

static void deliver_in_order(rtc_transport *transport, int family, int segmentation)
{
	uint8_t data[2000];
	rtc_path_statistics counted;
	udp_peer peer = udp_peer_open(family);
	rtc_path *path = rtc_path_new(transport);
	assert_int_equal(rtc_path_select(path, &peer.address), 0);
	if (!segmentation)
		transport->transmit.segmentation = 0;
	uint32_t sent = 0, received = 0;
	uint64_t bytes = 0;
	for (int burst = 1; burst < 90; burst++) {
		rtc_transmit *transmit = rtc_path_begin(path);
		assert_non_null(transmit);
		for (int i = 0; i < burst; i++) {
			size_t size = sizeOf(sent);
			fill(rtc_transmit_buffer(transmit), size, sent++);
			rtc_transmit_commit(transmit, size);
			bytes += size;
		}
		fill(rtc_transmit_buffer(transmit), 100, 12345678); // not committed: not sent
		rtc_transmit_end(transmit);
		while (received < sent) {
			int size = udp_peer_receive(&peer, data, sizeof data, 5000);
			assert_datagram(data, size, (int)sizeOf(received), received);
			received++;
		}
	}
	assert_int_equal(udp_peer_receive(&peer, data, sizeof data, 0), -1);
	rtc_path_get_statistics(path, &counted);
	assert_int_equal(counted.packetsSent, sent);
	assert_int_equal(counted.bytesSent, bytes);
	assert_int_equal(rtc_path_send(path, data, 77), 0);
	assert_int_equal(udp_peer_receive(&peer, data, sizeof data, 5000), 77);
	rtc_path_release(path);
	udp_peer_close(&peer);
}

static void datagrams_arrive_whole_and_in_order(void **state)
{
	(void)state;
	rtc_transport *transport = openTransport();
	rtc_transport_statistics counted;
	print_message("segmentation by the kernel: %s\n", transport->transmit.segmentation ? "yes" : "no");
	for (int segmentation = 1; segmentation >= 0; segmentation--) {
		deliver_in_order(transport, 4, segmentation);
		if (rtc_transport_has_family(transport, 6))
			deliver_in_order(transport, 6, segmentation);
	}
	rtc_transport_get_statistics(transport, &counted);
	assert_int_equal(counted.sendErrors, 0);
	rtc_transport_close(transport);
}

static void failures_are_counted(void **state)
{
	(void)state;
	rtc_transport *transport = openTransport();
	rtc_transport_statistics counted;
	rtc_address broadcast;
	rtc_path *path = rtc_path_new(transport);
	rtc_address_parse(&broadcast, "127.255.255.255", 9); // EACCES without SO_BROADCAST
	assert_int_equal(rtc_path_select(path, &broadcast), 0);
	uint8_t data[100] = {0};
	assert_int_not_equal(rtc_path_send(path, data, sizeof data), 0);
	rtc_transmit *transmit = rtc_path_begin(path);
	for (int i = 0; i < 50; i++)
		rtc_transmit_commit(transmit, 1200);
	rtc_transmit_commit(transmit, 0);
	rtc_transmit_commit(transmit, RTC_TRANSMIT_SIZE + 1);
	assert_int_equal(rtc_transmit_end(transmit), 52);
	rtc_transport_get_statistics(transport, &counted);
	assert_int_equal(counted.sendErrors, 53);
	assert_int_equal(counted.packetsSent, 0);
	rtc_path_release(path);
	rtc_transport_close(transport);
}

#if RTC_BATCHED
// Stands before the kernel's sendmmsg (the linker's --wrap) and fails as a kernel may: 0 lets everything pass.
static int refusal;
static size_t refusedSize;
static int patience = -1; // how many are left; -1: no end of them
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

static int refuses(const struct msghdr *message)
{
	if (refusal == EMSGSIZE || refusal == EAGAIN)
		return message->msg_iov[0].iov_len == refusedSize;
	return refusal && message->msg_controllen;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	unsigned passing = 0;
	while (passing < count && !refuses(&messages[passing].msg_hdr))
		passing++;
	if (passing)
		return __real_sendmmsg(fd, messages, passing, flags);
	errno = refusal;
	if (patience > 0 && --patience == 0)
		refusal = 0;
	return -1;
}

// Sends datagrams of the given sizes, each numbered. Returns how many the statistics say failed.
static uint64_t sendSizes(rtc_path *path, const size_t *sizes, uint32_t count)
{
	rtc_transport_statistics before, after;
	rtc_transport_get_statistics(path->transport, &before);
	rtc_transmit *transmit = rtc_path_begin(path);
	for (uint32_t i = 0; i < count; i++) {
		fill(rtc_transmit_buffer(transmit), sizes[i], i);
		rtc_transmit_commit(transmit, sizes[i]);
	}
	uint32_t lost = rtc_transmit_end(transmit);
	rtc_transport_get_statistics(path->transport, &after);
	assert_int_equal(after.sendErrors - before.sendErrors, lost);
	assert_int_equal(after.packetsSent - before.packetsSent + after.sendErrors - before.sendErrors, count);
	return after.sendErrors - before.sendErrors;
}

static void assert_arrived(udp_peer *peer, const size_t *sizes, uint32_t number)
{
	uint8_t data[2000];
	assert_datagram(data, udp_peer_receive(peer, data, sizeof data, 5000), (int)sizes[number], number);
}

static void refusals_of_the_kernel_are_met(void **state)
{
	static const size_t sizes[] = {1200, 1200, 1200, 800, 1000, 600, 600, 500};
	static const int refusals[] = {EIO, EINVAL, ENOPROTOOPT};
	uint8_t data[2000];
	(void)state;
	rtc_transport *transport = openTransport();
	udp_peer peer = udp_peer_open(4);
	rtc_path *path = rtc_path_new(transport);
	rtc_path_select(path, &peer.address);
	for (int i = 0; i < 3; i++) {
		transport->transmit.segmentation = 1;
		refusal = refusals[i];
		assert_int_equal(sendSizes(path, sizes, 8), 0);
		assert_int_equal(transport->transmit.segmentation, 0);
		for (uint32_t j = 0; j < 8; j++)
			assert_arrived(&peer, sizes, j);
	}
	// What is too large goes alone.
	refusal = EMSGSIZE;
	refusedSize = 1000;
	assert_int_equal(sendSizes(path, sizes, 8), 1);
	for (uint32_t j = 0; j < 8; j++)
		if (j != 4)
			assert_arrived(&peer, sizes, j);
	// A full buffer takes the rest of the batch with it, and nothing of the next.
	refusal = EAGAIN;
	assert_int_equal(sendSizes(path, sizes, 8), 4);
	refusal = 0;
	for (uint32_t j = 0; j < 4; j++)
		assert_arrived(&peer, sizes, j);
	// One that has room again after a moment loses nothing.
	refusal = EAGAIN;
	patience = 3;
	assert_int_equal(sendSizes(path, sizes, 8), 0);
	for (uint32_t j = 0; j < 8; j++)
		assert_arrived(&peer, sizes, j);
	patience = -1;
	assert_int_equal(sendSizes(path, sizes, 8), 0);
	for (uint32_t j = 0; j < 8; j++)
		assert_arrived(&peer, sizes, j);
	assert_int_equal(udp_peer_receive(&peer, data, sizeof data, 0), -1);
	rtc_path_release(path);
	udp_peer_close(&peer);
	rtc_transport_close(transport);
}
#endif

typedef struct {
	rtc_path *path;
	udp_peer *peer;
	uint16_t port;
	atomic_int stop;
	atomic_uint sent;
} traffic;

static void *send_run(void *argument)
{
	traffic *it = argument;
	while (!it->stop) {
		rtc_transmit *transmit = rtc_path_begin(it->path);
		if (!transmit)
			continue;
		for (int i = 0; i < 40; i++) {
			memset(rtc_transmit_buffer(transmit), 0x80, 1200);
			rtc_transmit_commit(transmit, 1200);
			atomic_fetch_add(&it->sent, 1);
		}
		rtc_transmit_end(transmit);
		rtc_path_send(it->path, (const uint8_t *)"DTLS", 4);
	}
	return NULL;
}

static void *receive_run(void *argument)
{
	traffic *it = argument;
	uint8_t data[2][64] = {{0x80}, {22}};
	for (int i = 0; !it->stop; i++)
		udp_peer_send(it->peer, it->port, data[i % 2], sizeof data[0]);
	return NULL;
}

static void swallowDtls(void *context, const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	if (context)
		atomic_fetch_add((atomic_uint *)context, 1);
}

static void swallowSrtp(void *context, uint8_t *data, size_t size)
{
	swallowDtls(context, data, size);
}

// Closing in either order while two threads send and the peer floods.
static void closing_under_traffic(void **state)
{
	(void)state;
	udp_peer peer = udp_peer_open(4);
	for (int round = 0; round < 20; round++) {
		rtc_transport *transport = openTransport();
		traffic it = {.path = rtc_path_new(transport), .peer = &peer, .port = rtc_transport_port(transport)};
		atomic_uint got = 0;
		pthread_t threads[3];
		rtc_path_set_dtls(it.path, swallowDtls, &got);
		rtc_path_set_srtp(it.path, swallowSrtp, &got);
		rtc_path_select(it.path, &peer.address);
		pthread_create(&threads[0], NULL, send_run, &it);
		pthread_create(&threads[1], NULL, send_run, &it);
		pthread_create(&threads[2], NULL, receive_run, &it);
		while (it.sent < 500 || got < 50)
			usleep(100);
		if (round % 2)
			rtc_path_close(it.path);
		rtc_transport_close(transport);
		unsigned last = got;
		assert_int_equal(rtc_path_send(it.path, (const uint8_t *)"late", 4), ENOTCONN);
		assert_null(rtc_path_begin(it.path));
		it.stop = 1;
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(got, last);
		rtc_path_release(it.path);
	}
	udp_peer_close(&peer);
}

// Heap memory that a handler uses, and that its owner frees once the handler is removed.
static void handlers_are_gone_when_removed(void **state)
{
	(void)state;
	udp_peer peer = udp_peer_open(4);
	rtc_transport *transport = openTransport();
	traffic it = {.path = rtc_path_new(transport), .peer = &peer, .port = rtc_transport_port(transport)};
	pthread_t thread;
	unsigned total = 0;
	rtc_path_select(it.path, &peer.address);
	pthread_create(&thread, NULL, receive_run, &it);
	for (int i = 0; i < 3000; i++) {
		atomic_uint *dtls = calloc(1, sizeof *dtls), *srtp = calloc(1, sizeof *srtp);
		rtc_path_set_dtls(it.path, swallowDtls, dtls);
		rtc_path_set_srtp(it.path, swallowSrtp, srtp);
		if (i % 50 == 0)
			usleep(2000);
		rtc_path_set_srtp(it.path, NULL, NULL);
		rtc_path_set_dtls(it.path, NULL, NULL);
		total += *dtls + *srtp;
		free(dtls);
		free(srtp);
	}
	assert_true(total > 0);
	it.stop = 1;
	pthread_join(thread, NULL);
	rtc_path_release(it.path);
	rtc_transport_close(transport);
	udp_peer_close(&peer);
}

static atomic_int calls;

static void removeItself(void *context, const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	atomic_fetch_add(&calls, 1);
	rtc_path_set_dtls(context, NULL, NULL);
}

static void closeItself(void *context, uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	atomic_fetch_add(&calls, 1);
	rtc_path_close(context);
}

static void a_handler_may_remove_itself(void **state)
{
	(void)state;
	udp_peer peer = udp_peer_open(4);
	rtc_transport *transport = openTransport();
	rtc_path *path = rtc_path_new(transport);
	uint8_t dtls[64] = {22}, srtp[64] = {0x80};
	rtc_path_accept(path, &peer.address);
	// Of three early datagrams it takes one.
	for (int i = 0; i < 3; i++)
		udp_peer_send(&peer, rtc_transport_port(transport), dtls, sizeof dtls);
	AWAIT(transport, packetsReceived, 3);
	usleep(20000);
	rtc_path_set_dtls(path, removeItself, path);
	assert_int_equal(calls, 1);
	rtc_path_set_dtls(path, removeItself, path);
	for (int i = 0; i < 3; i++)
		udp_peer_send(&peer, rtc_transport_port(transport), dtls, sizeof dtls);
	AWAIT(transport, packetsReceived, 6);
	rtc_path_set_srtp(path, closeItself, path);
	for (int i = 0; i < 3; i++)
		udp_peer_send(&peer, rtc_transport_port(transport), srtp, sizeof srtp);
	AWAIT(transport, unknownSource, 2);
	assert_int_equal(calls, 3);
	rtc_path_release(path);
	rtc_transport_close(transport);
	udp_peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_arrive_whole_and_in_order),
		cmocka_unit_test(failures_are_counted),
#if RTC_BATCHED
		cmocka_unit_test(refusals_of_the_kernel_are_met),
#endif
		cmocka_unit_test(closing_under_traffic),
		cmocka_unit_test(handlers_are_gone_when_removed),
		cmocka_unit_test(a_handler_may_remove_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
