// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_IN_H
#define CHIP_IN_H

#include <sys/socket.h>

#define htons(value) ((uint16_t)__builtin_bswap16(value))
#define ntohs(value) ((uint16_t)__builtin_bswap16(value))
#define htonl(value) ((uint32_t)__builtin_bswap32(value))
#define ntohl(value) ((uint32_t)__builtin_bswap32(value))

typedef uint16_t in_port_t;
typedef uint32_t in_addr_t;

struct in_addr {
	in_addr_t s_addr;
};
struct in6_addr {
	union {
		uint32_t u32_addr[4];
		uint8_t u8_addr[16];
	} un;
#define s6_addr un.u8_addr
};
struct sockaddr_in {
	uint8_t sin_len;
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	char sin_zero[8];
};
struct sockaddr_in6 {
	uint8_t sin6_len;
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#endif
