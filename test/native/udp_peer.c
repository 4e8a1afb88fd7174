// SPDX-License-Identifier: Apache-2.0
#include "udp_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_port.h"
#include "rtc_sockets.h"

static const char *loopback(int family)
{
	return family == 6 ? "::1" : "127.0.0.1";
}

udp_peer udp_peer_open(int family)
{
	udp_peer peer;
	rtc_sockaddr name;
	int buffer = 4 << 20;
	rtc_address_parse(&peer.address, loopback(family), 0);
	socklen_t size = rtc_address_to_socket(&peer.address, &name);
	peer.fd = socket(name.any.sa_family, SOCK_DGRAM, 0);
	assert_true(peer.fd >= 0);
	if (setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
		setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	assert_int_equal(bind(peer.fd, &name.any, size), 0);
	assert_int_equal(getsockname(peer.fd, &name.any, &size), 0);
	rtc_address_from_socket(&peer.address, &name);
	return peer;
}

void udp_peer_close(udp_peer *peer)
{
	close(peer->fd);
}

void udp_peer_send(udp_peer *peer, uint16_t port, const void *data, size_t size)
{
	rtc_address to;
	rtc_sockaddr name;
	rtc_address_parse(&to, loopback(peer->address.family), port);
	socklen_t nameSize = rtc_address_to_socket(&to, &name);
	assert_int_equal(sendto(peer->fd, data, size, 0, &name.any, nameSize), (ssize_t)size);
}

int udp_peer_receive(udp_peer *peer, void *buffer, size_t size, int milliseconds)
{
	struct pollfd polled = {.fd = peer->fd, .events = POLLIN};
	if (poll(&polled, 1, milliseconds) <= 0)
		return -1;
	return (int)recv(peer->fd, buffer, size, 0);
}

void await_counter(rtc_transport *transport, size_t offset, uint64_t value)
{
	rtc_transport_statistics statistics;
	uint64_t reached, end = rtc_now() + 5000000;
	do {
		rtc_transport_get_statistics(transport, &statistics);
		memcpy(&reached, (const uint8_t *)&statistics + offset, sizeof reached);
		if (reached < value)
			usleep(200);
	} while (reached < value && rtc_now() < end);
	assert_true(reached >= value);
}
