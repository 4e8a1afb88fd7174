// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_LWIP_NETDB_H
#define CHIP_LWIP_NETDB_H

#include "lwip/sockets.h"

struct addrinfo {
	int ai_flags;
	int ai_family;
	int ai_socktype;
	int ai_protocol;
	socklen_t ai_addrlen;
	struct sockaddr *ai_addr;
	char *ai_canonname;
	struct addrinfo *ai_next;
};

#endif
