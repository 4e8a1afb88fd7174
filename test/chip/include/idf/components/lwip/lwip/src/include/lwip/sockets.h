// SPDX-License-Identifier: Apache-2.0
// lwIP's own, which ESP-IDF builds without the functions' POSIX names.
#ifndef CHIP_LWIP_SOCKETS_H
#define CHIP_LWIP_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint32_t socklen_t;
typedef uint8_t sa_family_t;

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOL_SOCKET 0xFFF
#define SO_REUSEADDR 0x0004
#define SO_LINGER 0x0080
#define SHUT_WR 1
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_ERROR 0x1007
#define IPPROTO_TCP 6
#define TCP_NODELAY 0x01
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPV6_V6ONLY 27
#define MSG_DONTWAIT 0x08
#define MSG_NOSIGNAL 0x20

struct sockaddr { // lwIP's, which begins with its length
	uint8_t sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};

struct sockaddr_storage {
	uint8_t s2_len;
	sa_family_t ss_family;
	char s2_data1[2];
	uint32_t s2_data2[3];
	uint32_t s2_data3[3];
};

struct linger {
	int l_onoff;
	int l_linger;
};

#endif
