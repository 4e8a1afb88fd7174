// SPDX-License-Identifier: Apache-2.0
// The sockets of a transport: one for each address family, on the same port.
#ifndef RTC_SOCKETS_H
#define RTC_SOCKETS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "rtc_transport.h"

// A key frame leaves as a burst of some 100 datagrams per viewer, and a window of data channels comes as one, each
// datagram counting for twice its size; the kernel may grant less than is asked for (on Linux
// /proc/sys/net/core/{r,w}mem_max, 208 KB by default). lwIP counts its mailboxes instead and ignores both.
#define RTC_SEND_BUFFER (512 * 1024)
#define RTC_RECEIVE_BUFFER (2048 * 1024)

typedef union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} rtc_sockaddr;

socklen_t rtc_address_to_socket(const rtc_address *address, rtc_sockaddr *to); // returns the size of *to
void rtc_address_from_socket(rtc_address *address, const rtc_sockaddr *from);

typedef struct {
	int fd[2]; // IPv4, IPv6; -1 where the host has no such family, or the address is of the other
	uint16_t port;
} rtc_sockets;

#define RTC_FAMILY_INDEX(family) ((family) == 6)

// Binds both families, or the one of `address` (NULL: all addresses). Returns 0 or an errno value.
int rtc_sockets_open(rtc_sockets *sockets, const rtc_address *address, uint16_t port);
// A socket of its own that knows one remote. Returns 0 or an errno value.
int rtc_sockets_connect(int *fd, const rtc_address *remote);
void rtc_sockets_close(rtc_sockets *sockets);

#endif
