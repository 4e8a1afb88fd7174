// SPDX-License-Identifier: Apache-2.0
#include "rtc_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <netinet/udp.h>
#endif

#define ATTEMPTS 16 // to find a port that is free in both families

static void configure(int fd, int family)
{
	// What cannot be set stays as the host has it; only V6ONLY and O_NONBLOCK matter, and they are everywhere.
	int on = 1, send = RTC_SEND_BUFFER, receive = RTC_RECEIVE_BUFFER;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
#if defined(UDP_GRO) && !defined(RTC_PLAIN_SOCKETS)
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
#endif
	if (family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

// Binds a socket to *address, whose port 0 becomes the one that the host chose. Returns 0 or an errno value.
static int openOne(int *fd, rtc_address *address)
{
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(address, &name);
	*fd = socket(name.any.sa_family, SOCK_DGRAM, 0);
	if (*fd < 0)
		return errno;
	configure(*fd, address->family);
	if (bind(*fd, &name.any, size) == 0 && getsockname(*fd, &name.any, &size) == 0) {
		rtc_address_from_socket(address, &name);
		return 0;
	}
	int error = errno;
	close(*fd);
	*fd = -1;
	return error;
}

// Whether an error of socket() or bind() says that the host lacks the family.
static int isMissing(int error)
{
	return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL;
}

static int openBoth(rtc_sockets *sockets, uint16_t port)
{
	rtc_address v4 = {.family = 4, .port = port};
	int error = openOne(&sockets->fd[0], &v4);
	if (error && !isMissing(error))
		return error;
	rtc_address v6 = {.family = 6, .port = error ? port : v4.port};
	int error6 = openOne(&sockets->fd[1], &v6);
	if (error6 && (error || !isMissing(error6))) {
		rtc_sockets_close(sockets);
		return error6;
	}
	sockets->port = error ? v6.port : v4.port;
	return 0;
}

int rtc_sockets_open(rtc_sockets *sockets, const rtc_address *address, uint16_t port)
{
	sockets->fd[0] = sockets->fd[1] = -1;
	if (address) {
		rtc_address bound = *address;
		bound.port = port;
		int error = openOne(&sockets->fd[RTC_FAMILY_INDEX(address->family)], &bound);
		sockets->port = bound.port;
		return error;
	}
	int error = EADDRINUSE;
	// The host's choice for IPv4 may be taken in IPv6: ask for another.
	for (int i = 0; error == EADDRINUSE && i < (port ? 1 : ATTEMPTS); i++)
		error = openBoth(sockets, port);
	return error;
}

int rtc_sockets_connect(int *fd, const rtc_address *remote)
{
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(remote, &name);
	*fd = socket(name.any.sa_family, SOCK_DGRAM, 0);
	if (*fd < 0)
		return errno;
	configure(*fd, remote->family);
	if (connect(*fd, &name.any, size) == 0)
		return 0;
	int error = errno;
	close(*fd);
	*fd = -1;
	return error;
}

void rtc_sockets_close(rtc_sockets *sockets)
{
	for (int i = 0; i < 2; i++) {
		if (sockets->fd[i] >= 0)
			close(sockets->fd[i]);
		sockets->fd[i] = -1;
	}
}
