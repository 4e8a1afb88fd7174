// SPDX-License-Identifier: Apache-2.0
// The POSIX names, as in sockets.h beside it.
#ifndef CHIP_NETDB_H
#define CHIP_NETDB_H

#include_next "lwip/netdb.h"

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list);
void freeaddrinfo(struct addrinfo *list);

#endif
